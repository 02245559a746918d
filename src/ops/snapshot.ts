import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { providerSourceToString } from '../addrs/index.ts'
import { type Mark, markPaths, objectVal, SENSITIVE, stringVal, transformValue, type Value } from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { ProviderSchema } from '../providers/index.ts'
import { impliedType, schemaSensitivePaths } from '../schema/index.ts'
import {
  decodeObject,
  encodeObject,
  type ObjectState,
  type ResourceState,
  readStateFile,
  type StateFile,
  writeStateFile,
} from '../states/index.ts'
import { Redactor, sensitiveText } from './comment/redact.ts'

const sensitive: ReadonlySet<Mark> = new Set([SENSITIVE])

/**
 * A state without its secrets, for planning where nobody is trusted: texts that are sensitive by mark or schema, that equal such a text, or that look like a secret are
 * replaced, sensitive numbers become 0 and truths false; what providers keep for themselves is left out, and so are objects whose schema is not known.
 */
export function redactState(file: StateFile, schemas: ReadonlyMap<string, ProviderSchema>): StateFile {
  const redactor = new Redactor()
  const decoded: { readonly resource: ResourceState; readonly objects: Map<string, Value> }[] = []
  for (const resource of file.state.resources.values()) {
    const { mode, type } = resource.address.resource
    const provider = schemas.get(providerSourceToString(resource.provider.source))
    const schema = mode === 'data' ? provider?.dataSource(type) : provider?.resource(type)
    if (schema === undefined) continue
    const objects = new Map<string, Value>()
    for (const [key, { current }] of resource.instances) {
      if (current === undefined || current.schemaVersion !== schema.version || current.isFlat === true) continue
      const value = decodeObject(current, impliedType(schema.block))
      const marked = markPaths(
        value,
        schemaSensitivePaths(schema.block, value).map((path) => ({ path, marks: sensitive })),
      )
      transformValue(marked, (_path, part) => {
        if (part.hasMark(SENSITIVE)) learn(part, redactor)
        return part
      })
      objects.set(key, marked)
    }
    decoded.push({ resource, objects })
  }
  for (const { value, sensitive: hidden } of file.state.outputs.values()) if (hidden) learn(value, redactor)
  const resources = new Map<string, ResourceState>()
  for (const [key, resource] of file.state.resources) {
    const found = decoded.find((d) => d.resource === resource)
    if (found === undefined || found.objects.size === 0) continue
    const instances = new Map(
      [...resource.instances].flatMap(([id, instance]) => {
        const value = found.objects.get(id)
        return value === undefined
          ? []
          : [[id, { ...instance, current: redactObject(instance.current!, value, redactor), deposed: new Map() }] as const]
      }),
    )
    resources.set(key, { ...resource, instances })
  }
  const outputs = new Map(
    [...file.state.outputs].map(([name, output]) => [
      name,
      { ...output, value: redactValue(output.sensitive ? output.value.mark(SENSITIVE) : output.value, redactor, name) },
    ]),
  )
  return { ...file, state: { resources, outputs, checkResults: undefined } }
}

function redactObject(object: ObjectState, value: Value, redactor: Redactor): ObjectState {
  const clean = redactValue(value, redactor, '')
  const { status, schemaVersion, dependencies, createBeforeDestroy, sensitivePaths } = object
  return { ...encodeObject(clean, value.type, { status, schemaVersion, dependencies, createBeforeDestroy }), sensitivePaths }
}

/** The same type, so that it can take the place of the original. No marks. */
function redactValue(value: Value, redactor: Redactor, name: string): Value {
  const hide = (part: Value, hidden: boolean, called: string): Value => {
    const bare = part.unmark()
    if (!bare.hasContent) return bare
    const secret = hidden || part.hasMark(SENSITIVE)
    switch (bare.type.kind) {
      case 'string':
        return secret ? stringVal(sensitiveText) : stringVal(redactor.text(bare.asString(), called))
      case 'object':
        return objectVal([...bare.asMap()].map(([key, child]): [string, Value] => [key, hide(child, secret, key)]))
      default:
        return transformValue(bare, (path, child) => {
          const plain = child.unmark()
          if (!plain.hasContent || plain.type.kind !== 'string') return plain
          const step = path.at(-1)
          return secret || child.hasMark(SENSITIVE)
            ? stringVal(sensitiveText)
            : stringVal(redactor.text(plain.asString(), step?.kind === 'attribute' ? step.name : called))
        })
    }
  }
  return hide(value, false, name)
}

function learn(value: Value, redactor: Redactor): void {
  transformValue(value, (_path, part) => {
    const bare = part.unmark()
    if (bare.hasContent && bare.type.kind === 'string') redactor.learnText(bare.asString())
    return part
  })
}

const suffix = '.tfstate'

/** Writes the state of a stack into a folder of snapshots. @param name of the stack, such as `stage` or `stage/network` */
export function writeSnapshot(dir: string, name: string, file: StateFile): void {
  const path = join(dir, `${name}${suffix}`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, writeStateFile(file))
}

/** The states in a folder of snapshots, by the names of their stacks. Undefined with diagnostics when there is no such folder or a file is none. */
export function readSnapshots(dir: string, diags: Diagnostics): ReadonlyMap<string, StateFile> | undefined {
  if (!existsSync(dir)) {
    diags.error(
      'No snapshot',
      `There is no folder ${dir}. Snapshots are written where states may be read:\n    landform env snapshot all -out=DIR`,
    )
    return undefined
  }
  const states = new Map<string, StateFile>()
  for (const path of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith(suffix)) continue
    const { value, diags: found } = readStateFile(readFileSync(join(dir, path)), { name: path })
    diags.addAll(found)
    if (value !== undefined) states.set(relative('.', path).replaceAll('\\', '/').slice(0, -suffix.length), value)
  }
  return diags.hasErrors ? undefined : states
}

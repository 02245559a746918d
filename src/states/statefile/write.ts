import { createHash } from 'node:crypto'
import { absProviderConfigToString, moduleInstanceToString } from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import { jsonString, typeToJson, valueToJson } from '../../cty/index.ts'
import { deposedOf, instancesOf, providerOf, resourcesOf } from '../query.ts'
import type { CheckResult, ObjectState, OutputState, ResourceState, State, StateFile } from '../state.ts'
import { escapeHtml, indentJson } from './_json-text.ts'
import { pathsToJson } from './_paths.ts'

/**
 * The text of a state file, format version 4, byte for byte as Terraform 1.11 writes it: members in fixed order, two spaces
 * of indentation, one line break at the end. See reference/state-v4.md, section 2.
 */
export function writeStateFile(file: StateFile): string {
  return [...stateFileChunks(file)].join('')
}

/** The same in pieces of moderate size, for states that one text cannot hold. */
export function* stateFileChunks(file: StateFile): Iterable<string> {
  const out: string[] = []
  const take = (): string => out.splice(0).join('')
  out.push(
    `{\n  "version": 4,\n  "terraform_version": ${jsonString(file.terraformVersion)},\n  "serial": ${file.serial},\n  "lineage": ${jsonString(file.lineage)},\n  "outputs": `,
  )
  writeOutputs(out, file.state.outputs)
  out.push(',\n  "resources": ')
  let separator = '['
  for (const resource of resourcesOf(file.state)) {
    if (resource.instances.size === 0) continue
    out.push(separator, '\n    {\n')
    writeResource(out, resource)
    out.push('\n    }')
    separator = ','
    if (out.length > 500) yield take()
  }
  out.push(separator === '[' ? '[]' : '\n  ]')
  out.push(',\n  "check_results": ', indentJson(checkResultsJson(file.state.checkResults), 1), '\n}\n')
  yield take()
}

/** The bytes of a state file. */
export function stateFileBytes(file: StateFile): Buffer {
  const chunks: Buffer[] = []
  for (const chunk of stateFileChunks(file)) chunks.push(Buffer.from(chunk))
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

/** Whether two states would be written alike: the test of "nothing changed" that decides about serials. */
export function stateContentEquals(a: State, b: State): boolean {
  return a === b || stateContentHash(a) === stateContentHash(b)
}

const hashes = new WeakMap<State, string>()

/** A digest of what a state holds, in hexadecimal digits: the same for states that would be written alike, whatever their lineage and serial. */
export function stateContentHash(state: State): string {
  let hash = hashes.get(state)
  if (hash === undefined) {
    const digest = createHash('sha256')
    for (const chunk of stateFileChunks({ terraformVersion: '', serial: 0, lineage: '', state })) digest.update(chunk)
    hash = digest.digest('hex')
    hashes.set(state, hash)
  }
  return hash
}

function writeOutputs(out: string[], outputs: ReadonlyMap<string, OutputState>): void {
  if (outputs.size === 0) {
    out.push('{}')
    return
  }
  const names = [...outputs.keys()].sort(compareStrings)
  let separator = '{'
  for (const name of names) {
    const { value, type, sensitive } = outputs.get(name)!
    out.push(separator, `\n    ${jsonString(name)}: {\n      "value": `, indentJson(valueToJson(value, type), 3))
    out.push(',\n      "type": ', indentJson(typeToJson(type), 3))
    out.push(sensitive ? ',\n      "sensitive": true\n    }' : '\n    }')
    separator = ','
  }
  out.push('\n  }')
}

function writeResource(out: string[], resource: ResourceState): void {
  const { module, resource: r } = resource.address
  if (module.length > 0) out.push(`      "module": ${jsonString(moduleInstanceToString(module))},\n`)
  out.push(`      "mode": "${r.mode}",\n      "type": ${jsonString(r.type)},\n      "name": ${jsonString(r.name)},\n`)
  // OpenTofu's form: where instances choose an instance of the provider configuration, each names its own.
  const isKeyed = [...resource.instances.values()].some((instance) => instance.providerKey !== undefined)
  if (!isKeyed) out.push(`      "provider": ${jsonString(absProviderConfigToString(resource.provider))},\n`)
  out.push('      "instances": [')
  let separator = '\n        {\n'
  for (const instance of instancesOf(resource)) {
    const key = instance.key === undefined ? undefined : typeof instance.key === 'number' ? `${instance.key}` : jsonString(instance.key)
    const objects: (readonly [string | undefined, ObjectState])[] = instance.current === undefined ? [] : [[undefined, instance.current]]
    objects.push(...deposedOf(instance))
    const provider = isKeyed ? absProviderConfigToString(providerOf(resource, instance)) : undefined
    for (const [deposed, object] of objects) {
      const text = provider === undefined ? objectText(key, deposed, object) : objectMembers(key, deposed, object, provider)
      out.push(separator, text, '\n        }')
      separator = ',\n        {\n'
    }
  }
  out.push('\n      ]')
}

/**
 * Members of `extra` that newer versions or OpenTofu write have their place among the others; the order is that of
 * state-v4.md 1.3. Names unknown to all of them come last.
 */
const memberOrder = [
  'index_key',
  'status',
  'deposed',
  'provider',
  'schema_version',
  'attributes',
  'attributes_flat',
  'sensitive_attributes',
  'identity_schema_version',
  'identity',
  'private',
  'dependencies',
  'depends_on',
  'create_before_destroy',
  'skip_destroy',
] as const

const memberRank: ReadonlyMap<string, number> = new Map(memberOrder.map((name, i) => [name, i]))

/** A state is written several times in one run, for comparing too, and most of its objects stay the same. */
const written = new WeakMap<
  ObjectState,
  { readonly key: string | undefined; readonly deposed: string | undefined; readonly text: string }
>()

function objectText(key: string | undefined, deposed: string | undefined, object: ObjectState): string {
  const known = written.get(object)
  if (known !== undefined && known.key === key && known.deposed === deposed) return known.text
  const text = objectMembers(key, deposed, object)
  written.set(object, { key, deposed, text })
  return text
}

function objectMembers(key: string | undefined, deposed: string | undefined, object: ObjectState, provider?: string): string {
  const members: (readonly [string, string])[] = []
  const add = (name: (typeof memberOrder)[number], json: string) => members.push([name, indentJson(json, 5)])
  if (key !== undefined) add('index_key', key)
  if (object.status === 'tainted') add('status', '"tainted"')
  if (deposed !== undefined) add('deposed', `"${deposed}"`)
  if (provider !== undefined) add('provider', jsonString(provider))
  add('schema_version', `${object.schemaVersion}`)
  add(object.isFlat ? 'attributes_flat' : 'attributes', escapeHtml(String(object.attributesJson)))
  add('sensitive_attributes', object.sensitivePaths.length === 0 ? '[]' : pathsToJson(object.sensitivePaths))
  if (object.private !== undefined && object.private.length > 0) add('private', `"${Buffer.from(object.private).toString('base64')}"`)
  if (object.dependencies.length > 0) members.push(['dependencies', dependenciesText(object.dependencies)])
  if (object.createBeforeDestroy) add('create_before_destroy', 'true')
  if (object.extra !== undefined) {
    for (const [name, json] of object.extra) members.push([name, indentJson(escapeHtml(json), 5)])
    const rank = (name: string) => memberRank.get(name) ?? memberOrder.length
    members.sort((a, b) => rank(a[0]) - rank(b[0]))
  }
  return members.map(([name, text]) => `          ${jsonString(name)}: ${text}`).join(',\n')
}

const dependencyTexts = new WeakMap<readonly string[], string>()

/** Objects share their lists, which are most of the text where many depend on many. */
function dependenciesText(dependencies: readonly string[]): string {
  let text = dependencyTexts.get(dependencies)
  if (text === undefined) {
    text = `[\n            ${dependencies.map(jsonString).join(',\n            ')}\n          ]`
    dependencyTexts.set(dependencies, text)
  }
  return text
}

function checkResultsJson(results: readonly CheckResult[] | undefined): string {
  if (results === undefined || results.length === 0) return 'null'
  return `[${results.map(checkResultJson).join(',')}]`
}

function checkResultJson(result: CheckResult): string {
  const objects = result.objects.map((object) => {
    const messages = object.failureMessages.length === 0 ? '' : `,"failure_messages":[${object.failureMessages.map(jsonString).join(',')}]`
    return `{"object_addr":${jsonString(object.objectAddr)},"status":"${object.status}"${messages}}`
  })
  const list = objects.length === 0 ? 'null' : `[${objects.join(',')}]`
  return `{"object_kind":"${result.objectKind}","config_addr":${jsonString(result.configAddr)},"status":"${result.status}","objects":${list}}`
}

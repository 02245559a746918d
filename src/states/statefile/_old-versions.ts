import { compareStrings } from '../../base/index.ts'
import { jsonString } from '../../cty/index.ts'

/** As much of versions 1 to 3 as later ones have a place for. */
interface OldState {
  readonly terraform_version?: string
  readonly serial?: number
  readonly lineage?: string
  readonly modules?: readonly OldModule[] | null
}

interface OldModule {
  readonly path: readonly string[]
  /** Plain texts in version 1. */
  readonly outputs?: Readonly<Record<string, string | OldOutput>> | null
  readonly resources?: Readonly<Record<string, OldResource>> | null
}

interface OldOutput {
  readonly sensitive?: boolean
  readonly type?: string
  readonly value?: unknown
}

interface OldResource {
  readonly type: string
  readonly primary?: OldInstance | null
  readonly deposed?: readonly OldInstance[] | null
  readonly provider?: string
}

interface OldInstance {
  readonly id?: string
  readonly attributes?: Readonly<Record<string, string>> | null
  readonly meta?: Readonly<Record<string, unknown>> | null
  readonly tainted?: boolean
}

/** `aws_instance.a`, `data.aws_ami.x.0` */
const address = /^(?:data\.)?[^.]+\.[^.]+(?:\.\d+)?$/

/**
 * The text of a state file of version 4 with what one of version 1 to 3 holds, as Terraform brings it over: attributes stay flat until the
 * provider has seen them, dependencies are left to be found again, providers are named by their type alone.
 *
 * Undefined for what is no such state.
 */
export function upgradeOldState(text: string): string | undefined {
  let state: OldState
  try {
    state = JSON.parse(text) as OldState
  } catch {
    return undefined
  }
  const modules: readonly OldModule[] = state.modules ?? []
  if (!Array.isArray(modules) || modules.some((m) => !Array.isArray(m?.path))) return undefined
  if (modules.some(({ resources }: OldModule) => Object.keys(resources ?? {}).some((name) => !address.test(name)))) return undefined
  const resources = modules.flatMap((module: OldModule) => resourcesOf(module))
  const root: OldModule | undefined = modules.find(({ path }: OldModule) => path.length <= 1)
  const outputs = Object.entries(root?.outputs ?? {}).map(([name, output]) => `${jsonString(name)}:${outputText(output)}`)
  return `{"version":4,"terraform_version":${jsonString(state.terraform_version ?? '')},"serial":${Number(state.serial ?? 0)},"lineage":${jsonString(state.lineage ?? '')},"outputs":{${outputs.join(',')}},"resources":[${resources.join(',')}],"check_results":null}`
}

function outputText(output: string | OldOutput): string {
  if (typeof output === 'string') return `{"value":${jsonString(output)},"type":"string"}`
  const type = output.type === 'list' || output.type === 'map' ? `["${output.type}","string"]` : '"string"'
  return `{"value":${JSON.stringify(output.value ?? null)},"type":${type}${output.sensitive === true ? ',"sensitive":true' : ''}}`
}

/** Instances that were resources of their own, `aws_instance.a.0`, come together again. */
function resourcesOf({ path, resources }: OldModule): readonly string[] {
  const found = new Map<string, { readonly head: string; readonly instances: string[] }>()
  for (const name of Object.keys(resources ?? {}).sort(compareStrings)) {
    const old = resources![name]!
    const parts = name.split('.')
    const mode = parts[0] === 'data' ? 'data' : 'managed'
    if (mode === 'data') parts.shift()
    const [type = '', label = '', index] = parts
    const key = `${mode}.${type}.${label}`
    let resource = found.get(key)
    if (resource === undefined) {
      const module =
        path.length > 1
          ? `"module":${jsonString(
              path
                .slice(1)
                .map((step) => `module.${step}`)
                .join('.'),
            )},`
          : ''
      const head = `${module}"mode":"${mode}","type":${jsonString(type)},"name":${jsonString(label)},"provider":${jsonString(providerOf(old.provider, type))}`
      resource = { head, instances: [] }
      found.set(key, resource)
    }
    resource.instances.push(...instancesOf(old, index))
  }
  return [...found.values()].map(({ head, instances }) => `{${head},"instances":[${instances.join(',')}]}`)
}

function providerOf(text: string | undefined, type: string): string {
  if (text === undefined || text === '') return `provider.${type.split('_')[0]}`
  return /^(?:provider|module)\./.test(text) ? text : `provider.${text}`
}

function instancesOf(old: OldResource, index: string | undefined): readonly string[] {
  const key = index !== undefined && /^\d+$/.test(index) ? `"index_key":${Number(index)},` : ''
  const { primary, deposed } = old
  // What version 1 kept apart as tainted is left out, as Terraform does.
  const texts = primary ? [instanceText(primary, key)] : []
  // Earlier versions had no keys for them.
  for (const [i, instance] of (deposed ?? []).entries())
    texts.push(instanceText(instance, `${key}"deposed":"${String(i + 1).padStart(8, '0')}",`))
  return texts
}

function instanceText({ id, attributes, meta, tainted }: OldInstance, start: string): string {
  // What is known of an object without attributes is its id.
  const flat = attributes ?? (id === undefined || id === '' ? {} : { id })
  const { schema_version: version, ...rest } = meta ?? {}
  const kept = Object.keys(rest).sort(compareStrings)
  const json = `{${kept.map((name) => `${jsonString(name)}:${JSON.stringify(rest[name])}`).join(',')}}`
  const secret = kept.length === 0 ? '' : `,"private":"${Buffer.from(json).toString('base64')}"`
  const status = tainted === true ? '"status":"tainted",' : ''
  return `{${start}${status}"schema_version":${Number(version ?? 0) || 0},"attributes_flat":${JSON.stringify(withMapCounts(flat))},"sensitive_attributes":[]${secret}}`
}

/** Up to version 2 maps were counted as lists are, by `#`. */
function withMapCounts(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(attributes)) {
    const prefix = name.endsWith('.#') ? name.slice(0, -1) : undefined
    const isMap =
      prefix !== undefined &&
      Object.keys(attributes).some(
        (other) => other.startsWith(prefix) && other !== name && !/^\d+(?:\.|$)/.test(other.slice(prefix.length)),
      )
    result[isMap ? `${prefix}%` : name] = String(value)
  }
  return result
}

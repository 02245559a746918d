import { assertNever, compareStrings } from '../base/index.ts'
import {
  type AbsProviderConfig,
  type AbsResource,
  type AbsResourceInstance,
  type ConfigResource,
  defaultHost,
  type InstanceKey,
  type LocalProviderConfig,
  type ModuleInstance,
  type ModulePath,
  type ProviderSource,
  type Referenceable,
  type Resource,
  type ResourceMode,
} from './addrs.ts'

/** `aws_instance.web`, `data.aws_ami.base`, `ephemeral.x.y`: parses back to an equal address, so it serves as map key. */
export function resourceToString(r: Resource): string {
  const plain = `${r.type}.${r.name}`
  return r.mode === 'managed' ? plain : `${r.mode}.${plain}`
}

/** `module.a.module.b`; empty for the root module. */
export function modulePathToString(path: ModulePath): string {
  return path.length === 0 ? '' : path.map((name) => `module.${name}`).join('.')
}

/** `module.a["x"].module.b[0]`; empty for the root module. */
export function moduleInstanceToString(module: ModuleInstance): string {
  let text = ''
  if (module.length === 0) return text
  for (const step of module) text += `${text === '' ? '' : '.'}module.${step.name}${instanceKeyToString(step.key)}`
  return text
}

export function configResourceToString(r: ConfigResource): string {
  return within(modulePathToString(r.module), resourceToString(r.resource))
}

export function absResourceToString(r: AbsResource): string {
  return within(moduleInstanceToString(r.module), resourceToString(r.resource))
}

/** `module.a[0].aws_instance.web["x"]`. */
export function absResourceInstanceToString(r: AbsResourceInstance): string {
  return within(moduleInstanceToString(r.module), resourceToString(r.resource)) + instanceKeyToString(r.key)
}

function within(module: string, inner: string): string {
  return module === '' ? inner : `${module}.${inner}`
}

/** `[0]`, `["k"]` with the escapes of quoted HCL text, or nothing without a key. */
export function instanceKeyToString(key: InstanceKey): string {
  if (key === undefined) return ''
  return typeof key === 'number' ? `[${key}]` : `[${quoteString(key)}]`
}

/** A text that differs for every two different keys, `undefined`, numbers and strings included; for use as a map key. */
export function instanceKeyToMapKey(key: InstanceKey): string {
  if (key === undefined) return ''
  return typeof key === 'number' ? `#${key}` : `"${key}`
}

/** No key first, then numbers in their order, then strings by bytes. */
export function compareInstanceKeys(a: InstanceKey, b: InstanceKey): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1
  return typeof b === 'number' ? 1 : compareStrings(a, b)
}

const plainText = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u

/** Quoted HCL text of a string: parses back to it. Characters that do not print are written as `\u` escapes. */
export function quoteString(text: string): string {
  if (plainText.test(text) && !/["\\]|[$%]\{/.test(text)) return `"${text}"`
  let out = ''
  for (let i = 0; i < text.length; ) {
    const char = String.fromCodePoint(text.codePointAt(i)!)
    i += char.length
    if (char === '\n') out += '\\n'
    else if (char === '\r') out += '\\r'
    else if (char === '\t') out += '\\t'
    else if (char === '"') out += '\\"'
    else if (char === '\\') out += '\\\\'
    else if ((char === '$' || char === '%') && text[i] === '{') out += char + char
    else if (plainText.test(char)) out += char
    else {
      const code = char.codePointAt(0)!
      out += code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
    }
  }
  return `"${out}"`
}

/** `registry.terraform.io/hashicorp/aws`: complete, for files. */
export function providerSourceToString(source: ProviderSource): string {
  return `${source.host}/${source.namespace}/${source.type}`
}

/** For people: `hashicorp/aws`, with the host only where it is not the default one, which is another in OpenTofu's dialect. */
export function formatProviderSource(source: ProviderSource, host: string = defaultHost): string {
  return source.host === host ? `${source.namespace}/${source.type}` : providerSourceToString(source)
}

/**
 * `provider["registry.terraform.io/hashicorp/aws"].west`, within `module.a.` where it is not of the root module; an instance of a
 * configuration with `for_each` has its key in brackets behind that.
 */
export function absProviderConfigToString(config: AbsProviderConfig): string {
  const alias = config.alias === undefined ? '' : `.${config.alias}${instanceKeyToString(config.key)}`
  return within(modulePathToString(config.module), `provider["${providerSourceToString(config.source)}"]${alias}`)
}

/** `aws` or `aws.west`. */
export function localProviderConfigToString(config: LocalProviderConfig): string {
  return config.alias === undefined ? config.localName : `${config.localName}.${config.alias}`
}

/** As written in an expression: `var.a`, `module.m[0].out`, `each.key`. */
export function referenceableToString(r: Referenceable): string {
  switch (r.kind) {
    case 'variable':
      return `var.${r.name}`
    case 'local':
    case 'count':
    case 'each':
    case 'path':
    case 'terraform':
      return `${r.kind}.${r.name}`
    case 'resource':
      return resourceToString(r)
    case 'resourceInstance':
      return resourceToString(r.resource) + instanceKeyToString(r.key)
    case 'moduleCall':
      return `module.${r.name}`
    case 'moduleCallInstance':
      return `module.${r.name}${instanceKeyToString(r.key)}`
    case 'moduleOutput':
      return `module.${r.call}${instanceKeyToString(r.key)}.${r.output}`
    case 'self':
      return 'self'
    default:
      return assertNever(r)
  }
}

/** How messages name a mode: "managed resource", "data source", "ephemeral resource". */
export function modeNoun(mode: ResourceMode): string {
  return mode === 'managed' ? 'managed resource' : mode === 'data' ? 'data source' : 'ephemeral resource'
}

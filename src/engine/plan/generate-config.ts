import { type LocalProviderConfig, resourceToString } from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import type { Config, Import, ResourceConfig } from '../../config/index.ts'
import { jsonToImpliedValue, numericToString, unmarkDeep, type Value } from '../../cty/index.ts'
import { Diagnostics, Source } from '../../diags/index.ts'
import { type Body, parseHcl, partialContent } from '../../hcl/index.ts'
import { layOut } from '../../hcl/write/index.ts'
import type { ResourceChange } from '../../plans/index.ts'
import { type AttributeSchema, attributeType, type BlockSchema, type NestedBlockSchema } from '../../schema/index.ts'
import { addressSteps } from './import.ts'

/** Configuration that was written for an object to be imported. */
export interface GeneratedResource {
  /** The whole block, without a newline at its end. */
  readonly text: string
  /** What it was made from, as it is named in comments; undefined when the object could not be planned with it. */
  readonly origin: string | undefined
}

/** The resources that import blocks of the root module name but nobody declares, as blocks that are still to be written. */
export function undeclaredResources(config: Config): ReadonlyMap<string, ResourceConfig> {
  const found = new Map<string, ResourceConfig>()
  for (const statement of config.module.imports) {
    const { target } = statement
    const text = resourceToString(target.resource)
    if (target.module.length > 0 || config.module.resources.has(text) || !isGeneratable(statement)) continue
    found.set(text, resourceOf(statement))
  }
  return found
}

/** Only what has neither `for_each` nor an instance key can be written: the repetition cannot be guessed. */
export function isGeneratable({ forEach, to }: Import): boolean {
  return forEach === undefined && addressSteps(to).every((step) => typeof step === 'string')
}

export function withResources(config: Config, resources: ReadonlyMap<string, ResourceConfig>): Config {
  if (resources.size === 0) return config
  return { ...config, module: { ...config.module, resources: new Map([...config.module.resources, ...resources]) } }
}

/** A configuration with the resources that a plan has written itself, for applying it. */
export function withPlannedResources(config: Config, changes: readonly ResourceChange[]): Config {
  const resources = new Map<string, ResourceConfig>()
  for (const { address, generatedConfig } of changes) {
    const text = resourceToString(address.resource)
    const statement = config.module.imports.find((i) => resourceToString(i.target.resource) === text)
    if (generatedConfig === undefined || statement === undefined || config.module.resources.has(text)) continue
    resources.set(text, { ...resourceOf(statement), body: generatedBody(generatedConfig, 'generated.tf') })
  }
  return withResources(config, resources)
}

function resourceOf(statement: Import): ResourceConfig {
  const { target, to, provider } = statement
  const { body } = parseHcl(new Source(to.range.source.filename, ''), new Diagnostics())
  return {
    address: target.resource,
    count: undefined,
    forEach: undefined,
    enabled: undefined,
    provider: provider ?? impliedProvider(target.resource.type),
    providerKey: undefined,
    providerRange: statement.providerRange,
    typeRange: to.range,
    dependsOn: [],
    lifecycle: {
      createBeforeDestroy: undefined,
      preventDestroy: false,
      preventDestroyExpr: undefined,
      preventDestroyRange: undefined,
      destroy: true,
      destroyRange: undefined,
      ignoreChanges: [],
      ignoreAllChanges: false,
      replaceTriggeredBy: [],
      preconditions: [],
      postconditions: [],
    },
    connection: undefined,
    provisioners: [],
    body: { ...body, range: to.range, endRange: to.range } as Body,
    range: to.range,
  }
}

function impliedProvider(type: string): LocalProviderConfig {
  return { localName: type.split('_')[0]!, alias: undefined }
}

/** The arguments of a block as it was generated. */
export function generatedBody(text: string, fileName: string): Body {
  const { body } = parseHcl(new Source(fileName, text), new Diagnostics())
  const [block] = body.kind === 'native' ? body.blocks : []
  return block === undefined
    ? body
    : partialContent(block.body, { attributes: [{ name: 'provider' }], blocks: [] }, new Diagnostics()).remain
}

/**
 * A resource block that describes an object that exists: everything that can be configured, as it is now. Secrets are left out,
 * and so is what the old SDK cannot tell from "not set".
 */
export function generateResource(type: string, name: string, provider: LocalProviderConfig, block: BlockSchema, object: Value): string {
  const implied = impliedProvider(type)
  const isImplied = provider.localName === implied.localName && provider.alias === undefined
  const reference = provider.alias === undefined ? provider.localName : `${provider.localName}.${provider.alias}`
  const lines = [`resource ${quoted(type)} ${quoted(name)} {`]
  if (!isImplied) lines.push(`  provider = ${reference}`)
  lines.push(...blockLines(block, unmarkDeep(object), true), '}')
  return layOut(`${lines.join('\n')}\n`).trimEnd()
}

function blockLines(block: BlockSchema, object: Value, top: boolean): readonly string[] {
  const lines: string[] = []
  for (const name of Object.keys(block.attributes).sort(compareStrings)) {
    const attribute = block.attributes[name]!
    if (!isConfigurable(name, attribute, top)) continue
    lines.push(`${name} = ${attributeText(attribute, object.getAttr(name))}`)
  }
  for (const name of Object.keys(block.blockTypes).sort(compareStrings)) {
    lines.push(...nestedLines(name, block.blockTypes[name]!, object.getAttr(name)))
  }
  return lines
}

function isConfigurable(name: string, { required, optional, computed, deprecated }: AttributeSchema, top: boolean): boolean {
  if (required !== true && (optional !== true || deprecated === true)) return false
  // Providers of the old SDK let the id be given, and never mean it.
  return !(top && name === 'id' && optional === true && computed === true)
}

function nestedLines(name: string, nested: NestedBlockSchema, value: Value): readonly string[] {
  if (!value.hasContent) return []
  const one = (object: Value, label = ''): string[] =>
    object.hasContent ? [`${name} ${label}{`, ...blockLines(nested.block, object, false), '}'] : []
  switch (nested.nesting) {
    case 'single':
    case 'group':
      return one(value)
    case 'list':
    case 'set':
      return value.asArray().flatMap((object) => one(object))
    case 'map':
      return [...value.asMap()].flatMap(([key, object]) => one(object, `${quoted(key)} `))
  }
}

function attributeText(attribute: AttributeSchema, value: Value): string {
  if (attribute.sensitive === true) return `${secretText(attribute)} # sensitive`
  if (attribute.writeOnly === true) return 'null'
  if (!value.hasContent) return 'null'
  if (attribute.nestedType !== undefined) return nestedText(attribute.nestedType, value)
  // The old SDK stores what is not set as an empty string.
  if (attribute.optional === true && attributeType(attribute).kind === 'string' && value.asString() === '') return 'null'
  return valueText(value)
}

/** What stands for a secret: nothing of its kind. */
function secretText({ nestedType }: AttributeSchema): string {
  if (nestedType === undefined) return 'null'
  return nestedType.nesting === 'list' || nestedType.nesting === 'set' ? '[]' : '{}'
}

function nestedText({ nesting, attributes }: NonNullable<AttributeSchema['nestedType']>, value: Value): string {
  const one = (object: Value): string => {
    if (!object.hasContent) return 'null'
    const names = Object.keys(attributes).filter((name) => isConfigurable(name, attributes[name]!, false))
    return objectText(names.sort(compareStrings).map((name) => [name, attributeText(attributes[name]!, object.getAttr(name))] as const))
  }
  switch (nesting) {
    case 'single':
      return one(value)
    case 'list':
    case 'set':
      return `[\n${value
        .asArray()
        .map((object) => `${one(object)},\n`)
        .join('')}]`
    case 'map':
      return value.asMap().size === 0 ? '{\n}' : objectText([...value.asMap()].map(([key, object]) => [key, one(object)] as const))
  }
}

function valueText(value: Value): string {
  if (!value.hasContent) return 'null'
  switch (value.type.kind) {
    case 'string':
      return stringText(value.asString())
    case 'number':
      return numericToString(value.asNumeric())
    case 'bool':
      return `${value.asBool()}`
    case 'list':
    case 'set':
    case 'tuple':
      return `[${value.asArray().map(valueText).join(', ')}]`
    default:
      return objectText([...value.asMap()].map(([key, v]) => [key, valueText(v)] as const))
  }
}

function objectText(members: readonly (readonly [string, string])[]): string {
  if (members.length === 0) return '{}'
  const key = (name: string): string => (/^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(name) ? name : quoted(name))
  return `{\n${members.map(([name, text]) => `${key(name)} = ${text}`).join('\n')}\n}`
}

/** JSON documents are written as what they say, which is how people write them. */
function stringText(text: string): string {
  if (/^\s*[[{]/.test(text)) {
    try {
      const value = jsonToImpliedValue(text)
      if (value.type.kind === 'object' || value.type.kind === 'tuple') return `jsonencode(${valueText(value)})`
    } catch {
      // It only looked like JSON.
    }
  }
  return quoted(text)
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '"': '\\"', '\\': '\\\\' }

function quoted(text: string): string {
  const escaped = text
    .replace(/["\\\n\r\t]/g, (c) => escapes[c]!)
    .replace(/[\u0000-\u001f\u007f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return `"${escaped.replace(/([$%])\{/g, '$1$1{')}"`
}

/** The file that generated blocks are written to. */
export function generatedFileText(generated: readonly GeneratedResource[], product: string): string {
  const head = `# __generated__ by ${product}\n# Please review these resources and move them into your main configuration files.\n`
  const blocks = generated.map(({ text, origin }) => {
    const from = origin === undefined ? '' : ` from ${JSON.stringify(origin)}`
    return `\n# __generated__ by ${product}${from}\n${text}\n`
  })
  return head + blocks.join('')
}

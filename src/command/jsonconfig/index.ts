import {
  type LocalProviderConfig,
  parseReference,
  providerSourceToString,
  type Reference,
  type Referenceable,
  referenceableToString,
  resourceToString,
} from '../../addrs/index.ts'
import { compareStrings, goQuote } from '../../base/index.ts'
import {
  allModules,
  type Config,
  configAt,
  isEmptyBody,
  localNameFor,
  type Module,
  type ModuleCall,
  type ProviderConfig,
  providerSourceFor,
  type ResourceConfig,
} from '../../config/index.ts'
import { numericToString, typeToJson, unmarkDeep, type Value } from '../../cty/index.ts'
import { Diagnostics } from '../../diags/index.ts'
import { type Body, type BodySchema, type Expr, evaluate, partialContent, type TraversalStep, traversals } from '../../hcl/index.ts'
import { type BlockSchema, withBlockSyntax } from '../../schema/index.ts'

import { type JsonDocument, RawJson } from '../json/json-text.ts'
import type { Schemas } from '../json/schemas.ts'
import { valueJson } from '../json/value-json.ts'
import type { Dialect } from '../views/dialect.ts'

/** The configuration as the plan's document shows it; see reference/plan-json.md 4. */
export function configDocument(config: Config, schemas: Schemas, dialect: Dialect['kind'] = 'terraform'): JsonDocument {
  const writer = new ConfigWriter(config, schemas, dialect)
  return writer.document()
}

class ConfigWriter {
  readonly #root: Config
  readonly #schemas: Schemas
  readonly #dialect: Dialect['kind']
  readonly #providers = new Map<string, JsonDocument>()
  /** Keys of entries that only hand down one of a module above. */
  readonly #inherited = new Set<string>()

  constructor(root: Config, schemas: Schemas, dialect: Dialect['kind']) {
    this.#dialect = dialect
    this.#root = root
    this.#schemas = schemas
  }

  document(): JsonDocument {
    for (const config of allModules(this.#root)) this.#collectProviders(config)
    const root = this.#module(this.#root)
    const keys = [...this.#providers.keys()].filter((key) => !this.#inherited.has(key)).sort(compareStrings)
    return {
      provider_config: keys.length === 0 ? undefined : Object.fromEntries(keys.map((key) => [key, this.#providers.get(key)!])),
      root_module: root,
    }
  }

  /** Configurations written in a module, and those it needs without anybody having written them. Callers come first. */
  #collectProviders(config: Config): void {
    const module = config.module
    const inModule = config.path.length === 0 ? undefined : moduleAddress(config)
    for (const provider of module.providerConfigs.values()) {
      const key = providerKey(config, provider)
      const source = providerSourceFor(module, provider.localName)
      const block = this.#schemas.provider(source)?.provider
      if (this.#providerKeyFor(config, provider) !== key) this.#inherited.add(key)
      this.#providers.set(key, {
        name: provider.localName,
        full_name: providerSourceToString(source),
        alias: provider.alias,
        version_constraint: versionConstraint(module, provider),
        module_address: inModule,
        expressions: block === undefined ? undefined : optional(blockExpressions(provider.body, block)),
      })
    }
    for (const local of impliedProviders(module)) {
      const key = providerKey(config, local)
      if (this.#providers.has(key)) continue
      // A name with an alias that nobody wrote is only a place for what the caller passes in.
      if (local.alias !== undefined || this.#providerKeyFor(config, local) !== key) this.#inherited.add(key)
      this.#providers.set(key, {
        name: local.localName,
        full_name: providerSourceToString(providerSourceFor(module, local.localName)),
        version_constraint: module.requiredProviders.get(local.localName)?.version,
        module_address: inModule,
      })
    }
  }

  /**
   * The key of the configuration that serves a name in a module: that of a module above, as far up as each module on the way has
   * an entry of its own to hand down.
   */
  #providerKeyFor(config: Config, local: LocalProviderConfig): string {
    const own = providerKey(config, local)
    if (config.path.length === 0) return own
    const parent = configAt(this.#root, config.path.slice(0, -1))!
    const call = parent.module.moduleCalls.get(config.path.at(-1)!)
    const passed = call?.providers?.find(({ inChild }) => inChild.localName === local.localName && inChild.alias === local.alias)?.inParent
    const declared = config.module.providerConfigs.get(local.alias === undefined ? local.localName : `${local.localName}.${local.alias}`)
    if (declared !== undefined && !(passed !== undefined && isEmptyBody(declared.body))) return own
    if (passed === undefined && local.alias !== undefined) return own
    const source = providerSourceFor(config.module, local.localName)
    const outer = passed ?? { localName: localNameFor(parent.module, source), alias: undefined }
    // The same name may mean another provider further up.
    const sameProvider = providerSourceToString(providerSourceFor(parent.module, outer.localName)) === providerSourceToString(source)
    return sameProvider && this.#providers.has(providerKey(parent, outer)) ? this.#providerKeyFor(parent, outer) : own
  }

  #module(config: Config): JsonDocument {
    const { module } = config
    return {
      outputs: members([...module.outputs.keys()].sort(compareStrings), (name) => {
        const output = module.outputs.get(name)!
        return {
          sensitive: output.sensitive ? true : undefined,
          expression: expression(output.expr),
          depends_on: dependsOn(output.dependsOn),
          description: output.description === '' ? undefined : output.description,
        }
      }),
      resources: optionalList(this.#resources(config)),
      module_calls: members([...module.moduleCalls.keys()].sort(compareStrings), (name) =>
        this.#moduleCall(config, module.moduleCalls.get(name)!),
      ),
      variables: members([...module.variables.keys()].sort(compareStrings), (name) => {
        const variable = module.variables.get(name)!
        const isTofu = this.#dialect === 'tofu'
        return {
          type: isTofu && variable.type.kind !== 'dynamic' ? new RawJson(typeToJson(variable.type)) : undefined,
          default: variable.default === undefined ? undefined : valueJson(variable.default),
          description: variable.description === '' ? undefined : variable.description,
          required: isTofu && variable.default === undefined ? true : undefined,
          sensitive: variable.sensitive ? true : undefined,
          ephemeral: isTofu && variable.ephemeral ? true : undefined,
        }
      }),
    }
  }

  #resources(config: Config): readonly JsonDocument[] {
    const all = [...config.module.resources.values()].map((resource) => ({ resource, text: resourceToString(resource.address) }))
    for (const check of config.module.checks.values()) {
      if (check.data !== undefined) all.push({ resource: check.data, text: resourceToString(check.data.address) })
    }
    const of = (mode: string): typeof all =>
      all.filter((r) => r.resource.address.mode === mode).sort((a, b) => compareStrings(a.text, b.text))
    return [...of('managed'), ...of('data')].map((r) => this.#resource(config, r.resource, r.text))
  }

  #resource(config: Config, resource: ResourceConfig, address: string): JsonDocument {
    const schema = this.#schemas.resource(providerSourceFor(config.module, resource.provider.localName), resource.address)
    return {
      address,
      mode: resource.address.mode,
      type: resource.address.type,
      name: resource.address.name,
      provider_config_key: this.#providerKeyFor(config, resource.provider),
      provisioners: optionalList(resource.provisioners.map((p) => ({ type: p.type, expressions: optional(looseExpressions(p.body)) }))),
      expressions: schema === undefined ? undefined : optional(blockExpressions(resource.body, schema.block)),
      schema_version: schema?.version ?? 0,
      count_expression: repetition(resource.count),
      for_each_expression: repetition(resource.forEach),
      depends_on: dependsOn(resource.dependsOn),
    }
  }

  #moduleCall(config: Config, call: ModuleCall): JsonDocument {
    const child = config.children.get(call.name)
    const names = child === undefined ? [] : [...child.module.variables.keys()]
    const schema: BodySchema = { attributes: names.map((name) => ({ name })), blocks: [] }
    const { content } = partialContent(call.body, schema, new Diagnostics())
    const expressions = Object.fromEntries(
      [...content.attributes.values()].sort((a, b) => compareStrings(a.name, b.name)).map((a) => [a.name, expression(a.expr)]),
    )
    return {
      source: call.source,
      expressions: optional(expressions),
      count_expression: repetition(call.count),
      for_each_expression: repetition(call.forEach),
      module: child === undefined ? undefined : this.#module(child),
      version_constraint: call.version,
      depends_on: dependsOn(call.dependsOn),
    }
  }
}

/** What a module uses or expects without writing it: by name, default configurations first. */
function impliedProviders(module: Module): readonly LocalProviderConfig[] {
  const names = new Set([...module.requiredProviders.keys(), ...[...module.resources.values()].map((r) => r.provider.localName)])
  const defaults = [...names].sort(compareStrings).map((localName) => ({ localName, alias: undefined }))
  const aliased = [...module.requiredProviders.values()].flatMap((r) => r.configurationAliases).filter((c) => c.alias !== undefined)
  return [...defaults, ...aliased]
}

function moduleAddress(config: Config): string {
  return config.path.map((name) => `module.${name}`).join('.')
}

function providerKey(config: Config, provider: { readonly localName: string; readonly alias: string | undefined }): string {
  const name = provider.alias === undefined ? provider.localName : `${provider.localName}.${provider.alias}`
  return config.path.length === 0 ? name : `${moduleAddress(config)}:${name}`
}

function versionConstraint(module: Module, provider: ProviderConfig): string | undefined {
  const required = module.requiredProviders.get(provider.localName)?.version
  const parts = [required, provider.version].filter((v) => v !== undefined)
  return parts.length === 0 ? undefined : parts.join(', ')
}

function optional(record: Readonly<Record<string, JsonDocument>>): JsonDocument | undefined {
  return Object.keys(record).length === 0 ? undefined : record
}

function optionalList(list: readonly JsonDocument[]): JsonDocument | undefined {
  return list.length === 0 ? undefined : list
}

function members(names: readonly string[], write: (name: string) => JsonDocument): JsonDocument | undefined {
  return names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, write(name)]))
}

function dependsOn(list: readonly { readonly root: string; readonly steps: readonly TraversalStep[] }[]): JsonDocument | undefined {
  if (list.length === 0) return undefined
  return list.map((t) => t.root + t.steps.map(stepText).join(''))
}

function stepText(step: TraversalStep): string {
  switch (step.kind) {
    case 'attr':
      return `.${step.name}`
    case 'index':
      return step.key.type.kind === 'string' ? `[${goQuote(step.key.asString())}]` : `[${numericToString(step.key.asNumeric())}]`
    case 'splat':
      return '[*]'
  }
}

/** What an expression is without any scope, and what it refers to. */
/** As Terraform: left out when there is neither a constant nor a reference to show. */
function repetition(expr: Expr | undefined): JsonDocument | undefined {
  const document = expr === undefined ? undefined : expression(expr)
  return document === undefined || Object.keys(document as object).length === 0 ? undefined : document
}

export function expression(expr: Expr): JsonDocument {
  const references = referenceTexts(expr)
  if (references.length > 0) return { references }
  const value = constantOf(expr)
  return value === undefined ? {} : { constant_value: valueJson(value) }
}

function constantOf(expr: Expr): Value | undefined {
  const diags = new Diagnostics()
  const value = evaluate(expr, undefined, diags)
  if (diags.hasErrors || !value.isWhollyKnown) return undefined
  return unmarkDeep(value)
}

function referenceTexts(expr: Expr): readonly string[] {
  const texts: string[] = []
  const ignored = new Diagnostics()
  for (const traversal of traversals(expr)) {
    const reference = parseReference(traversal, ignored)
    if (reference !== undefined) texts.push(...prefixes(reference))
  }
  return texts
}

/** From the whole traversal down to the object it starts from. */
function prefixes(reference: Reference): readonly string[] {
  const subject = referenceableToString(reference.subject)
  const texts: string[] = []
  for (let length = reference.remaining.length; length > 0; length--) {
    const step = reference.remaining[length - 1]!
    // A splat cannot be part of a plain address; what stands before it can.
    if (reference.remaining.slice(0, length).some((s) => s.kind === 'splat')) continue
    texts.push(
      subject +
        reference.remaining
          .slice(0, length - 1)
          .map(stepText)
          .join('') +
        stepText(step),
    )
  }
  texts.push(subject)
  const outer = containingObject(reference.subject)
  if (outer !== undefined) texts.push(outer)
  return texts
}

function containingObject(subject: Referenceable): string | undefined {
  switch (subject.kind) {
    case 'resourceInstance':
      return subject.key === undefined ? undefined : resourceToString(subject.resource)
    case 'moduleOutput':
      return referenceableToString({ kind: 'moduleCallInstance', name: subject.call, key: subject.key })
    case 'moduleCallInstance':
      return subject.key === undefined ? undefined : referenceableToString({ kind: 'moduleCall', name: subject.name })
    default:
      return undefined
  }
}

/** An attribute that is written as blocks: what they hold where all is constant, else what they refer to. */
function blocksAsExpression(bodies: readonly Body[], element: BlockSchema): JsonDocument {
  const given = bodies.map(
    (body) => blockExpressions(body, element) as Record<string, { constant_value?: JsonDocument; references?: string[] }>,
  )
  const all = given.flatMap((block) => Object.values(block))
  if (all.some((e) => e.constant_value === undefined)) return { references: [...new Set(all.flatMap((e) => e.references ?? []))] }
  const names = Object.keys(element.attributes).sort(compareStrings)
  return { constant_value: given.map((block) => Object.fromEntries(names.map((name) => [name, block[name]?.constant_value ?? null]))) }
}

/** The expressions of a body by the names of a schema. `dynamic` blocks are not represented. */
function blockExpressions(body: Body, given: BlockSchema): Record<string, JsonDocument> {
  const schema = withBlockSyntax(body, given)
  const wanted: BodySchema = {
    attributes: Object.keys(schema.attributes).map((name) => ({ name })),
    blocks: Object.entries(schema.blockTypes).map(([type, nested]) => ({ type, labelNames: nested.nesting === 'map' ? ['key'] : [] })),
  }
  const { content } = partialContent(body, wanted, new Diagnostics())
  const found: Record<string, JsonDocument> = {}
  for (const attribute of content.attributes.values()) found[attribute.name] = expression(attribute.expr)
  for (const [name, { block }] of Object.entries(schema.blockTypes)) {
    const written = Object.hasOwn(given.blockTypes, name) ? [] : content.blocks.filter((b) => b.type === name)
    if (written.length > 0) {
      found[name] = blocksAsExpression(
        written.map((b) => b.body),
        block,
      )
    }
  }
  const lists = new Map<string, JsonDocument[]>()
  const maps = new Map<string, Record<string, JsonDocument>>()
  for (const block of content.blocks) {
    if (!Object.hasOwn(given.blockTypes, block.type)) continue
    const nested = schema.blockTypes[block.type]!
    const inner = blockExpressions(block.body, nested.block)
    switch (nested.nesting) {
      case 'single':
      case 'group':
        found[block.type] = inner
        break
      case 'map': {
        const map = maps.get(block.type) ?? {}
        map[block.labels[0] ?? ''] = inner
        maps.set(block.type, map)
        break
      }
      default:
        lists.set(block.type, [...(lists.get(block.type) ?? []), inner])
    }
  }
  for (const [type, list] of lists) found[type] = list
  for (const [type, map] of maps) found[type] = map
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => compareStrings(a, b)))
}

/** Attributes of a body without a schema, such as a provisioner's. */
function looseExpressions(body: Body): Record<string, JsonDocument> {
  if (body.kind !== 'native') return {}
  const found = [...body.attributes.values()].map((a) => [a.name, expression(a.expr)] as const)
  return Object.fromEntries(found.sort(([a], [b]) => compareStrings(a, b)))
}

import {
  absProviderConfigToString,
  formatProviderSource,
  type LocalProviderConfig,
  localProviderConfigToString,
  parseReference,
  resourceToString,
} from '../addrs/index.ts'
import { suggest } from '../base/index.ts'
import { allModules, type Config, checkModuleArguments, type Module, providerConfigFor, providerSourceFor } from '../config/index.ts'
import { Diagnostics, rangeBetween } from '../diags/index.ts'
import { justAttributes, type Traversal, type TraversalStep } from '../hcl/index.ts'
import { needsOf } from '../lang/index.ts'
import type { AttributeSchema, BlockSchema } from '../schema/index.ts'
import type { Block, BlockGraph, ResourceBlock } from './blocks.ts'
import { checkBlockReferences } from './module-blocks.ts'
import type { Run } from './run.ts'

/*
 * What can be seen to be wrong in how the blocks of a configuration belong together, without evaluating any of them.
 */

/** Arguments of module calls, and whether there is a configuration behind each name of a provider: without these nothing else makes sense. */
export function checkConnections(root: Config, diags: Diagnostics): void {
  checkModuleArguments(root, diags)
  for (const config of allModules(root)) {
    checkNamedProviders(root, config, diags)
    checkPassedProviders(root, config, diags)
  }
}

function checkPassedProviders(root: Config, { path, module }: Config, diags: Diagnostics): void {
  for (const { providers } of module.moduleCalls.values()) {
    for (const { inParent, range } of providers ?? []) {
      if (isDeclaredOrImplied(module, inParent) && providerConfigFor(root, path, inParent) !== undefined) continue
      const name = absProviderConfigToString({ module: path, source: providerSourceFor(module, inParent.localName), alias: inParent.alias })
      diags.error(`missing provider ${name}`, '', { subject: range })
    }
  }
}

/** The root module has no caller that could give it configurations: there is a block for each that it asks for. */
export function checkRootAliases({ module }: Config, diags: Diagnostics): void {
  for (const { configurationAliases, source } of module.requiredProviders.values()) {
    for (const name of configurationAliases) {
      if (name.alias === undefined || module.providerConfigs.has(localProviderConfigToString(name))) continue
      const detail = `The root module declares that it requires the caller to pass a configuration for provider ${formatProviderSource(source, module.registryHost)} with alias "${name.alias}".`
      diags.error('Undefined provider configuration', detail)
    }
  }
}

/** Nothing implies a configuration of the built-in provider that could be passed on: it is required, or there is a block of it. */
function isDeclaredOrImplied({ requiredProviders, providerConfigs }: Module, { localName, alias }: LocalProviderConfig): boolean {
  return localName !== 'terraform' || alias !== undefined || requiredProviders.has(localName) || providerConfigs.has(localName)
}

function checkNamedProviders(root: Config, { path, module }: Config, diags: Diagnostics): void {
  const data = [...module.checks.values()].flatMap((check) => check.data ?? [])
  const imports = module.imports.map(({ target, provider, providerRange }) => ({ address: target.resource, provider, providerRange }))
  for (const { address, provider, providerRange } of [...module.resources.values(), ...data, ...imports]) {
    if (provider === undefined || providerConfigFor(root, path, provider) !== undefined) continue
    const text = path.map((name) => `module.${name}.`).join('') + resourceToString(address)
    const name = absProviderConfigToString({ module: path, source: providerSourceFor(module, provider.localName), alias: provider.alias })
    diags.error(
      'Provider configuration not present',
      `To work with ${text} its original provider configuration at ${name} is required, but it has been removed. This occurs when a provider configuration is removed while objects created by that provider still exist in the state. Re-add the provider configuration to destroy ${text}, after which you can remove the provider configuration again.`,
      { subject: providerRange },
    )
  }
}

/** The items of `depends_on` are whole objects, and they are there. */
export function checkDependsOn(graph: BlockGraph, block: Block, dependsOn: readonly Traversal[], diags: Diagnostics): void {
  for (const traversal of dependsOn) {
    const own = new Diagnostics()
    const reference = parseReference(traversal, own)
    if (reference !== undefined && reference.remaining.length > 0) {
      const subject = rangeBetween(reference.remaining[0]!.range, reference.remaining.at(-1)!.range)
      const detail = 'References in depends_on must be to a whole object (resource, etc), not to an attribute of an object.'
      own.error('Invalid depends_on reference', detail, { subject })
    }
    if (!own.hasErrors) checkBlockReferences(graph, block, needsOf([traversal]), false, own)
    if (!own.hasErrors && (reference?.subject.kind === 'each' || reference?.subject.kind === 'count')) {
      const { kind } = reference.subject
      const argument = kind === 'each' ? 'for_each' : 'count'
      own.error(
        `Reference to "${kind}" in ${kind === 'each' ? 'context without for_each' : 'non-counted context'}`,
        kind === 'each'
          ? `The "each" object can be used only in "module" or "resource" blocks, and only when the "${argument}" argument is set.`
          : `The "count" object can only be used in "module", "resource", and "data" blocks, and only when the "${argument}" argument is set.`,
        { subject: reference.range },
      )
    }
    diags.addAll(own.items)
  }
}

/** What `ignore_changes` names is there, and is something that a configuration can set. */
export function checkIgnoreChanges({ resource, schema }: ResourceBlock, diags: Diagnostics): void {
  if (schema === undefined) return
  for (const { root, rootRange, steps } of resource.lifecycle.ignoreChanges) {
    const path: readonly TraversalStep[] = [{ kind: 'attr', name: root, range: rootRange }, ...steps]
    const attribute = attributeAt(schema.block, path, diags)
    if (attribute === undefined || attribute.optional || attribute.required || !attribute.computed) continue
    diags.warning(
      'Redundant ignore_changes element',
      `Adding an attribute name to ignore_changes tells Terraform to ignore future changes to the argument in configuration after the object has been created, retaining the value originally configured.\n\nThe attribute ${root}${stepsText(steps)} is decided by the provider alone and therefore there can be no configured value to compare with. Including this attribute in ignore_changes has no effect. Remove the attribute from ignore_changes to quiet this warning.`,
      { subject: resource.typeRange },
    )
  }
}

/** The attribute that a path into an object leads to; undefined when it is none, or something within, or not there, which is reported. */
function attributeAt(block: BlockSchema, path: readonly TraversalStep[], diags: Diagnostics): AttributeSchema | undefined {
  let within = block
  for (const [i, step] of path.entries()) {
    if (step.kind !== 'attr') continue
    const { attributes, blockTypes } = within
    if (Object.hasOwn(attributes, step.name)) return i === path.length - 1 ? attributes[step.name] : undefined
    if (!Object.hasOwn(blockTypes, step.name)) {
      const meant = suggest(step.name, [...Object.keys(attributes), ...Object.keys(blockTypes)])
      diags.error(
        'Unsupported attribute',
        `This object has no argument, nested block, or exported attribute named "${step.name}".${meant === undefined ? '' : ` Did you mean "${meant}"?`}`,
        { subject: step.range },
      )
      return undefined
    }
    within = blockTypes[step.name]!.block
  }
  return undefined
}

function stepsText(steps: readonly TraversalStep[]): string {
  return steps.map((step) => step.range.source.text.slice(step.range.start, step.range.end)).join('')
}

/** A provisioner that gets a connection needs to know the host, from its own `connection` block or that of the resource. */
export function checkConnectionHosts(run: Run, { resource }: ResourceBlock, diags: Diagnostics): void {
  if (run.input.provisioners?.connection?.attributes.host?.required !== true) return
  const hasHost = (body: typeof resource.connection): boolean => body !== undefined && justAttributesQuietly(body).has('host')
  for (const { connection } of resource.provisioners) {
    const nearest = connection ?? resource.connection
    if (nearest === undefined || hasHost(connection) || hasHost(resource.connection)) continue
    diags.error('Missing required argument', 'The argument "host" is required, but no definition was found.', { subject: nearest.endRange })
  }
}

const justAttributesQuietly = (body: Parameters<typeof justAttributes>[0]): ReturnType<typeof justAttributes> =>
  justAttributes(body, new Diagnostics())

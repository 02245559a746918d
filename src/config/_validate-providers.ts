import {
  defaultProviderSource,
  formatProviderSource,
  type LocalProviderConfig,
  localProviderConfigToString,
  type ProviderSource,
} from '../addrs/index.ts'
import type { Diagnostics, SourceRange } from '../diags/index.ts'
import type { Expr } from '../hcl/index.ts'
import type { Config, ConfigDialect, Module, ModuleCall, PassedProvider, ProviderConfig } from './config.ts'
import { isProxyConfig, moduleText, sameSource } from './providers.ts'

/**
 * Checks how provider configurations are declared and passed through the tree of modules. `forbidden` is what forbids a
 * module to have configurations of its own: the call's `count`, `for_each` or `depends_on`.
 */
export function validateProviderConfigs(root: Config, dialect: ConfigDialect, diags: Diagnostics): void {
  const pending: { config: Config; parent: Config | undefined; forbidden: SourceRange | undefined }[] = [
    { config: root, parent: undefined, forbidden: undefined },
  ]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { config, parent, forbidden } = next
    checkRepeatedRequirements(config.module, diags)
    const call = parent?.module.moduleCalls.get(config.path.at(-1)!)
    if (parent !== undefined && call !== undefined) {
      checkPassed(config, parent, call, diags)
      checkMissing(config, parent, call, diags)
      checkLegacyModule(config, call, forbidden, dialect, diags)
    }
    checkInstanceKeys(config.module, diags)
    const children = [...config.children].map(([name, child]) => {
      const childCall = config.module.moduleCalls.get(name)
      return { config: child, parent: config, forbidden: forbidden ?? (childCall && repetitionRange(childCall)) }
    })
    pending.push(...children.reverse())
  }
}

function repetitionRange(call: ModuleCall): SourceRange | undefined {
  return (call.count ?? call.forEach ?? call.enabled)?.range ?? call.dependsOn[0]?.range
}

function checkRepeatedRequirements(module: Module, diags: Diagnostics): void {
  const configured = new Set([...module.providerConfigs.values()].map(({ localName }) => localName))
  for (const { localName, source, range } of module.requiredProviders.values()) {
    for (const name of configured) {
      if (name === localName || !sameSource(defaultProviderSource(name, module.registryHost), source)) continue
      const detail = `Provider ${formatProviderSource(source, module.registryHost)} with the local name "${localName}" was implicitly required via a configuration block as "${name}". The provider configuration block name must match the name used in required_providers.`
      diags.warning('Duplicate required provider', detail, { subject: range })
    }
  }
  const seen = new Map<string, string>()
  for (const { localName, source, range } of module.requiredProviders.values()) {
    const text = formatProviderSource(source, module.registryHost)
    const earlier = seen.get(text)
    if (earlier === undefined) {
      seen.set(text, localName)
      continue
    }
    const detail = `Provider ${text} with the local name "${localName}" was previously required as "${earlier}". A provider can only be required once within required_providers.`
    diags.warning('Duplicate required provider', detail, { subject: range })
  }
}

/** A key chooses an instance of a configuration that has `for_each`, and such a one cannot be named without. */
function checkInstanceKeys(module: Module, diags: Diagnostics): void {
  const check = (kind: string, config: LocalProviderConfig, key: Expr | undefined, subject: SourceRange | undefined): void => {
    const repeated = declaredIn(module, config)?.forEach !== undefined
    if (repeated === (key !== undefined)) return
    const name = localProviderConfigToString(config)
    const detail = repeated
      ? `The provider configuration ${name} uses for_each, so one of its instances must be chosen by its key, as in ${name}[each.key].`
      : 'An instance key can be specified only for a provider configuration that uses for_each.'
    diags.error(`Invalid ${kind} provider configuration`, detail, { subject })
  }
  for (const { provider, providerKey, providerRange, forEach } of module.resources.values()) {
    check('resource', provider, providerKey, providerRange)
    warnOfSameInstances(module, 'resource', provider, forEach, diags)
  }
  for (const { providers, forEach } of module.moduleCalls.values()) {
    for (const { inParent, key, range } of providers ?? []) {
      check('module', inParent, key, range)
      warnOfSameInstances(module, 'module', inParent, forEach, diags)
    }
  }
}

/** An object is destroyed by the provider instance that made it, so an element must stay there one round longer. */
function warnOfSameInstances(
  module: Module,
  kind: 'resource' | 'module',
  config: LocalProviderConfig,
  forEach: Expr | undefined,
  diags: Diagnostics,
): void {
  const repeated = declaredIn(module, config)?.forEach
  if (repeated === undefined || forEach === undefined || exprText(repeated) !== exprText(forEach)) return
  const detail = `This provider configuration uses the same for_each expression as a ${kind}, so an element that is taken away from it takes the provider instance away together with the objects that only this instance can destroy, and planning will fail.\n\nLet the ${kind} repeat over a part of what the provider configuration repeats over, so that an element can be taken away from the ${kind} first.`
  diags.warning(`Provider configuration for_each matches ${kind}`, detail, { subject: repeated.range })
}

function exprText({ range }: Expr): string {
  return range.source.text.slice(range.start, range.end)
}

/** Whether a name is declared in a module's `required_providers`, aliases under `configuration_aliases`. */
function isRequired(module: Module, name: LocalProviderConfig): boolean {
  const required = module.requiredProviders.get(name.localName)
  if (name.alias === undefined) return required !== undefined
  return required?.configurationAliases.some(({ alias }) => alias === name.alias) ?? false
}

function declaredIn(module: Module, name: LocalProviderConfig): ProviderConfig | undefined {
  return module.providerConfigs.get(localProviderConfigToString(name))
}

/**
 * The provider behind a local name where configurations are passed. Unlike for resources, a name that is not required never means
 * the provider that is built in: `terraform` is then `hashicorp/terraform` (Terraform and OpenTofu).
 */
function passedSource(module: Module, localName: string): ProviderSource {
  return module.requiredProviders.get(localName)?.source ?? registrySource(module, localName)
}

function registrySource(module: Module, localName: string): ProviderSource {
  return { host: module.registryHost, namespace: 'hashicorp', type: localName }
}

function checkPassed(child: Config, parent: Config, call: ModuleCall, diags: Diagnostics): void {
  for (const passed of call.providers ?? []) {
    const { inChild, inParent } = passed
    const source = passedSource(child.module, inChild.localName)
    const declared = declaredIn(child.module, inChild)
    if (declared !== undefined && !isProxyConfig(declared)) {
      const detail = `The configuration of ${moduleText(child.path)} has its own local configuration for ${localProviderConfigToString(inChild)}, and so it cannot accept an overridden configuration provided by ${moduleText(parent.path)}.`
      diags.error('Cannot override provider configuration', detail, { subject: passed.inChildRange })
    }
    const isProxy = declared !== undefined && isProxyConfig(declared)
    if (!isProxy && !isRequired(child.module, inChild)) reportUndeclared(child, inChild, source, passed, diags)
    const given = passedSource(parent.module, inParent.localName)
    if (inParent.alias === undefined && !isRequired(parent.module, inParent))
      reportUndefinedInParent(parent, inParent, given, passed, diags)
    if (!sameSource(given, source)) reportMismatch(child, parent, passed, given, source, diags)
  }
}

function reportUndeclared(
  child: Config,
  name: LocalProviderConfig,
  source: ProviderSource,
  passed: PassedProvider,
  diags: Diagnostics,
): void {
  const summary = 'Reference to undefined provider'
  const local = localProviderConfigToString(name)
  const text = formatProviderSource(source, child.module.registryHost)
  const place = { subject: passed.inChildRange }
  if (sameSource(source, registrySource(child.module, name.localName))) {
    diags.warning(
      summary,
      `There is no explicit declaration for local provider name "${local}" in ${moduleText(child.path)}, so Terraform is assuming you mean to pass a configuration for "${text}".\n\nIf you also control the child module, add a required_providers entry named "${local}" with the source address "${text}".`,
      place,
    )
    return
  }
  diags.error(
    summary,
    `The child module does not declare any provider requirement with the local name "${local}".\n\nIf you also control the child module, you can add a required_providers entry named "${local}" with the source address "${text}" to accept this provider configuration.`,
    place,
  )
}

function reportUndefinedInParent(
  parent: Config,
  { localName }: LocalProviderConfig,
  source: ProviderSource,
  passed: PassedProvider,
  diags: Diagnostics,
): void {
  const where = moduleText(parent.path)
  const text = formatProviderSource(source, parent.module.registryHost)
  const detail = `There is no explicit declaration for local provider name "${localName}" in ${where}, so Terraform is assuming you mean to pass a configuration for provider "${text}".\n\nTo clarify your intent and silence this warning, add to ${where} a required_providers entry named "${localName}" with source = "${text}", or a different source address if appropriate.`
  diags.warning('Reference to undefined provider', detail, { subject: passed.range })
}

function reportMismatch(
  child: Config,
  parent: Config,
  passed: PassedProvider,
  given: ProviderSource,
  wanted: ProviderSource,
  diags: Diagnostics,
): void {
  const inChild = localProviderConfigToString(passed.inChild)
  const inParent = localProviderConfigToString(passed.inParent)
  const parentText = moduleText(parent.path)
  const childText = moduleText(child.path)
  const givenText = formatProviderSource(given, child.module.registryHost)
  const wantedText = formatProviderSource(wanted, child.module.registryHost)
  const better = [...child.module.requiredProviders.values()].find(({ source }) => sameSource(source, given))
  if (better !== undefined) {
    const detail = `The assigned configuration is for provider "${givenText}", but local name "${passed.inChild.localName}" in ${parentText} represents "${wantedText}".\n\nTo pass this configuration to the child module, use the local name "${better.localName}" instead.`
    diags.error('Provider type mismatch', detail, { subject: passed.inChildRange })
    return
  }
  const detail = `The local name "${inParent}" in ${parentText} represents provider "${givenText}", but "${inChild}" in ${childText} represents "${wantedText}".\n\nEach provider has its own distinct configuration schema and provider types, so this module's "${inChild}" can be assigned only a configuration for ${wantedText}, which is not required by ${childText}.`
  diags.error('Provider type mismatch', detail, { subject: passed.range })
}

/** Configurations that the child needs from its caller and does not get. */
function checkMissing(child: Config, parent: Config, call: ModuleCall, diags: Diagnostics): void {
  const passed = new Set((call.providers ?? []).map(({ inChild }) => localProviderConfigToString(inChild)))
  for (const { configurationAliases, source } of child.module.requiredProviders.values()) {
    for (const name of configurationAliases) {
      const local = localProviderConfigToString(name)
      const declared = declaredIn(child.module, name)
      if (passed.has(local) || (declared !== undefined && !isProxyConfig(declared))) continue
      const detail = `The child module requires an additional configuration for provider ${formatProviderSource(source, child.module.registryHost)}, with the local name "${local}".\n\nRefer to the module's documentation to understand the intended purpose of this additional provider configuration, and then add an entry for ${local} in the "providers" meta-argument in the module block to choose which provider configuration the module should use for that purpose.`
      diags.error('Missing required provider configuration', detail, { subject: call.range })
    }
  }
  const reported = new Set<string>()
  for (const { providers } of child.module.moduleCalls.values()) {
    for (const { inParent } of providers ?? []) {
      const { localName, alias } = inParent
      const required = child.module.requiredProviders.get(localName)
      if (alias !== undefined || required === undefined || passed.has(localName) || reported.has(localName)) continue
      if (declaredIn(child.module, inParent) !== undefined) continue
      reported.add(localName)
      const detail = `The configuration for ${moduleText(child.path)} expects to inherit a configuration for provider ${formatProviderSource(required.source, child.module.registryHost)} with local name "${localName}", but ${moduleText(parent.path)} doesn't pass a configuration under that name.\n\nTo satisfy this requirement, add an entry for "${localName}" to the "providers" argument in the module "${call.name}" block.`
      diags.warning('Missing required provider configuration', detail, { subject: call.range })
    }
  }
}

/** Provider blocks in a called module: not together with repetition, and pointless when they are empty. */
function checkLegacyModule(
  child: Config,
  call: ModuleCall,
  forbidden: SourceRange | undefined,
  dialect: ConfigDialect,
  diags: Diagnostics,
): void {
  const configs = [...child.module.providerConfigs.values()]
  if (forbidden !== undefined && configs.some((config) => !isProxyConfig(config))) {
    // OpenTofu has one argument more.
    const [title, text] =
      dialect === 'tofu'
        ? ['count, for_each, enabled and depends_on', 'count, for_each, enabled or depends_on']
        : ['count, for_each, and depends_on', 'count, for_each, or depends_on']
    diags.error(
      `Module is incompatible with ${title}`,
      `The module at ${moduleText(child.path)} is a legacy module which contains its own local provider configurations, and so calls to it may not use the ${text} arguments.\n\nIf you also control the module "${call.source}", consider updating this module to instead expect provider configurations to be passed by its caller.`,
      { subject: forbidden },
    )
  }
  const empty = new Map<string, ProviderConfig[]>()
  for (const config of configs) {
    if (isProxyConfig(config)) empty.set(config.localName, [...(empty.get(config.localName) ?? []), config])
  }
  for (const [localName, group] of empty) {
    const source = formatProviderSource(passedSource(child.module, localName), child.module.registryHost)
    const aliases = group.some(({ alias }) => alias !== undefined)
      ? `      configuration_aliases = [\n${group.map((config) => `        ${localProviderConfigToString(config)},\n`).join('')}      ]\n`
      : ''
    const detail = `Earlier versions of Terraform used empty provider blocks ("proxy provider configurations") for child modules to declare their need to be passed a provider configuration by their callers. That approach was ambiguous and is now deprecated.\n\nIf you control this module, you can migrate to the new declaration syntax by removing all of the empty provider "${localName}" blocks and then adding or updating an entry like the following to the required_providers block of ${moduleText(child.path)}:\n    ${localName} = {\n      source = "${source}"\n${aliases}    }`
    diags.warning('Redundant empty provider block', detail, { subject: group[0]!.range })
  }
}

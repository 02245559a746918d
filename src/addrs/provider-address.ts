import { domainToASCII } from 'node:url'
import type { DiagnosticPlace, Diagnostics } from '../diags/index.ts'
import type { Traversal } from '../hcl/index.ts'
import { allSteps, stepsRange, traversalFromText } from './_steps.ts'
import { type AbsProviderConfig, defaultHost, type LocalProviderConfig, type ProviderSource } from './addrs.ts'
import { providerSourceToString } from './format.ts'
import { takeModules } from './parse.ts'

/**
 * `[hostname/][namespace/]name`, as in `required_providers` and lock files; the parts are brought to lower case. The
 * namespace is `hashicorp` and the host `host` where they are not given.
 */
export function parseProviderSource(
  text: string,
  host: string,
  diags: Diagnostics,
  place: DiagnosticPlace = {},
): ProviderSource | undefined {
  const parts = text.split('/')
  if (parts.length > 3 || parts.some((part) => part === '')) {
    diags.error('Invalid provider source string', 'The "source" attribute must be in the format "[hostname/][namespace/]name"', place)
    return undefined
  }
  const givenType = parts.at(-1)!
  const givenNamespace = parts.at(-2)
  const givenHost = parts.at(-3)
  const type = providerPart(givenType)
  if (typeof type === 'object') {
    diags.error('Invalid provider type', `Invalid provider type "${givenType}" in source "${text}": ${type.problem}`, place)
    return undefined
  }
  if (givenNamespace === undefined) return { host, namespace: 'hashicorp', type }
  // A lone dash is how old states name the namespace of a provider they know by its type only.
  const namespace = givenNamespace === '-' ? '-' : providerPart(givenNamespace)
  if (typeof namespace === 'object') {
    diags.error(
      'Invalid provider namespace',
      `Invalid provider namespace "${givenNamespace}" in source "${text}": ${namespace.problem}`,
      place,
    )
    return undefined
  }
  const properHost = givenHost === undefined ? host : normalHost(givenHost)
  if (properHost === undefined) {
    const detail = `Invalid provider source hostname "${givenHost}" in source "${text}": it must be a DNS name, optionally followed by a port number.`
    diags.error('Invalid provider source hostname', detail, place)
    return undefined
  }
  const source: ProviderSource = { host: properHost, namespace, type }
  if (type.startsWith('terraform-provider-')) {
    const suggestion = [...parts.slice(0, -1), type.slice('terraform-provider-'.length)].join('/')
    diags.error(
      'Invalid provider type',
      `Provider source "${text}" has a type with the prefix "terraform-provider-", which isn't valid. Although that prefix is often used in the names of version control repositories for Terraform providers, provider source strings should not include it.\n\nDid you mean "${suggestion}"?`,
      place,
    )
    return undefined
  }
  if (type.startsWith('terraform-')) {
    diags.error(
      'Invalid provider type',
      `Provider source "${providerSourceToString(source)}" has a type with the prefix "terraform-", which isn't allowed because it would be redundant to name a Terraform provider with that prefix. If you are the author of this provider, rename it to not include the prefix.`,
      place,
    )
    return undefined
  }
  return source
}

/** A namespace, a type or a local name in normal form, or what is wrong with it. */
export function providerPart(given: string): string | { readonly problem: string } {
  // The pattern with classes of Unicode takes milliseconds to compile.
  if (/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(given)) return given
  if (given === '') return { problem: 'must have at least one character' }
  const text = given.normalize('NFC').toLowerCase()
  if (text.includes('.')) return { problem: 'dots are not allowed' }
  if (text.includes('--')) return { problem: 'cannot use multiple consecutive dashes' }
  if (!/^[\p{L}\p{M}\p{Nd}](?:[\p{L}\p{M}\p{Nd}-]*[\p{L}\p{M}\p{Nd}])?$/u.test(text) || text === 'terraform-provider-') {
    return { problem: 'must contain only letters, digits, and dashes, and may not use leading or trailing dashes' }
  }
  return text
}

/** Lower case, the default port left out. */
function normalHost(text: string): string | undefined {
  const match = /^([^\s:/]+?)(?::([0-9]{1,5}))?$/.exec(text.toLowerCase())
  if (match === null || domainToASCII(match[1]!) === '' || !(/^[a-z0-9.-]+$/.test(match[1]!) || /^[\p{L}\p{M}\p{N}.-]+$/u.test(match[1]!)))
    return undefined
  if (match[2] !== undefined && Number(match[2]) > 65535) return undefined
  return match[2] === undefined || match[2] === '443' ? match[1]! : `${match[1]}:${Number(match[2])}`
}

/** `provider["registry.terraform.io/hashicorp/aws"].west`, with `module.a.` before it where declared in a module, and a key behind it. */
export function parseAbsProviderConfig(text: string, diags: Diagnostics): AbsProviderConfig | undefined {
  const traversal = traversalFromText(text, diags)
  return traversal && absProviderConfigFromTraversal(traversal, false, diags)
}

/** Also takes the form of Terraform 0.12, `provider.aws.west`, whose source is unknown: its namespace is `-`. */
export function parseLegacyAbsProviderConfig(text: string, diags: Diagnostics): AbsProviderConfig | undefined {
  const traversal = traversalFromText(text, diags)
  return traversal && absProviderConfigFromTraversal(traversal, true, diags)
}

function absProviderConfigFromTraversal(traversal: Traversal, legacy: boolean, diags: Diagnostics): AbsProviderConfig | undefined {
  const fail = (detail: string, subject = traversal.range): undefined => {
    diags.error('Invalid provider configuration address', detail, { subject })
    return undefined
  }
  const prefix = takeModules(allSteps(traversal), diags)
  if (prefix === undefined) return undefined
  if (prefix.module.some((step) => step.key !== undefined))
    return fail('A provider configuration must not appear in a module instance: module keys are not allowed.')
  const module = prefix.module.map((step) => step.name)
  const [keyword, name, alias, ...extra] = prefix.rest
  if (keyword?.kind !== 'attr' || keyword.name !== 'provider') {
    return fail('Provider address must begin with "provider.", followed by a provider type name.', stepsRange(prefix.rest))
  }
  let source: ProviderSource | undefined
  if (name?.kind === 'index' && name.key.hasContent && name.key.type.kind === 'string') {
    source = parseProviderSource(name.key.asString(), defaultHost, diags, { subject: name.range })
    if (source === undefined) return undefined
  } else if (legacy && name?.kind === 'attr') {
    source =
      name.name === 'terraform'
        ? { host: 'terraform.io', namespace: 'builtin', type: 'terraform' }
        : { host: defaultHost, namespace: '-', type: name.name }
  } else return fail('The prefix "provider." must be followed by a provider type name.', (name ?? keyword).range)
  if (alias === undefined) return { module, source, alias: undefined }
  if (alias.kind !== 'attr') return fail('Provider type name must be followed by a configuration alias name.', alias.range)
  const [instance, ...more] = extra
  if (instance === undefined) return { module, source, alias: alias.name }
  if (instance.kind !== 'index' || !instance.key.hasContent || instance.key.type.kind !== 'string' || more.length > 0)
    return fail('Extraneous operators after provider configuration alias.', instance.range)
  return { module, source, alias: alias.name, key: instance.key.asString() }
}

/** `aws` or `aws.west`, as in a `provider` argument. */
export function localProviderConfigFromTraversal(traversal: Traversal, diags: Diagnostics): LocalProviderConfig | undefined {
  const [alias, ...extra] = traversal.steps
  if (alias === undefined) return { localName: traversal.root, alias: undefined }
  if (alias.kind !== 'attr') {
    diags.error(
      'Invalid provider configuration reference',
      'Provider name must either stand alone or be followed by a period and then a configuration alias.',
      {
        subject: alias.range,
      },
    )
    return undefined
  }
  if (extra.length > 0) {
    diags.error('Invalid provider configuration reference', 'Unexpected extra operators after provider configuration alias.', {
      subject: stepsRange(extra),
    })
    return undefined
  }
  return { localName: traversal.root, alias: alias.name }
}

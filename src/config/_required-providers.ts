import {
  defaultProviderSource,
  type LocalProviderConfig,
  localProviderConfigFromTraversal,
  type ProviderSource,
  parseProviderSource,
} from '../addrs/index.ts'
import { parseConstraints } from '../base/index.ts'
import { convert, stringType, type Value } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type Attribute, type Block, type Expr, exprList, justAttributes, keywordOf, literalString } from '../hcl/index.ts'
import { checkProviderName, literalValue, quietly, staticReference } from './_static.ts'
import type { RequiredProvider } from './config.ts'

/** Undefined where the block does not consist of arguments, which is reported. */
export function decodeRequiredProviders(block: Block, registryHost: string, diags: Diagnostics): readonly RequiredProvider[] | undefined {
  const own = new Diagnostics()
  const attributes = justAttributes(block.body, own)
  diags.addAll(own.items)
  if (own.hasErrors) return undefined
  const providers: RequiredProvider[] = []
  for (const attribute of attributes.values()) {
    const provider = decodeRequiredProvider(attribute, registryHost, diags)
    if (provider !== undefined) providers.push(provider)
  }
  return providers
}

function decodeRequiredProvider(attribute: Attribute, registryHost: string, diags: Diagnostics): RequiredProvider | undefined {
  const { name: localName, expr } = attribute
  if (!checkProviderName(localName, expr.range, diags)) return undefined
  const implied = {
    localName,
    source: defaultProviderSource(localName, registryHost),
    version: undefined,
    configurationAliases: [],
    range: expr.range,
  }
  if (expr.kind === 'error') return undefined
  if (expr.kind !== 'object' && expr.kind !== 'jsonObject') {
    // The form of Terraform 0.12: a version constraint alone.
    const value = quietly((own) => convertible(literalValue(expr, own)))
    if (value === undefined) {
      diags.error('Invalid required_providers object', 'required_providers entries must be strings or objects.', { subject: expr.range })
      return undefined
    }
    return { ...implied, version: constraintText(value, expr, diags) }
  }
  let source: ProviderSource | undefined = implied.source
  let version: string | undefined
  let configurationAliases: readonly LocalProviderConfig[] = []
  for (const { key, value } of expr.items) {
    switch (keywordOf(key) ?? literalString(key)) {
      case 'version': {
        const text = literalStringValue(value)
        if (text === undefined) {
          diags.error('Invalid version constraint', 'Version must be specified as a string.', { subject: value.range })
        } else version = constraintText(text, value, diags)
        break
      }
      case 'source': {
        const text = literalStringValue(value)
        if (text === undefined) diags.error('Invalid source', 'Source must be specified as a string.', { subject: value.range })
        source = text === undefined ? undefined : parseProviderSource(text, registryHost, diags, { subject: value.range })
        break
      }
      case 'configuration_aliases':
        configurationAliases = decodeAliases(localName, value, diags)
        break
      default:
        diags.error(
          'Invalid required_providers object',
          'required_providers objects can only contain "version", "source" and "configuration_aliases" attributes. To configure a provider, use a "provider" block.',
          { subject: key.range },
        )
    }
  }
  return source && { ...implied, source, version, configurationAliases }
}

function convertible(value: Value): string | undefined {
  if (!value.isKnown || value.isNull) return undefined
  const kind = value.type.kind
  return kind === 'string' || kind === 'number' || kind === 'bool' ? convert(value, stringType).asString() : undefined
}

function literalStringValue(expr: Expr): string | undefined {
  const value = quietly((own) => literalValue(expr, own))
  return value?.isKnown && !value.isNull && value.type.kind === 'string' ? value.asString() : undefined
}

function constraintText(text: string, expr: Expr, diags: Diagnostics): string | undefined {
  if (parseConstraints(text) !== undefined) return text
  diags.error('Invalid version constraint', 'This string does not use correct version constraint syntax.', { subject: expr.range })
  return undefined
}

function decodeAliases(localName: string, expr: Expr, diags: Diagnostics): readonly LocalProviderConfig[] {
  const aliases: LocalProviderConfig[] = []
  const refuse = (detail: string): void => diags.error('Invalid configuration_aliases value', detail, { subject: expr.range })
  for (const item of exprList(expr, diags)) {
    const traversal = staticReference(item, diags)
    if (traversal === undefined) continue
    const address = quietly((own) => localProviderConfigFromTraversal(traversal, own))
    if (address === undefined) {
      refuse('Configuration aliases can only contain references to local provider configuration names in the format of provider.alias')
    } else if (address.localName !== localName) {
      refuse(`Configuration aliases must be prefixed with the provider name. Expected "${localName}", but found "${address.localName}".`)
    } else aliases.push(address)
  }
  return aliases
}

import type { Diagnostics } from '../diags/index.ts'
import { type Block, type BodySchema, partialContent } from '../hcl/index.ts'
import { type Declared, givenIn, reservedArgument, reservedBlock, withEscape } from './_meta.ts'
import { badName, checkProviderName, isValidName, literalText } from './_static.ts'
import { versionConstraint } from './_version.ts'
import type { ProviderConfig } from './config.ts'

const reservedArguments = ['count', 'depends_on', 'source']
const providerSchema: BodySchema = {
  attributes: ['version', 'alias', 'for_each', ...reservedArguments].map((name) => ({ name })),
  blocks: ['_', 'lifecycle', 'locals'].map((type) => ({ type, labelNames: [] })),
}

export function decodeProviderConfig(block: Block, diags: Diagnostics): Declared<ProviderConfig> {
  const localName = block.labels[0]!
  const { content, remain } = partialContent(block.body, providerSchema, diags)
  checkProviderName(localName, block.headerRange, diags)
  const body = withEscape(content, remain, 'provider', 'provider-specific', diags)
  for (const name of reservedArguments) {
    const attribute = content.attributes.get(name)
    if (attribute !== undefined) reservedArgument(attribute, 'provider', diags)
  }
  for (const inner of content.blocks) if (inner.type !== '_') reservedBlock(inner, 'provider', diags)
  const versionAttribute = content.attributes.get('version')
  if (versionAttribute !== undefined) {
    diags.warning(
      'Version constraints inside provider configuration blocks are deprecated',
      'Terraform 0.13 and earlier allowed provider version constraints inside the provider configuration block, but that is now deprecated and will be removed in a future version of Terraform. To silence this warning, move the provider version constraint into the required_providers block.',
      { subject: versionAttribute.expr.range },
    )
  }
  const aliasAttribute = content.attributes.get('alias')
  const alias = literalText(aliasAttribute, diags)
  if (alias !== undefined && !isValidName(alias)) {
    diags.error('Invalid provider configuration alias', `An alias must be a valid name. ${badName}`, {
      subject: aliasAttribute!.expr.range,
    })
  }
  const forEach = content.attributes.get('for_each')
  if (forEach !== undefined && aliasAttribute === undefined) {
    const detail =
      'An alias is required when using the "for_each" argument, so that resources can name the configuration and choose one of its instances by key.'
    diags.error('Alias required when using "for_each"', detail, { subject: forEach.nameRange })
  }
  const version = versionConstraint(versionAttribute, diags)
  const config: ProviderConfig = { localName, alias, version, forEach: forEach?.expr, body, range: block.headerRange }
  return { config, given: givenIn(content) }
}

import { Diagnostics, formatRange } from '../diags/index.ts'
import { type Block, type BodySchema, bodyContent, justAttributes, keywordOf } from '../hcl/index.ts'
import { decodeRequiredProviders } from './_required-providers.ts'
import { checkProviderName, literalValue } from './_static.ts'
import { versionConstraint } from './_version.ts'
import type { Backend, Module, ProviderMeta, RequiredProvider } from './config.ts'

const terraformSchema: BodySchema = {
  attributes: ['required_version', 'experiments', 'language'].map((name) => ({ name })),
  blocks: [
    { type: 'backend', labelNames: ['type'] },
    { type: 'cloud', labelNames: [] },
    { type: 'required_providers', labelNames: [] },
    { type: 'provider_meta', labelNames: ['provider'] },
    { type: 'encryption', labelNames: [] },
  ],
}

/** What one `terraform` block says. */
export interface TerraformBlock {
  readonly encryption: readonly Block[]
  readonly requiredVersions: Module['requiredVersions']
  readonly requiredProviders: readonly { readonly range: Block['headerRange']; readonly providers: readonly RequiredProvider[] }[]
  readonly backends: readonly Backend[]
  readonly providerMetas: readonly ProviderMeta[]
}

export function decodeTerraformBlock(block: Block, runningVersion: string, registryHost: string, diags: Diagnostics): TerraformBlock {
  const content = bodyContent(block.body, terraformSchema, diags)
  const requiredVersion = content.attributes.get('required_version')
  const constraint = versionConstraint(requiredVersion, diags)
  const language = content.attributes.get('language')
  if (language !== undefined && keywordOf(language.expr) !== 'TF2021') {
    const detail = `Terraform v${runningVersion} only supports language edition TF2021. This module requires a ${/^TF20[2-9][0-9]$/.test(keywordOf(language.expr) ?? '') && keywordOf(language.expr)! > 'TF2021' ? 'newer' : 'different'} version of Terraform CLI.`
    diags.error('Unsupported language edition', detail, { subject: language.expr.range })
  }
  const experiments = content.attributes.get('experiments')
  if (experiments !== undefined) {
    const detail =
      'Experimental features are intended only for gathering early feedback on new language designs, and so are available only in alpha releases of Terraform.'
    diags.error('Module uses experimental features', detail, { subject: experiments.nameRange })
  }
  const ofType = (type: string): readonly Block[] => content.blocks.filter((inner) => inner.type === type)
  return {
    encryption: ofType('encryption'),
    requiredVersions: constraint === undefined ? [] : [{ tool: 'terraform', constraint, range: requiredVersion!.range }],
    requiredProviders: ofType('required_providers').flatMap((inner) => {
      const providers = decodeRequiredProviders(inner, registryHost, diags)
      return providers === undefined ? [] : [{ range: inner.headerRange, providers }]
    }),
    backends: [...ofType('backend'), ...ofType('cloud')].map((inner) => ({
      type: inner.type === 'cloud' ? 'cloud' : inner.labels[0]!,
      body: inner.body,
      problems: [],
      range: inner.headerRange,
    })),
    providerMetas: ofType('provider_meta').map((inner) => decodeProviderMeta(inner, diags)),
  }
}

function decodeProviderMeta(block: Block, diags: Diagnostics): ProviderMeta {
  const localName = block.labels[0]!
  checkProviderName(localName, block.headerRange, diags)
  const own = new Diagnostics()
  const attributes = justAttributes(block.body, own)
  if (!own.hasErrors) for (const { expr } of attributes.values()) literalValue(expr, own)
  diags.addAll(own.items)
  return { localName, body: block.body, range: block.headerRange }
}

/** The one backend of a module: a second one, or a backend beside a `cloud` block, is reported. */
export function chooseBackend(
  backends: readonly Backend[],
  diags: Diagnostics,
  files: 'primary' | 'override' = 'primary',
): Backend | undefined {
  const clouds = backends.filter((backend) => backend.type === 'cloud')
  const others = backends.filter((backend) => backend.type !== 'cloud')
  for (const again of clouds.slice(1)) {
    const detail = `A module may have only one 'cloud' block configuring HCP Terraform or Terraform Enterprise. The 'cloud' block was previously configured at ${formatRange(clouds[0]!.range)}.`
    diags.error('Duplicate HCP Terraform configurations', detail, { subject: again.range })
  }
  for (const again of others.slice(1)) {
    const what = files === 'override' ? 'Each override file may have' : 'A module may have'
    const earlier = files === 'override' ? 'A backend' : 'The backend'
    const detail = `${what} only one backend configuration. ${earlier} was previously configured at ${formatRange(others[0]!.range)}.`
    diags.error('Duplicate backend configuration', detail, { subject: again.range })
  }
  const [cloud] = clouds
  const [other] = others
  if (cloud !== undefined && other !== undefined) {
    const detail = `A module may declare either one 'cloud' block OR one 'backend' block configuring a state backend. The 'cloud' block is configured at ${formatRange(cloud.range)}; a backend is configured at ${formatRange(other.range)}. Remove the backend block to configure HCP Terraform or Terraform Enteprise.`
    diags.error('Both a backend and cloud configuration are present', detail, { subject: other.range })
  }
  return cloud ?? other
}

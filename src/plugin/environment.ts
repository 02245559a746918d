/** Variables as of a process; absent ones are undefined. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Whose credentials a variable holds, by the beginning of its name: such a variable reaches the providers named here and no other. Types
 * of providers; those that log in by way of a cloud's own tools are named with that cloud.
 */
const credentials: readonly { readonly prefixes: readonly string[]; readonly providers: readonly string[] }[] = [
  { prefixes: ['AWS_'], providers: ['aws', 'awscc', 'kubernetes', 'helm', 'kubectl', 'vault', 'consul', 'eksctl', 'external', 'sops'] },
  {
    prefixes: ['GOOGLE_', 'GCLOUD_', 'CLOUDSDK_', 'GCE_'],
    providers: ['google', 'google-beta', 'kubernetes', 'helm', 'kubectl', 'vault', 'external', 'sops'],
  },
  {
    prefixes: ['ARM_', 'AZURE_', 'AZUREAD_'],
    providers: ['azurerm', 'azuread', 'azapi', 'azurestack', 'azuredevops', 'kubernetes', 'helm', 'kubectl', 'vault', 'external', 'sops'],
  },
  { prefixes: ['AZDO_'], providers: ['azuredevops'] },
  { prefixes: ['DD_', 'DATADOG_'], providers: ['datadog'] },
  { prefixes: ['VAULT_'], providers: ['vault', 'external', 'sops'] },
  { prefixes: ['CONSUL_'], providers: ['consul'] },
  { prefixes: ['NOMAD_'], providers: ['nomad'] },
  { prefixes: ['GITHUB_', 'GH_'], providers: ['github'] },
  { prefixes: ['GITLAB_', 'CI_JOB_'], providers: ['gitlab'] },
  { prefixes: ['BITBUCKET_'], providers: ['bitbucket'] },
  { prefixes: ['CLOUDFLARE_'], providers: ['cloudflare'] },
  { prefixes: ['DIGITALOCEAN_', 'SPACES_'], providers: ['digitalocean'] },
  { prefixes: ['HCLOUD_'], providers: ['hcloud'] },
  { prefixes: ['OS_'], providers: ['openstack'] },
  { prefixes: ['ALICLOUD_', 'ALIBABA_CLOUD_'], providers: ['alicloud'] },
  { prefixes: ['TENCENTCLOUD_'], providers: ['tencentcloud'] },
  { prefixes: ['OCI_'], providers: ['oci'] },
  { prefixes: ['SNOWFLAKE_'], providers: ['snowflake'] },
  { prefixes: ['MONGODB_ATLAS_'], providers: ['mongodbatlas'] },
  { prefixes: ['PAGERDUTY_'], providers: ['pagerduty'] },
  { prefixes: ['NEW_RELIC_'], providers: ['newrelic'] },
  { prefixes: ['GRAFANA_'], providers: ['grafana'] },
  { prefixes: ['OKTA_'], providers: ['okta'] },
  { prefixes: ['AUTH0_'], providers: ['auth0'] },
  { prefixes: ['FASTLY_'], providers: ['fastly'] },
  { prefixes: ['TFE_'], providers: ['tfe'] },
  { prefixes: ['KUBE_', 'KUBECONFIG', 'HELM_'], providers: ['kubernetes', 'helm', 'kubectl', 'flux', 'external'] },
  { prefixes: ['PGPASSWORD', 'PGPASSFILE'], providers: ['postgresql'] },
  { prefixes: ['MYSQL_'], providers: ['mysql'] },
  { prefixes: ['NPM_', 'NODE_AUTH_TOKEN', 'ACTIONS_', 'RUNNER_', 'ANTHROPIC_', 'OPENAI_'], providers: [] },
]

/** What is meant for Landform or Terraform alone: values of input variables, tokens of registries, arguments, backends. */
const own =
  /^(TF_VAR_|TF_TOKEN_|TF_CLI_|TF_REATTACH_PROVIDERS$|TF_HTTP_|TF_ENCRYPTION$|TF_PLUGIN_|TF_WORKSPACE$|TF_DATA_DIR$|LANDFORM_|PLUGIN_|NODE_OPTIONS$|LD_PRELOAD$|PG_CONN_STR$)/

/**
 * The variables a provider is started with. It gets those of the process except what is none of its business: what is meant for this
 * program, and credentials that are known to belong to other providers. `extra` (LANDFORM_PLUGIN_ENVIRONMENT) names variables that it
 * gets all the same, separated by commas, each perhaps ending in `*`.
 *
 * @param type of the provider, such as `aws`
 */
export function pluginEnvironment(type: string, environment: Environment, extra: string | undefined): Record<string, string> {
  const wanted = (extra ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const passed: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) continue
    if (wanted.some((pattern) => fits(name, pattern)) || (!own.test(name) && !belongsToOthers(name, type))) passed[name] = value
  }
  return passed
}

function fits(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

function belongsToOthers(name: string, type: string): boolean {
  // A provider's variables mostly begin with its own name.
  if (name.startsWith(`${type.toUpperCase().replaceAll('-', '_')}_`)) return false
  const owners = credentials.filter(({ prefixes }) => prefixes.some((prefix) => name.startsWith(prefix)))
  return owners.length > 0 && !owners.some(({ providers }) => providers.includes(type))
}

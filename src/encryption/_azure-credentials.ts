import type { Arguments } from './_arguments.ts'
import { EncryptionError } from './_error.ts'
import { ask, firstLine, parseObject, postForm, type SendRequest, type Server, textAt } from './_http.ts'
import type { RunProgram } from './_programs.ts'

export interface AzureSurroundings {
  readonly send: SendRequest
  readonly run: RunProgram
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Undefined where there is no such file. */
  readonly readFile: (path: string) => string | undefined
}

/** How to sign in to Entra ID. */
export type AzureCredentials =
  | { readonly kind: 'secret'; readonly tenant: string; readonly client: string; readonly secret: string }
  | { readonly kind: 'token'; readonly tenant: string; readonly client: string; readonly token: string }
  | { readonly kind: 'request'; readonly tenant: string; readonly client: string; readonly url: string; readonly bearer: string }
  | { readonly kind: 'machine'; readonly client: string | undefined; readonly endpoint: string }
  | { readonly kind: 'cli'; readonly tenant: string | undefined }

export const azureCredentialArguments = [
  'use_cli',
  'client_id',
  'client_id_file_path',
  'client_secret',
  'client_secret_file_path',
  'client_certificate',
  'client_certificate_password',
  'client_certificate_path',
  'use_oidc',
  'oidc_token',
  'oidc_token_file_path',
  'oidc_request_url',
  'oidc_request_token',
  'use_msi',
  'msi_endpoint',
  'use_aks_workload_identity',
  'metadata_host',
  'environment',
  'subscription_id',
  'tenant_id',
]

const clouds: Readonly<Record<string, string>> = {
  public: 'https://login.microsoftonline.com',
  usgovernment: 'https://login.microsoftonline.us',
  china: 'https://login.chinacloudapi.cn',
}
const machineEndpoint = 'http://169.254.169.254/metadata/identity/oauth2/token'
const howToSignIn =
  'Set "tenant_id", "client_id" and "client_secret" or the environment variables ARM_TENANT_ID, ARM_CLIENT_ID and ARM_CLIENT_SECRET, use "use_oidc" or "use_msi", or run:\n    az login'

export interface AzureSignIn {
  readonly credentials: AzureCredentials
  /** Of the cloud: `https://login.microsoftonline.com`. */
  readonly authority: string
}

/** Reads how to sign in, as OpenTofu's azurerm backend does. Undefined with errors. */
export function readAzureSignIn(args: Arguments, { environment, readFile }: AzureSurroundings): AzureSignIn | undefined {
  const text = (name: string, ...variables: readonly string[]): string | undefined =>
    args.text(name) || variables.map((variable) => environment[variable]).find((value) => value) || undefined
  const flag = (name: string, variable: string, otherwise = false): boolean => {
    const given = args.flag(name)
    if (given !== undefined) return given
    const found = environment[variable]
    return found ? /^(1|t|true)$/i.test(found) : otherwise
  }
  const content = (name: string, path: string | undefined): string | undefined => {
    if (path === undefined) return undefined
    const found = readFile(path)?.trim()
    if (!found) args.problem(`The file that "${name}" names cannot be read, or is empty.`, name)
    return found
  }
  const tenant = text('tenant_id', 'ARM_TENANT_ID')
  const client =
    text('client_id', 'ARM_CLIENT_ID') ?? content('client_id_file_path', text('client_id_file_path', 'ARM_CLIENT_ID_FILE_PATH'))
  const secret =
    text('client_secret', 'ARM_CLIENT_SECRET') ??
    content('client_secret_file_path', text('client_secret_file_path', 'ARM_CLIENT_SECRET_FILE_PATH'))
  const cloud = text('environment', 'ARM_ENVIRONMENT') ?? 'public'
  const authority = environment.AZURE_AUTHORITY_HOST || clouds[cloud.toLowerCase()]
  if (authority === undefined) args.problem('The argument "environment" must be "public", "usgovernment" or "china".', 'environment')
  if (text('metadata_host', 'ARM_METADATA_HOST') !== undefined)
    args.problem('Clouds that "metadata_host" describes are not supported: name the cloud in "environment".', 'metadata_host')
  if (text('client_certificate', 'ARM_CLIENT_CERTIFICATE') ?? text('client_certificate_path', 'ARM_CLIENT_CERTIFICATE_PATH'))
    args.problem(
      'Signing in with a client certificate is not supported. Use "client_secret", "use_oidc", "use_msi" or the Azure CLI.',
      'client_certificate',
    )

  const named = (): { tenant: string; client: string } | undefined => {
    if (tenant === undefined) args.problem('The argument "tenant_id" or the environment variable ARM_TENANT_ID must be set.')
    if (client === undefined) args.problem('The argument "client_id" or the environment variable ARM_CLIENT_ID must be set.')
    return tenant === undefined || client === undefined ? undefined : { tenant, client }
  }
  const credentials = ((): AzureCredentials | undefined => {
    if (secret !== undefined) {
      const who = named()
      return who && { kind: 'secret', ...who, secret }
    }
    if (flag('use_oidc', 'ARM_USE_OIDC')) {
      const who = named()
      const token =
        text('oidc_token', 'ARM_OIDC_TOKEN') ?? content('oidc_token_file_path', text('oidc_token_file_path', 'ARM_OIDC_TOKEN_FILE_PATH'))
      if (token !== undefined) return who && { kind: 'token', ...who, token }
      const url = text('oidc_request_url', 'ARM_OIDC_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_URL')
      const bearer = text('oidc_request_token', 'ARM_OIDC_REQUEST_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN')
      if (url !== undefined && bearer !== undefined) return who && { kind: 'request', ...who, url, bearer }
      args.problem(
        'With "use_oidc" there must be a token: "oidc_token", "oidc_token_file_path", or "oidc_request_url" and "oidc_request_token", which GitHub sets for jobs with the permission "id-token: write".',
        'use_oidc',
      )
      return undefined
    }
    if (flag('use_msi', 'ARM_USE_MSI'))
      return { kind: 'machine', client, endpoint: text('msi_endpoint', 'ARM_MSI_ENDPOINT', 'MSI_ENDPOINT') ?? machineEndpoint }
    if (flag('use_aks_workload_identity', 'ARM_USE_AKS_WORKLOAD_IDENTITY')) {
      const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE: file } = environment
      const token = file ? readFile(file)?.trim() : undefined
      if (AZURE_TENANT_ID && AZURE_CLIENT_ID && token) return { kind: 'token', tenant: AZURE_TENANT_ID, client: AZURE_CLIENT_ID, token }
      args.problem(
        'With "use_aks_workload_identity" AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE must be set, as AKS does.',
        'use_aks_workload_identity',
      )
      return undefined
    }
    if (flag('use_cli', 'ARM_USE_CLI', true)) return { kind: 'cli', tenant }
    args.problem(`There are no credentials for Azure. ${howToSignIn}`)
    return undefined
  })()
  return args.failed || credentials === undefined || authority === undefined
    ? undefined
    : { credentials, authority: authority.replace(/\/+$/, '') }
}

/** @param resource `https://vault.azure.net`. @throws EncryptionError */
export async function azureToken(
  { credentials, authority }: AzureSignIn,
  resource: string,
  surroundings: AzureSurroundings,
): Promise<string> {
  switch (credentials.kind) {
    case 'secret':
      return clientToken(credentials, { client_secret: credentials.secret }, authority, resource, surroundings)
    case 'token':
      return clientToken(credentials, assertion(credentials.token), authority, resource, surroundings)
    case 'request': {
      const { url, bearer } = credentials
      const server: Server = { name: 'the issuer of the OIDC token', unreachable: 'Look at the argument "oidc_request_url".' }
      const address = new URL(url)
      address.searchParams.set('audience', 'api://AzureADTokenExchange')
      const request = {
        method: 'GET',
        url: address.href,
        headers: { authorization: `Bearer ${bearer}`, accept: 'application/json' },
      } as const
      const { status, json } = await ask(surroundings.send, server, request)
      const token = textAt(json, 'value')
      if (status !== 200 || token === undefined)
        throw new EncryptionError(`${server.name} answers ${status}`, 'Look at the arguments "oidc_request_url" and "oidc_request_token".')
      return clientToken(credentials, assertion(token), authority, resource, surroundings)
    }
    case 'machine':
      return machineToken(credentials, resource, surroundings)
    case 'cli':
      return cliToken(credentials.tenant, resource, surroundings)
  }
}

function assertion(token: string): Record<string, string> {
  return { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: token }
}

/** @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
async function clientToken(
  { tenant, client }: { readonly tenant: string; readonly client: string },
  proof: Readonly<Record<string, string>>,
  authority: string,
  resource: string,
  { send }: AzureSurroundings,
): Promise<string> {
  const server: Server = {
    name: `Entra ID at ${authority}`,
    unreachable: 'Look at the network, at HTTPS_PROXY and at the argument "environment".',
  }
  const url = `${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`
  const fields = { client_id: client, scope: `${resource}/.default`, grant_type: 'client_credentials', ...proof }
  const { status, json } = await ask(send, server, postForm(url, fields))
  const token = textAt(json, 'access_token')
  if (status === 200 && token !== undefined) return token
  // Of the description the first line says what is wrong, the others when and where.
  const why = firstLine(textAt(json, 'error_description') ?? textAt(json, 'error'))
  throw new EncryptionError(`${server.name} gives no token (${status}${why === undefined ? '' : `, ${why}`})`, howToSignIn)
}

/** @see https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token */
async function machineToken(
  { client, endpoint }: { readonly client: string | undefined; readonly endpoint: string },
  resource: string,
  { send }: AzureSurroundings,
): Promise<string> {
  const remedy = 'Look at the arguments "use_msi", "msi_endpoint" and "client_id", and whether the machine has an identity.'
  if (!URL.canParse(endpoint)) throw new EncryptionError('the argument "msi_endpoint" is no URL', remedy)
  const url = new URL(endpoint)
  url.searchParams.set('api-version', '2018-02-01')
  url.searchParams.set('resource', resource)
  if (client !== undefined) url.searchParams.set('client_id', client)
  const server: Server = { name: `the identity of this machine at ${endpoint}`, unreachable: remedy }
  const { status, json } = await ask(send, server, { method: 'GET', url: url.href, headers: { metadata: 'true' }, isLocal: true })
  const token = textAt(json, 'access_token')
  if (status === 200 && token !== undefined) return token
  const why = firstLine(textAt(json, 'error_description') ?? textAt(json, 'error'))
  throw new EncryptionError(`${server.name} gives no token (${status}${why === undefined ? '' : `, ${why}`})`, remedy)
}

async function cliToken(tenant: string | undefined, resource: string, { run }: AzureSurroundings): Promise<string> {
  const command = [
    'az',
    'account',
    'get-access-token',
    '--output',
    'json',
    '--resource',
    resource,
    ...(tenant === undefined ? [] : ['--tenant', tenant]),
  ]
  let token: string | undefined
  try {
    token = textAt(parseObject(await run(command, '')), 'accessToken')
  } catch (error) {
    throw new EncryptionError(`the Azure CLI gives no token: ${(error as Error).message}`, howToSignIn)
  }
  if (token === undefined) throw new EncryptionError('the Azure CLI gives no token', howToSignIn)
  return token
}

import { createSign } from 'node:crypto'
import { EncryptionError } from './_error.ts'
import { ask, firstLine, type HttpRequest, parseObject, postForm, postJson, type SendRequest, type Server, textAt } from './_http.ts'

const scope = 'https://www.googleapis.com/auth/cloud-platform'
/** Tokens are asked for as long as Google gives them. */
const lifetimeSeconds = 3600

export interface GoogleSurroundings {
  readonly send: SendRequest
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Undefined where there is no such file. */
  readonly readFile: (path: string) => string | undefined
}

export interface GoogleCredentials {
  /** JSON, or a path to it. */
  readonly credentials: string | undefined
  readonly accessToken: string | undefined
  readonly impersonate: string | undefined
  readonly delegates: readonly string[]
}

const server: Server = {
  name: 'Google',
  unreachable: 'Look at the network, at HTTPS_PROXY, and at "token_uri" in the credentials.',
}
const howToSignIn =
  'Set the argument "credentials" or the environment variable GOOGLE_CREDENTIALS or GOOGLE_APPLICATION_CREDENTIALS to a key file, set GOOGLE_OAUTH_ACCESS_TOKEN, or run:\n    gcloud auth application-default login'

/** A token for Google's services, of whom arguments, environment, gcloud or the machine speak. @throws EncryptionError */
export async function googleToken(given: GoogleCredentials, surroundings: GoogleSurroundings): Promise<string> {
  const base = await baseToken(given, surroundings)
  return given.impersonate === undefined ? base : impersonate(given.impersonate, given.delegates, base, surroundings)
}

async function baseToken({ accessToken, credentials }: GoogleCredentials, surroundings: GoogleSurroundings): Promise<string> {
  if (accessToken !== undefined) return accessToken
  if (credentials !== undefined) return tokenOf(credentialsIn(credentials, surroundings), surroundings)
  const { environment, readFile } = surroundings
  const path = environment.GOOGLE_APPLICATION_CREDENTIALS
  const home = environment.CLOUDSDK_CONFIG || `${environment.HOME ?? environment.USERPROFILE ?? '~'}/.config/gcloud`
  const text = readFile(path || `${home}/application_default_credentials.json`)
  if (text !== undefined) return tokenOf(parsed(text), surroundings)
  if (path) throw new EncryptionError('the file that GOOGLE_APPLICATION_CREDENTIALS names cannot be read', howToSignIn)
  return tokenOfMachine(surroundings)
}

/** @throws EncryptionError for what is neither a file nor JSON */
export function credentialsIn(text: string, { readFile, environment }: Omit<GoogleSurroundings, 'send'>): Record<string, unknown> {
  const isJson = text.trimStart().startsWith('{')
  const path = text.replace(/^~(?=\/)/, environment.HOME ?? '~')
  const content = isJson ? text : readFile(path)
  // The text is not shown: it may hold a secret.
  if (content === undefined) throw new EncryptionError('the credentials for Google are neither JSON nor the path of a file', howToSignIn)
  return parsed(content)
}

function parsed(text: string): Record<string, unknown> {
  const json = parseObject(text)
  if (json === undefined) throw new EncryptionError('the credentials for Google are no JSON object', howToSignIn)
  return json
}

async function tokenOf(json: Record<string, unknown>, surroundings: GoogleSurroundings): Promise<string> {
  switch (json.type) {
    case 'service_account':
      return exchange(serviceAccountRequest(json), surroundings)
    case 'authorized_user': {
      const { client_id: id, client_secret: secret, refresh_token: refresh } = json
      const fields = { grant_type: 'refresh_token', client_id: String(id), client_secret: String(secret), refresh_token: String(refresh) }
      return exchange(postForm(textAt(json, 'token_uri') ?? 'https://oauth2.googleapis.com/token', fields), surroundings)
    }
    case 'external_account':
      return federatedToken(json, surroundings)
    case 'impersonated_service_account': {
      const source = json.source_credentials
      const url = textAt(json, 'service_account_impersonation_url')
      if (typeof source !== 'object' || source === null || url === undefined)
        throw new EncryptionError('the credentials for Google name nobody to impersonate', howToSignIn)
      const token = await tokenOf(source as Record<string, unknown>, surroundings)
      const delegates = Array.isArray(json.delegates) ? json.delegates.map(String) : []
      return generateToken(url, delegates, token, surroundings)
    }
    default:
      throw new EncryptionError(
        `the credentials for Google are of the type ${JSON.stringify(json.type ?? null)}, which is not supported`,
        howToSignIn,
      )
  }
}

/** @see https://developers.google.com/identity/protocols/oauth2/service-account */
function serviceAccountRequest(json: Record<string, unknown>): HttpRequest {
  const email = textAt(json, 'client_email')
  const key = textAt(json, 'private_key')
  if (email === undefined || key === undefined)
    throw new EncryptionError('the key file for Google has no "client_email" or no "private_key"', howToSignIn)
  const audience = textAt(json, 'token_uri') ?? 'https://oauth2.googleapis.com/token'
  const now = Math.floor(Date.now() / 1000)
  const keyId = textAt(json, 'private_key_id')
  const header = { alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) }
  const claims = { iss: email, scope, aud: audience, iat: now, exp: now + lifetimeSeconds }
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  let signature: string
  try {
    signature = createSign('RSA-SHA256').update(text).sign(key, 'base64url')
  } catch {
    throw new EncryptionError('the "private_key" of the key file for Google is no private key', howToSignIn)
  }
  return postForm(audience, { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: `${text}.${signature}` })
}

async function exchange(request: HttpRequest, { send }: GoogleSurroundings): Promise<string> {
  const { status, json } = await ask(send, server, request)
  const token = textAt(json, 'access_token')
  if (status === 200 && token !== undefined) return token
  const why = [textAt(json, 'error'), textAt(json, 'error_description')].filter((text) => text !== undefined).join(': ')
  throw new EncryptionError(`Google gives no token (${status}${why === '' ? '' : `, ${why}`})`, howToSignIn)
}

/** Workload identity federation with a token from a file or an address. @see https://google.aip.dev/auth/4117 */
async function federatedToken(json: Record<string, unknown>, surroundings: GoogleSurroundings): Promise<string> {
  const fields = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: textAt(json, 'audience') ?? '',
    scope,
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    subject_token: await subjectToken(json, surroundings),
    subject_token_type: textAt(json, 'subject_token_type') ?? 'urn:ietf:params:oauth:token-type:jwt',
  }
  const token = await exchange(postForm(textAt(json, 'token_url') ?? 'https://sts.googleapis.com/v1/token', fields), surroundings)
  const url = textAt(json, 'service_account_impersonation_url')
  return url === undefined ? token : generateToken(url, [], token, surroundings)
}

async function subjectToken(json: Record<string, unknown>, { send, readFile }: GoogleSurroundings): Promise<string> {
  const source = json.credential_source as Record<string, unknown> | undefined
  const file = textAt(source, 'file')
  const url = textAt(source, 'url')
  let text: string | undefined
  if (file !== undefined) text = readFile(file)
  else if (url !== undefined) {
    const headers = Object.fromEntries(Object.entries((source?.headers ?? {}) as object).map(([name, value]) => [name, String(value)]))
    const answer = await send({ method: 'GET', url, headers }).catch((error: unknown) => {
      throw new EncryptionError(`the token for Google cannot be fetched: ${(error as Error).message}`, howToSignIn)
    })
    text = answer.status === 200 ? answer.text : undefined
  } else {
    throw new EncryptionError(
      'the credentials for Google get their token from neither a file nor an address, which is all that is supported',
      howToSignIn,
    )
  }
  const isJson = textAt(source, 'format', 'type') === 'json'
  const token =
    text === undefined
      ? undefined
      : isJson
        ? textAt(parseObject(text), textAt(source, 'format', 'subject_token_field_name') ?? 'access_token')
        : text.trim()
  if (!token) throw new EncryptionError('where the credentials for Google say that there is a token there is none', howToSignIn)
  return token
}

/** The account of the machine in Google's cloud. @see https://cloud.google.com/compute/docs/access/authenticate-workloads */
async function tokenOfMachine({ send, environment }: GoogleSurroundings): Promise<string> {
  const host = environment.GCE_METADATA_HOST || '169.254.169.254'
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token?scopes=${encodeURIComponent(scope)}`
  try {
    const { status, text } = await send({ method: 'GET', url, headers: { 'metadata-flavor': 'Google' }, isLocal: true })
    const token = textAt(parseObject(text), 'access_token')
    if (status === 200 && token !== undefined) return token
  } catch {
    // Not a machine of Google's.
  }
  throw new EncryptionError('there are no credentials for Google', howToSignIn)
}

function impersonate(account: string, delegates: readonly string[], token: string, surroundings: GoogleSurroundings): Promise<string> {
  const base = surroundings.environment.GOOGLE_IAM_CREDENTIALS_CUSTOM_ENDPOINT || 'https://iamcredentials.googleapis.com/v1/'
  const url = `${base.replace(/\/+$/, '')}/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateAccessToken`
  return generateToken(url, delegates, token, surroundings)
}

async function generateToken(url: string, delegates: readonly string[], token: string, { send }: GoogleSurroundings): Promise<string> {
  const names = delegates.map((name) => (name.includes('/') ? name : `projects/-/serviceAccounts/${name}`))
  const body = { scope: [scope], lifetime: `${lifetimeSeconds}s`, ...(names.length === 0 ? {} : { delegates: names }) }
  const { status, json } = await ask(send, server, postJson(url, body, { authorization: `Bearer ${token}` }))
  const made = textAt(json, 'accessToken')
  if (status === 200 && made !== undefined) return made
  const why = firstLine(textAt(json, 'error', 'message'))
  throw new EncryptionError(
    `Google lets nobody stand for the service account (${status}${why === undefined ? '' : `, ${why}`})`,
    'Look at the argument "impersonate_service_account": whoever signs in needs the role roles/iam.serviceAccountTokenCreator on it.',
  )
}

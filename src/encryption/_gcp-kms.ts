import { randomBytes } from 'node:crypto'
import type { Arguments } from './_arguments.ts'
import { EncryptionError } from './_error.ts'
import { credentialsIn, type GoogleCredentials, type GoogleSurroundings, googleToken } from './_google-credentials.ts'
import { ask, firstLine, postJson, type Server, textAt } from './_http.ts'
import { fromBase64, type KeyService, readKeyLength } from './_wrapped-keys.ts'

export interface GcpKmsOptions extends GoogleCredentials {
  /** `projects/P/locations/L/keyRings/R/cryptoKeys/K`. */
  readonly keyName: string
  /** In bytes. */
  readonly keyLength: number
  /** In base64. Has to be the same when the data is read. */
  readonly additionalData: string | undefined
}

export const gcpKmsArguments = [
  'kms_encryption_key',
  'key_length',
  'additional_authenticated_data',
  'credentials',
  'access_token',
  'impersonate_service_account',
  'impersonate_service_account_delegates',
]

/** Undefined with errors. The environment is that of OpenTofu's gcs backend. */
export function readGcpKms(args: Arguments, surroundings: Omit<GoogleSurroundings, 'send'>): GcpKmsOptions | undefined {
  const { environment } = surroundings
  const keyName = args.required('kms_encryption_key')
  const keyLength = readKeyLength(args)
  const options = {
    additionalData: args.text('additional_authenticated_data'),
    credentials: args.text('credentials') || environment.GOOGLE_BACKEND_CREDENTIALS || environment.GOOGLE_CREDENTIALS || undefined,
    accessToken: args.text('access_token') || environment.GOOGLE_OAUTH_ACCESS_TOKEN || undefined,
    impersonate:
      args.text('impersonate_service_account') ||
      environment.GOOGLE_BACKEND_IMPERSONATE_SERVICE_ACCOUNT ||
      environment.GOOGLE_IMPERSONATE_SERVICE_ACCOUNT ||
      undefined,
    delegates: args.texts('impersonate_service_account_delegates') ?? [],
  }
  if (options.additionalData !== undefined && fromBase64(options.additionalData) === undefined)
    args.problem(
      'The argument "additional_authenticated_data" must be in base64, such as base64encode(...) gives it.',
      'additional_authenticated_data',
    )
  if (options.accessToken === undefined && options.credentials !== undefined && !args.failed) {
    try {
      credentialsIn(options.credentials, surroundings)
    } catch (error) {
      if (!(error instanceof EncryptionError)) throw error
      args.problem(`This key provider cannot be used: ${error.message}. ${error.remedy ?? ''}`, 'credentials')
    }
  }
  return args.failed || keyLength === undefined ? undefined : { ...options, keyName, keyLength }
}

/**
 * Keys made here and encrypted with a key of Google Cloud KMS. Stored is `{"ciphertext":"BASE64"}`.
 *
 * @see https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/encrypt
 */
export function gcpKmsKeys(options: GcpKmsOptions, surroundings: GoogleSurroundings): KeyService {
  const { send, environment } = surroundings
  const base = (environment.GOOGLE_KMS_CUSTOM_ENDPOINT || 'https://cloudkms.googleapis.com/v1/').replace(/\/+$/, '')
  const server: Server = {
    name: `Google Cloud KMS at ${base}`,
    unreachable: 'Look at the network and at the environment variables HTTPS_PROXY and GOOGLE_KMS_CUSTOM_ENDPOINT.',
  }
  let token: Promise<string> | undefined
  const call = async (operation: 'encrypt' | 'decrypt', body: Readonly<Record<string, string>>): Promise<Record<string, unknown>> => {
    token ??= googleToken(options, surroundings)
    const url = `${base}/${options.keyName.split('/').map(encodeURIComponent).join('/')}:${operation}`
    const additional = options.additionalData === undefined ? {} : { additionalAuthenticatedData: options.additionalData }
    const { status, json } = await ask(send, server, postJson(url, { ...body, ...additional }, { authorization: `Bearer ${await token}` }))
    if (status === 200 && json !== undefined) return json
    const why = firstLine(textAt(json, 'error', 'message'))
    throw new EncryptionError(`${server.name} answers ${status}${why === undefined ? '' : `: ${why}`}`, remedy(status, operation, options))
  }
  const open = async (ciphertext: string): Promise<Buffer> => {
    const key = fromBase64((await call('decrypt', { ciphertext })).plaintext)
    if (key === undefined) throw new EncryptionError(`${server.name} gave no key`)
    return key
  }
  return {
    type: 'gcp_kms',
    async make() {
      const key = randomBytes(options.keyLength)
      const { ciphertext } = await call('encrypt', { plaintext: key.toString('base64') })
      if (fromBase64(ciphertext) === undefined) throw new EncryptionError(`${server.name} did not encrypt the key`)
      return { key, stored: { ciphertext: ciphertext as string } }
    },
    open: ({ ciphertext }) => (fromBase64(ciphertext) === undefined ? undefined : open(ciphertext as string)),
  }
}

function remedy(status: number, operation: 'encrypt' | 'decrypt', { keyName }: GcpKmsOptions): string {
  switch (status) {
    case 400:
      return operation === 'decrypt'
        ? 'The data was encrypted with another key, or with other "additional_authenticated_data".'
        : 'Look at the arguments "kms_encryption_key" and "additional_authenticated_data".'
    case 401:
      return 'The token was refused: look at the argument "access_token" or "credentials" and at the environment variables GOOGLE_OAUTH_ACCESS_TOKEN and GOOGLE_CREDENTIALS.'
    case 403:
      return `Whoever signs in needs the role roles/cloudkms.cryptoKeyEncrypterDecrypter on ${keyName}.`
    case 404:
      return 'Look at the argument "kms_encryption_key", which is of the form projects/P/locations/L/keyRings/R/cryptoKeys/K.'
    default:
      return 'Look at the arguments "kms_encryption_key" and "credentials".'
  }
}

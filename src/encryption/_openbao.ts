import type { Arguments } from './_arguments.ts'
import { EncryptionError } from './_error.ts'
import { ask, postJson, type SendRequest, type Server, textAt } from './_http.ts'
import { fromBase64, type KeyService } from './_wrapped-keys.ts'

export interface OpenBaoOptions {
  readonly address: string
  readonly token: string
  /** Where the transit engine is mounted, without slashes around it. */
  readonly path: string
  readonly keyName: string
  /** In bytes. */
  readonly keyLength: 16 | 32 | 64
  /** In base64. Has to be the same when the data is read. */
  readonly associatedData: string | undefined
}

export const openBaoArguments = ['key_name', 'token', 'address', 'transit_engine_path', 'key_length', 'associated_data']

/** Undefined with errors. */
export function readOpenBao(args: Arguments, environment: Readonly<Record<string, string | undefined>>): OpenBaoOptions | undefined {
  const keyName = args.required('key_name')
  const keyLength = args.number('key_length') ?? 32
  const options = {
    address: args.text('address') ?? (environment.BAO_ADDR || 'https://127.0.0.1:8200'),
    token: args.text('token') ?? environment.BAO_TOKEN ?? '',
    path: (args.text('transit_engine_path') ?? '/transit').replace(/^\/+|\/+$/g, ''),
    associatedData: args.text('associated_data'),
  }
  if (!/^https?:\/\/[^/]/.test(options.address) || !URL.canParse(options.address))
    args.problem('The address of OpenBao must be a URL such as https://example.com:8200.', 'address')
  if (options.associatedData !== undefined && fromBase64(options.associatedData) === undefined)
    args.problem('The argument "associated_data" must be in base64, such as base64encode(...) gives it.', 'associated_data')
  if (keyLength !== 16 && keyLength !== 32 && keyLength !== 64) {
    args.problem('The argument "key_length" must be 16, 32 or 64.', 'key_length')
    return undefined
  }
  return args.failed ? undefined : { ...options, keyName, keyLength }
}

/**
 * Data keys of the transit engine of OpenBao, which keeps the key that they are encrypted with. Stored is
 * `{"ciphertext":"BASE64"}` with the text that the engine gave, such as `vault:v1:...`.
 *
 * @see https://openbao.org/api-docs/secret/transit
 */
export function openBaoKeys(options: OpenBaoOptions, send: SendRequest): KeyService {
  const { address, token, path, keyName, keyLength, associatedData } = options
  const server: Server = {
    name: `OpenBao at ${address}`,
    unreachable: 'Look at the argument "address" or the environment variable BAO_ADDR, and whether the server runs.',
  }
  const call = async (operation: string, body: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> => {
    const url = `${address.replace(/\/+$/, '')}/v1/${path}/${operation}/${encodeURIComponent(keyName)}`
    const associated = associatedData === undefined ? {} : { associated_data: associatedData }
    const request = postJson(url, { ...body, ...associated }, token === '' ? {} : { 'x-vault-token': token })
    const { status, json } = await ask(send, server, request)
    if (status !== 200) {
      const errors = Array.isArray(json?.errors)
        ? json.errors
            .filter((text) => typeof text === 'string')
            .join('; ')
            .trim()
        : ''
      throw new EncryptionError(`${server.name} answers ${status}${errors === '' ? '' : `: ${errors}`}`, remedy(status, options))
    }
    const data = json?.data
    if (typeof data !== 'object' || data === null)
      throw new EncryptionError(`${server.name} gave an answer without data`, server.unreachable)
    return data as Record<string, unknown>
  }
  const keyOf = (data: Record<string, unknown>): Buffer => {
    const key = fromBase64(data.plaintext)
    if (key === undefined) throw new EncryptionError(`${server.name} gave no key`)
    return key
  }
  const open = async (ciphertext: string): Promise<Buffer> => keyOf(await call('decrypt', { ciphertext }))
  return {
    type: 'openbao',
    async make() {
      const data = await call('datakey/plaintext', { bits: keyLength * 8 })
      const ciphertext = textAt(data, 'ciphertext')
      if (ciphertext === undefined) throw new EncryptionError(`${server.name} gave a data key without its encrypted form`)
      return { key: keyOf(data), stored: { ciphertext: Buffer.from(ciphertext).toString('base64') } }
    },
    open(stored) {
      const ciphertext = fromBase64(stored.ciphertext)
      return ciphertext && open(ciphertext.toString('utf8'))
    },
  }
}

function remedy(status: number, { token, path, keyName }: OpenBaoOptions): string {
  switch (status) {
    case 401:
    case 403:
      return token === ''
        ? 'No token was sent: set the argument "token" or the environment variable BAO_TOKEN.'
        : `Look at the argument "token" or the environment variable BAO_TOKEN: its policies must allow to update ${path}/datakey/plaintext/${keyName} and ${path}/decrypt/${keyName}.`
    case 503:
      return 'The server is sealed or on standby: unseal it, or look at the argument "address".'
    default:
      return 'Look at the arguments "key_name", "transit_engine_path" and "associated_data".'
  }
}

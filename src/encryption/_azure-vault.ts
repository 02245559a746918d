import { randomBytes } from 'node:crypto'
import type { Arguments } from './_arguments.ts'
import { type AzureSignIn, type AzureSurroundings, azureCredentialArguments, azureToken, readAzureSignIn } from './_azure-credentials.ts'
import { EncryptionError } from './_error.ts'
import { ask, firstLine, postJson, type Server, textAt } from './_http.ts'
import { fromBase64, type KeyService, readKeyLength } from './_wrapped-keys.ts'

type Algorithm = 'RSA-OAEP-256' | 'A128GCM' | 'A192GCM' | 'A256GCM'

export interface AzureVaultOptions {
  /** `https://NAME.vault.azure.net`, or of a managed HSM. */
  readonly vault: string
  readonly keyName: string
  /** In bytes. */
  readonly keyLength: number
  readonly algorithm: Algorithm
  readonly signIn: AzureSignIn
}

const apiVersion = '7.4'
const algorithms: Readonly<Record<number, Algorithm>> = { 128: 'A128GCM', 192: 'A192GCM', 256: 'A256GCM' }

export const azureVaultArguments = [
  'vault_uri',
  'vault_key_name',
  'key_length',
  'symmetric',
  'symmetric_key_size',
  ...azureCredentialArguments,
]

/** Undefined with errors. */
export function readAzureVault(args: Arguments, surroundings: AzureSurroundings): AzureVaultOptions | undefined {
  const vault = args.required('vault_uri')
  const keyName = args.required('vault_key_name')
  const keyLength = readKeyLength(args)
  if (vault !== '') checkVault(vault, args)
  if (keyName !== '' && !/^[0-9a-zA-Z-]{1,127}$/.test(keyName))
    args.problem('The name of a key in a vault has 1 to 127 letters, digits and hyphens.', 'vault_key_name')
  const size = args.number('symmetric_key_size')
  const algorithm = args.flag('symmetric') === true ? algorithms[size ?? 0] : 'RSA-OAEP-256'
  if (algorithm === undefined)
    args.problem(
      'With "symmetric" the argument "symmetric_key_size" must be 128, 192 or 256: the size of the key in the vault, in bits.',
      'symmetric_key_size',
    )
  const signIn = readAzureSignIn(args, surroundings)
  if (args.failed || signIn === undefined || algorithm === undefined || keyLength === undefined) return undefined
  return { vault: vault.replace(/\/+$/, ''), keyName, keyLength, algorithm, signIn }
}

/** @see https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftkeyvault */
function checkVault(vault: string, args: Arguments): void {
  if (!URL.canParse(vault) || !/^https?:$/.test(new URL(vault).protocol)) {
    args.problem('The argument "vault_uri" must be a URL such as https://example.vault.azure.net.', 'vault_uri')
    return
  }
  const [name = ''] = new URL(vault).hostname.split('.')
  if (!/^[a-zA-Z][0-9a-zA-Z-]{1,22}[0-9a-zA-Z]$/.test(name) || name.includes('--'))
    args.problem(
      'The name of a vault, with which the host of "vault_uri" begins, has 3 to 24 letters, digits and single hyphens; it begins with a letter and ends with none of the hyphens.',
      'vault_uri',
    )
}

/** What tokens for a vault are for: the service that its host is part of. */
function resourceOf(vault: string): string {
  const [, ...service] = new URL(vault).hostname.split('.')
  return `https://${service.length === 0 ? 'vault.azure.net' : service.join('.')}`
}

/**
 * Keys made here and encrypted with a key of Azure Key Vault. Stored is `{"ciphertext", "iv", "authentication_tag", "additional_authenticated_data",
 * "key_version", "algo"}`, bytes in base64 and null where the algorithm has none. A key is decrypted with the version that encrypted it.
 *
 * @see https://learn.microsoft.com/rest/api/keyvault/keys/encrypt/encrypt
 */
export function azureVaultKeys(options: AzureVaultOptions, surroundings: AzureSurroundings): KeyService {
  const { vault, keyName, algorithm } = options
  const server: Server = {
    name: `Azure Key Vault at ${vault}`,
    unreachable: 'Look at the argument "vault_uri", at the network and at HTTPS_PROXY.',
  }
  let token: Promise<string> | undefined
  const call = async (operation: 'encrypt' | 'decrypt', version: string, body: Readonly<Record<string, string>>) => {
    token ??= azureToken(options.signIn, resourceOf(vault), surroundings)
    const url = `${vault}/keys/${keyName}/${encodeURIComponent(version)}/${operation}?api-version=${apiVersion}`
    const { status, json } = await ask(surroundings.send, server, postJson(url, body, { authorization: `Bearer ${await token}` }))
    const value = textAt(json, 'value')
    if (status === 200 && json !== undefined && value !== undefined) return { json, value: Buffer.from(value, 'base64url') }
    const why = firstLine(textAt(json, 'error', 'message'))
    throw new EncryptionError(`${server.name} answers ${status}${why === undefined ? '' : `: ${why}`}`, remedy(status, operation))
  }
  const open = async (stored: Readonly<Record<string, unknown>>, value: Buffer): Promise<Buffer> => {
    const part = (name: string, stored: unknown): Record<string, string> => {
      const bytes = fromBase64(stored)
      return bytes === undefined ? {} : { [name]: bytes.toString('base64url') }
    }
    const body = {
      alg: textAt(stored, 'algo') ?? algorithm,
      value: value.toString('base64url'),
      ...part('iv', stored.iv),
      ...part('tag', stored.authentication_tag),
      ...part('aad', stored.additional_authenticated_data),
    }
    return (await call('decrypt', textAt(stored, 'key_version') ?? '', body)).value
  }
  return {
    type: 'azure_vault',
    async make() {
      const key = randomBytes(options.keyLength)
      const { json, value } = await call('encrypt', '', { alg: algorithm, value: key.toString('base64url') })
      const bytes = (name: string): string | null => {
        const text = textAt(json, name)
        return text === undefined ? null : Buffer.from(text, 'base64url').toString('base64')
      }
      const stored = {
        ciphertext: value.toString('base64'),
        iv: bytes('iv'),
        authentication_tag: bytes('tag'),
        additional_authenticated_data: bytes('aad'),
        key_version: textAt(json, 'kid')?.split('/').at(-1) ?? '',
        algo: algorithm,
      }
      return { key, stored }
    },
    open(stored) {
      const value = fromBase64(stored.ciphertext)
      return value && open(stored, value)
    },
  }
}

function remedy(status: number, operation: 'encrypt' | 'decrypt'): string {
  switch (status) {
    case 400:
      return 'Look at the arguments "symmetric", "symmetric_key_size" and "key_length": an RSA key takes no "symmetric", and encrypts keys that are shorter than itself.'
    case 401:
      return 'The token was refused: look at the arguments "tenant_id" and "environment".'
    case 403:
      return `Whoever signs in must be allowed to ${operation} with the key: the role "Key Vault Crypto User", or a policy of the vault with "${operation}". Look at the firewall of the vault, too.`
    case 404:
      return 'Look at the arguments "vault_uri" and "vault_key_name".'
    default:
      return 'Look at the arguments "vault_uri" and "vault_key_name".'
  }
}

import { listType, numberType, numericToJs, stringType } from '../cty/index.ts'
import { type Diagnostic, DiagnosticError, Diagnostics, type SourceRange } from '../diags/index.ts'
import { type Attribute, type Expr, exprToTraversal, type Traversal } from '../hcl/index.ts'
import { Arguments, type EvaluateEarly, readArguments } from './_arguments.ts'
import { type AwsKeys, awsKmsArguments, awsKmsBlocks, awsKmsKeys, readAwsKms } from './_aws-kms.ts'
import { azureVaultArguments, azureVaultKeys, readAzureVault } from './_azure-vault.ts'
import { readEnvelope, writeEnvelope } from './_envelope.ts'
import { EncryptionError } from './_error.ts'
import { gcpKmsArguments, gcpKmsKeys, readGcpKms } from './_gcp-kms.ts'
import type { SendRequest } from './_http.ts'
import { externalProvider, type KeyProvider, pbkdf2Provider } from './_key-providers.ts'
import { aesGcm, externalMethod, type Method, type Unencrypted } from './_methods.ts'
import { openBaoArguments, openBaoKeys, readOpenBao } from './_openbao.ts'
import type { RunProgram } from './_programs.ts'
import { wrappedKeys } from './_wrapped-keys.ts'
import type { EncryptionBlocks, NamedBlock, TargetBlock } from './blocks.ts'
import { looksSealed, type Seal } from './seal.ts'

export { AwsCallError, type AwsKeys, type AwsKmsOptions } from './_aws-kms.ts'
export type { HttpAnswer, HttpRequest, SendRequest } from './_http.ts'
export type { RunProgram } from './_programs.ts'

/** How each kind of data is encrypted; undefined: not at all. */
export interface Encryption {
  readonly state: Seal | undefined
  readonly plan: Seal | undefined
  /**
   * States of other configurations, which are only read: for the data source that `remote_state_data_source` names as `NAME`, or in modules
   * `MODULE.NAME`, with the keys of instances (`m[0].NAME["k"]`). Undefined for those that are not encrypted.
   */
  readonly remoteStates: ((source: string) => Seal | undefined) | undefined
}

export interface EncryptionSurroundings {
  readonly evaluate: EvaluateEarly
  readonly run: RunProgram
  readonly send: SendRequest
  readonly aws: AwsKeys
  /** The text of a file; undefined where there is none that can be read. */
  readonly readFile: (path: string) => string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Makes what an `encryption` block describes. Undefined with errors. No key is made and no program run before something is sealed or opened. */
export function openEncryption(blocks: EncryptionBlocks, surroundings: EncryptionSurroundings, diags: Diagnostics): Encryption | undefined {
  const builder = new Builder(blocks, surroundings)
  const state = blocks.state && builder.seal(blocks.state, 'state')
  const plan = blocks.plan && builder.seal(blocks.plan, 'plan')
  const otherwise = blocks.remoteStates?.default && builder.seal(blocks.remoteStates.default, 'state')
  const named = new Map([...(blocks.remoteStates?.named ?? [])].map(([name, target]) => [name, builder.seal(target, 'state')]))
  const remoteStates = blocks.remoteStates && ((source: string) => named.get(source) ?? otherwise)
  for (const address of blocks.methods.keys()) builder.method(address, undefined)
  for (const address of blocks.keyProviders.keys()) builder.keyProvider(address, undefined, [])
  diags.addAll(builder.diags.items)
  return builder.diags.hasErrors ? undefined : { state, plan, remoteStates }
}

/** Key providers that OpenTofu has and that would need another service's client. */
const services: Readonly<Record<string, string>> = {
  ovhcloud_kms: 'OVHcloud KMS',
  stackit_kms: 'STACKIT KMS',
}

class Builder {
  readonly diags = new Diagnostics()
  readonly #blocks: EncryptionBlocks
  readonly #surroundings: EncryptionSurroundings
  readonly #methods = new Map<string, Method | Unencrypted | undefined>()
  readonly #keyProviders = new Map<string, KeyProvider | undefined>()

  constructor(blocks: EncryptionBlocks, surroundings: EncryptionSurroundings) {
    this.#blocks = blocks
    this.#surroundings = surroundings
  }

  seal(target: TargetBlock, what: 'state' | 'plan'): Seal | undefined {
    const methods = this.methodsOf(target, what)
    return methods.length === 0 ? undefined : sealOf(methods, what)
  }

  /** The method to write with, and those that may have been written with. */
  methodsOf(target: TargetBlock, what: 'state' | 'plan'): readonly (Method | Unencrypted)[] {
    const given = target.enforced
    const place = { address: `encryption.${what}`, range: target.range }
    const outer = new Arguments(new Map(given && [['enforced', given]]), place, this.#surroundings.evaluate, this.diags)
    const enforced = outer.flag('enforced') ?? false
    const methods: (Method | Unencrypted)[] = []
    for (let next: TargetBlock | undefined = target; next !== undefined; next = next.fallback) {
      const { method: attribute } = next
      if (attribute === undefined) {
        const why = enforced ? ' Encryption is enforced here, so nothing is stored without it.' : ''
        this.#error('Missing encryption method', `The ${what} needs a method, such as "method = method.aes_gcm.main".${why}`, next.range)
        continue
      }
      const address = this.#reference(attribute, 'method')
      const method = address === undefined ? undefined : this.method(address, attribute.expr.range)
      if (method === undefined) continue
      if (enforced && method.encrypt === undefined) {
        this.#error(
          'Unencrypted method is forbidden',
          'The method "unencrypted" cannot be used here, since the argument "enforced" is set.',
          attribute.expr.range,
        )
      }
      methods.push(method)
    }
    return methods
  }

  method(address: string, subject: SourceRange | undefined): Method | Unencrypted | undefined {
    if (this.#methods.has(address)) return this.#methods.get(address)
    const block = this.#blocks.methods.get(address)
    if (block === undefined) {
      this.#error('Undefined encryption method', `There is no block for ${address}.`, subject)
      return undefined
    }
    const method = this.#makeMethod(address, block)
    this.#methods.set(address, method)
    return method
  }

  #makeMethod(address: string, block: NamedBlock): Method | Unencrypted | undefined {
    const { run } = this.#surroundings
    switch (block.type) {
      case 'unencrypted':
        this.#arguments(block, address, [])
        return { name: address, encrypt: undefined }
      case 'aes_gcm': {
        const args = this.#arguments(block, address, ['keys', 'aad'])
        const keys = this.#keys(args, 'keys', [])
        const additional = bytesOf(args, 'aad')
        return keys && additional && aesGcm(address, keys, additional)
      }
      case 'external': {
        const args = this.#arguments(block, address, ['keys', 'encrypt_command', 'decrypt_command'])
        const keys = args.attribute('keys') === undefined ? undefined : this.#keys(args, 'keys', [])
        const encrypt = commandOf(args, 'encrypt_command')
        const decrypt = commandOf(args, 'decrypt_command')
        return encrypt && decrypt && externalMethod(address, { encrypt, decrypt }, keys, run)
      }
      default:
        this.#error(
          'Unknown encryption method',
          `There is no encryption method "${block.type}". Those that can be used are aes_gcm, external and unencrypted.`,
          block.range,
        )
        return undefined
    }
  }

  /** @param needers those that wait for this one, to find chains that come back to themselves. */
  keyProvider(address: string, subject: SourceRange | undefined, needers: readonly string[]): KeyProvider | undefined {
    if (needers.includes(address)) {
      this.#error('Circular key providers', `${address} gets its passphrase from itself: ${[...needers, address].join(', ')}.`, subject)
      return undefined
    }
    if (this.#keyProviders.has(address)) return this.#keyProviders.get(address)
    const block = this.#blocks.keyProviders.get(address)
    if (block === undefined) {
      this.#error('Undefined key provider', `There is no block for ${address}.`, subject)
      return undefined
    }
    const provider = this.#makeKeyProvider(address, block, [...needers, address])
    this.#keyProviders.set(address, provider)
    return provider
  }

  #makeKeyProvider(address: string, block: NamedBlock, needers: readonly string[]): KeyProvider | undefined {
    const { environment, send, run, aws } = this.#surroundings
    switch (block.type) {
      case 'pbkdf2':
        return this.#makePbkdf2(address, block, needers)
      case 'external': {
        const args = this.#arguments(block, address, ['command', alias])
        const command = commandOf(args, 'command')
        return command && externalProvider(storedName(args), command, run)
      }
      case 'openbao': {
        const args = this.#arguments(block, address, [...openBaoArguments, alias])
        const options = readOpenBao(args, environment)
        return options && wrappedKeys(storedName(args), openBaoKeys(options, send))
      }
      case 'aws_kms': {
        const args = this.#arguments(block, address, [...awsKmsArguments, alias], awsKmsBlocks)
        const options = readAwsKms(args)
        return options && wrappedKeys(storedName(args), awsKmsKeys(options, aws))
      }
      case 'gcp_kms': {
        const args = this.#arguments(block, address, [...gcpKmsArguments, alias])
        const options = readGcpKms(args, this.#surroundings)
        return options && wrappedKeys(storedName(args), gcpKmsKeys(options, this.#surroundings))
      }
      case 'azure_vault': {
        const args = this.#arguments(block, address, [...azureVaultArguments, alias])
        const options = readAzureVault(args, this.#surroundings)
        return options && wrappedKeys(storedName(args), azureVaultKeys(options, this.#surroundings))
      }
      default: {
        const service = Object.hasOwn(services, block.type) ? services[block.type] : undefined
        const here = 'Those that can be used are pbkdf2, aws_kms, gcp_kms, azure_vault, openbao and external'
        this.#error(
          service === undefined ? 'Unknown key provider' : 'Key provider not supported',
          service === undefined
            ? `There is no key provider "${block.type}". ${here}.`
            : `Landform does not get keys from ${service} ("${block.type}"). ${here}, which runs a program that can ask ${service}.`,
          block.range,
        )
        return undefined
      }
    }
  }

  #makePbkdf2(address: string, block: NamedBlock, needers: readonly string[]): KeyProvider | undefined {
    const names = ['passphrase', 'chain', 'key_length', 'iterations', 'salt_length', 'hash_function', alias]
    const args = this.#arguments(block, address, names)
    const number = (name: string, least: number, otherwise: number): number => {
      const n = args.number(name) ?? otherwise
      if (Number.isInteger(n) && n >= least && n <= 1 << 30) return n
      args.problem(`The argument "${name}" must be a whole number of at least ${least}.`, name)
      return otherwise
    }
    let passphrase: string | KeyProvider | undefined
    const hasPhrase = args.attribute('passphrase') !== undefined
    if (args.attribute('chain') !== undefined) {
      if (hasPhrase) args.problem('Only one of "passphrase" and "chain" can be given.', 'passphrase')
      else passphrase = this.#keys(args, 'chain', needers)
    } else if (hasPhrase) {
      passphrase = args.text('passphrase')
      if (passphrase !== undefined && [...passphrase].length < shortestPassphrase) {
        const detail = `The passphrase must have at least ${shortestPassphrase} characters.`
        args.report('Passphrase too short', detail, 'passphrase')
      }
    } else args.report('Missing passphrase', 'The argument "passphrase" is required, or "chain" with another key provider.')
    const hash = args.text('hash_function') ?? 'sha512'
    if (hash !== 'sha256' && hash !== 'sha512') args.problem('The argument "hash_function" must be "sha256" or "sha512".', 'hash_function')
    const options = {
      keyLength: number('key_length', 1, 32),
      iterations: number('iterations', 200_000, 600_000),
      saltLength: number('salt_length', 1, 32),
    }
    if (passphrase === undefined || args.failed) return undefined
    return pbkdf2Provider(storedName(args), { passphrase, hash: hash as 'sha256' | 'sha512', ...options })
  }

  /** The key provider that an argument refers to. */
  #keys(args: Arguments, name: 'keys' | 'chain', needers: readonly string[]): KeyProvider | undefined {
    const attribute = args.attribute(name)
    if (attribute === undefined) {
      args.missing(name)
      return undefined
    }
    const address = this.#reference(attribute, 'key_provider')
    return address === undefined ? undefined : this.keyProvider(address, attribute.expr.range, needers)
  }

  #arguments(
    block: NamedBlock,
    address: string,
    names: readonly string[],
    blockNames?: Readonly<Record<string, readonly string[]>>,
  ): Arguments {
    return readArguments(block, address, names, this.#surroundings.evaluate, this.diags, blockNames)
  }

  /** `method.aes_gcm.main` as written. */
  #reference(attribute: Attribute, root: 'method' | 'key_provider'): string | undefined {
    const own = new Diagnostics()
    const traversal = exprToTraversal(referenceIn(attribute.expr), own)
    const names = traversal && namesOf(traversal)
    if (names !== undefined && names.length === 3 && names[0] === root) return names.join('.')
    this.#error('Invalid encryption reference', `A reference like ${root}.TYPE.NAME is expected here.`, attribute.expr.range)
    return undefined
  }

  #error(summary: string, detail: string, subject: SourceRange | undefined): void {
    this.diags.error(summary, detail, subject === undefined ? {} : { subject })
  }
}

const alias = 'encrypted_metadata_alias'
const shortestPassphrase = 16

/** What the metadata of a key provider is stored under. */
function storedName(args: Arguments): string {
  return args.text(alias) || args.address
}

function commandOf(args: Arguments, name: string): readonly string[] | undefined {
  if (args.attribute(name) === undefined) {
    args.missing(name)
    return undefined
  }
  const list = args.value(name, listType(stringType))?.asArray()
  if (list === undefined) return undefined
  if (list.length > 0 && list.every((item) => !item.isNull)) return list.map((item) => item.asString())
  args.report('Invalid command', `The argument "${name}" must be a list with a program and its arguments.`, name)
  return undefined
}

function bytesOf(args: Arguments, name: string): Buffer | undefined {
  if (args.attribute(name) === undefined) return Buffer.alloc(0)
  const list = args.value(name, listType(numberType))?.asArray()
  const bytes = list?.map((item) => (item.isNull ? -1 : numericToJs(item.asNumeric())))
  if (bytes === undefined || bytes.every((n) => Number.isInteger(n) && n >= 0 && n <= 255)) return bytes && Buffer.from(bytes)
  args.report('Invalid additional data', `The argument "${name}" must be a list of bytes, numbers from 0 to 255.`, name)
  return undefined
}

/** JSON has references both bare and as the one thing that a template interpolates. */
function referenceIn(expr: Expr): Expr {
  if (expr.kind !== 'jsonString') return expr
  const { expr: inner } = expr.template()
  return inner.kind === 'templateWrap' ? inner.wrapped : expr
}

function namesOf({ root, steps }: Traversal): readonly string[] | undefined {
  const names = [root]
  for (const step of steps) {
    if (step.kind !== 'attr') return undefined
    names.push(step.name)
  }
  return names
}

/** Writes with the first of some methods and reads with any of them. */
function sealOf(methods: readonly (Method | Unencrypted)[], what: 'state' | 'plan'): Seal {
  const [first] = methods
  return {
    async seal(plain, header = {}) {
      if (first!.encrypt === undefined) return Buffer.from(plain)
      try {
        const { data, meta } = await first!.encrypt(plain)
        return writeEnvelope({ header, meta, data })
      } catch (error) {
        throw failed('Encryption failed', `The ${what} could not be encrypted with ${first!.name}`, error)
      }
    },
    async open(stored) {
      try {
        const envelope = looksSealed(stored) ? readEnvelope(stored) : undefined
        if (envelope === undefined) return openPlain(stored, methods, what)
        const attempts: string[] = []
        for (const [i, method] of methods.entries()) {
          if (method.encrypt === undefined) continue
          try {
            const plain = await method.decrypt(envelope.data, envelope.meta)
            return { plain, header: envelope.header, outdated: i > 0 }
          } catch (error) {
            if (!(error instanceof EncryptionError)) throw error
            attempts.push(`\n  - ${method.name}: ${error.message}${error.remedy === undefined ? '' : `. ${error.remedy}`}`)
          }
        }
        const tried = attempts.length === 0 ? ' No method that decrypts is configured.' : ` What was tried:${attempts.join('')}`
        throw new DiagnosticError(
          problem('Decryption failed', `The ${what} is encrypted and cannot be decrypted with what is configured.${tried}`),
        )
      } catch (error) {
        throw failed('Decryption failed', `The ${what} could not be decrypted`, error)
      }
    },
  }
}

function openPlain(stored: Uint8Array, methods: readonly (Method | Unencrypted)[], what: string) {
  const found = methods.findIndex(({ encrypt }) => encrypt === undefined)
  if (found >= 0) return { plain: stored, header: undefined, outdated: found > 0 }
  throw new DiagnosticError(
    problem(
      'Unencrypted data refused',
      `The ${what} is not encrypted, although encryption is configured: somebody may have put it in the place of the encrypted one. To encrypt what was not encrypted before, name the method "unencrypted" as the fallback until it has been written once:\n    method "unencrypted" "migrate" {}\n    ${what} {\n      ...\n      fallback {\n        method = method.unencrypted.migrate\n      }\n    }`,
    ),
  )
}

function problem(summary: string, detail: string): Diagnostic {
  return { severity: 'error', summary, detail }
}

function failed(summary: string, what: string, error: unknown): unknown {
  if (!(error instanceof EncryptionError)) return error
  return new DiagnosticError(problem(summary, `${what}: ${error.message}.${error.remedy === undefined ? '' : `\n\n${error.remedy}`}`))
}

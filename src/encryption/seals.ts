import {
  boolType,
  ConversionError,
  convert,
  listType,
  numberType,
  numericToJs,
  stringType,
  type Type,
  unmarkDeep,
  type Value,
} from '../cty/index.ts'
import { type Diagnostic, DiagnosticError, Diagnostics, type SourceRange } from '../diags/index.ts'
import { type Attribute, type Expr, exprToTraversal, justAttributes, type Traversal } from '../hcl/index.ts'
import { readEnvelope, writeEnvelope } from './_envelope.ts'
import { EncryptionError } from './_error.ts'
import { externalProvider, type KeyProvider, pbkdf2Provider } from './_key-providers.ts'
import { aesGcm, externalMethod, type Method, type Unencrypted } from './_methods.ts'
import { openBaoProvider, type PostJson } from './_openbao.ts'
import type { RunProgram } from './_programs.ts'
import type { EncryptionBlocks, NamedBlock, TargetBlock } from './blocks.ts'
import { looksSealed, type Seal } from './seal.ts'

export type { PostJson } from './_openbao.ts'
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
  /** The value of an expression that is needed before anything is planned; undefined when it has none, which is reported. */
  evaluate(expr: Expr, needer: string, diags: Diagnostics): Value | undefined
  readonly run: RunProgram
  readonly post: PostJson
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
  aws_kms: 'AWS KMS',
  gcp_kms: 'Google Cloud KMS',
  azure_vault: 'Azure Key Vault',
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
    const enforced = this.#value(target.enforced, boolType, `encryption.${what}.enforced`)?.asBool() ?? false
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
        this.#attributes(block, [])
        return { name: address, encrypt: undefined }
      case 'aes_gcm': {
        const attributes = this.#attributes(block, ['keys', 'aad'])
        const keys = this.#keys(attributes.get('keys'), block, [])
        const additional = this.#bytes(attributes.get('aad'), `${address}.aad`)
        return keys && additional && aesGcm(address, keys, additional)
      }
      case 'external': {
        const attributes = this.#attributes(block, ['keys', 'encrypt_command', 'decrypt_command'])
        const keys = attributes.has('keys') ? this.#keys(attributes.get('keys'), block, []) : undefined
        const encrypt = this.#command(attributes, 'encrypt_command', block, address)
        const decrypt = this.#command(attributes, 'decrypt_command', block, address)
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
    switch (block.type) {
      case 'pbkdf2':
        return this.#makePbkdf2(address, block, needers)
      case 'external': {
        const attributes = this.#attributes(block, ['command', alias])
        const command = this.#command(attributes, 'command', block, address)
        return command && externalProvider(this.#storedName(attributes, address), command, this.#surroundings.run)
      }
      case 'openbao':
        return this.#makeOpenBao(address, block)
      default: {
        const service = Object.hasOwn(services, block.type) ? services[block.type] : undefined
        const here = 'Those that can be used are pbkdf2, openbao and external'
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

  #makeOpenBao(address: string, block: NamedBlock): KeyProvider | undefined {
    const names = ['key_name', 'token', 'address', 'transit_engine_path', 'key_length', 'associated_data', alias]
    const attributes = this.#attributes(block, names)
    const before = this.diags.items.length
    const text = (name: string): string | undefined => this.#value(attributes.get(name), stringType, `${address}.${name}`)?.asString()
    const { environment, post } = this.#surroundings
    const keyName = text('key_name')
    const length = this.#value(attributes.get('key_length'), numberType, `${address}.key_length`)
    const keyLength = length === undefined ? 32 : numericToJs(length.asNumeric())
    const options = {
      address: text('address') ?? (environment.BAO_ADDR || 'https://127.0.0.1:8200'),
      token: text('token') ?? environment.BAO_TOKEN ?? '',
      path: (text('transit_engine_path') ?? '/transit').replace(/^\/+|\/+$/g, ''),
      associatedData: text('associated_data'),
    }
    const name = this.#storedName(attributes, address)
    if (!/^https?:\/\/[^/]/.test(options.address) || !URL.canParse(options.address))
      this.#error('Invalid key provider', 'The address of OpenBao must be a URL such as https://example.com:8200.', block.range)
    if (this.diags.items.length > before) return undefined
    if (keyName === undefined || keyName === '') {
      this.#error('Missing required argument', 'The argument "key_name" is required, but no definition was found.', block.range)
      return undefined
    }
    if (keyLength !== 16 && keyLength !== 32 && keyLength !== 64) {
      this.#error('Invalid key provider', 'The argument "key_length" must be 16, 32 or 64.', attributes.get('key_length')!.expr.range)
      return undefined
    }
    return openBaoProvider(name, { ...options, keyName, keyLength }, post)
  }

  #makePbkdf2(address: string, block: NamedBlock, needers: readonly string[]): KeyProvider | undefined {
    const attributes = this.#attributes(block, ['passphrase', 'chain', 'key_length', 'iterations', 'salt_length', 'hash_function', alias])
    const number = (name: string, least: number, otherwise: number): number => {
      const value = this.#value(attributes.get(name), numberType, `${address}.${name}`)
      if (value === undefined) return otherwise
      const n = numericToJs(value.asNumeric())
      if (Number.isInteger(n) && n >= least && n <= 1 << 30) return n
      this.#error(
        'Invalid key provider',
        `The argument "${name}" must be a whole number of at least ${least}.`,
        attributes.get(name)!.expr.range,
      )
      return otherwise
    }
    const chain = attributes.get('chain')
    const phrase = attributes.get('passphrase')
    const before = this.diags.items.length
    let passphrase: string | KeyProvider | undefined
    if (chain !== undefined && phrase !== undefined) {
      this.#error('Invalid key provider', 'Only one of "passphrase" and "chain" can be given.', phrase.range)
    } else if (chain !== undefined) passphrase = this.#keys(chain, block, needers)
    else if (phrase === undefined)
      this.#error('Missing passphrase', 'The argument "passphrase" is required, or "chain" with another key provider.', block.range)
    else {
      passphrase = this.#value(phrase, stringType, `${address}.passphrase`)?.asString()
      if (passphrase !== undefined && [...passphrase].length < shortestPassphrase)
        this.#error('Passphrase too short', `The passphrase must have at least ${shortestPassphrase} characters.`, phrase.expr.range)
    }
    const hash = this.#value(attributes.get('hash_function'), stringType, `${address}.hash_function`)?.asString() ?? 'sha512'
    if (hash !== 'sha256' && hash !== 'sha512')
      this.#error(
        'Invalid key provider',
        'The argument "hash_function" must be "sha256" or "sha512".',
        attributes.get('hash_function')!.expr.range,
      )
    const options = {
      keyLength: number('key_length', 1, 32),
      iterations: number('iterations', 200_000, 600_000),
      saltLength: number('salt_length', 1, 32),
    }
    const name = this.#storedName(attributes, address)
    if (passphrase === undefined || this.diags.items.length > before) return undefined
    return pbkdf2Provider(name, { passphrase, hash: hash as 'sha256' | 'sha512', ...options })
  }

  /** What the metadata of a key provider is stored under. */
  #storedName(attributes: ReadonlyMap<string, Attribute>, address: string): string {
    return this.#value(attributes.get(alias), stringType, `${address}.${alias}`)?.asString() || address
  }

  #keys(attribute: Attribute | undefined, block: NamedBlock, needers: readonly string[]): KeyProvider | undefined {
    if (attribute === undefined) {
      this.#error('Missing required argument', 'The argument "keys" is required, but no definition was found.', block.range)
      return undefined
    }
    const address = this.#reference(attribute, 'key_provider')
    return address === undefined ? undefined : this.keyProvider(address, attribute.expr.range, needers)
  }

  #command(attributes: ReadonlyMap<string, Attribute>, name: string, block: NamedBlock, address: string): readonly string[] | undefined {
    const attribute = attributes.get(name)
    if (attribute === undefined) {
      this.#error('Missing required argument', `The argument "${name}" is required, but no definition was found.`, block.range)
      return undefined
    }
    const list = this.#value(attribute, listType(stringType), `${address}.${name}`)?.asArray()
    if (list === undefined) return undefined
    if (list.length > 0 && list.every((item) => !item.isNull)) return list.map((item) => item.asString())
    this.#error('Invalid command', `The argument "${name}" must be a list with a program and its arguments.`, attribute.expr.range)
    return undefined
  }

  #bytes(attribute: Attribute | undefined, needer: string): Buffer | undefined {
    if (attribute === undefined) return Buffer.alloc(0)
    const list = this.#value(attribute, listType(numberType), needer)?.asArray()
    const bytes = list?.map((item) => (item.isNull ? -1 : numericToJs(item.asNumeric())))
    if (bytes === undefined || bytes.every((n) => Number.isInteger(n) && n >= 0 && n <= 255)) return bytes && Buffer.from(bytes)
    this.#error('Invalid additional data', 'The argument "aad" must be a list of bytes, numbers from 0 to 255.', attribute.expr.range)
    return undefined
  }

  /** All arguments of a block, later bodies before earlier ones; others than these are reported. */
  #attributes(block: NamedBlock, names: readonly string[]): ReadonlyMap<string, Attribute> {
    const found = new Map<string, Attribute>()
    for (const body of block.bodies) {
      for (const [name, attribute] of justAttributes(body, this.diags)) {
        if (names.includes(name)) found.set(name, attribute)
        else this.#error('Unsupported argument', `An argument named "${name}" is not expected here.`, attribute.nameRange)
      }
    }
    return found
  }

  /** A known value without marks; undefined where there is none, also for null. */
  #value(attribute: Attribute | undefined, type: Type, needer: string): Value | undefined {
    if (attribute === undefined) return undefined
    const value = this.#surroundings.evaluate(attribute.expr, needer, this.diags)
    if (value === undefined) return undefined
    try {
      const converted = convert(unmarkDeep(value), type)
      if (converted.isWhollyKnown) return converted.isNull ? undefined : converted
      this.#error('Unsuitable value', `The value of "${attribute.name}" must be known before anything is planned.`, attribute.expr.range)
    } catch (error) {
      if (!(error instanceof ConversionError)) throw error
      this.#error('Unsuitable value type', `Unsuitable value for "${attribute.name}": ${error.message}.`, attribute.expr.range)
    }
    return undefined
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
            attempts.push(`\n  - ${method.name}: ${error.message}`)
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
  return error instanceof EncryptionError ? new DiagnosticError(problem(summary, `${what}: ${error.message}.`)) : error
}

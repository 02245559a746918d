import type * as crypto from 'node:crypto'
import { type FunctionSpec, normalVal, numericToJs, stringType, stringVal, unknownVal, type Value } from '../../cty/index.ts'
import { define, type FunctionContext, fail, failArg, num, str } from './_define.ts'
import { loadBcrypt, loadCrypto } from './_libraries.ts'
import { pathParam, readHashedBytes } from './filesystem.ts'

const ALGORITHMS = ['md5', 'sha1', 'sha256', 'sha512'] as const

// In one step, which is there from Node 20.12 on, short texts take a third of the time. Looked for once a text is there to hash.
let hash: typeof crypto.hash | undefined

function digest(algorithm: string, data: string | Uint8Array, encoding: 'hex' | 'base64'): Value {
  hash ??= oneStepHash()
  return normalVal(hash(algorithm, data, encoding))
}

function oneStepHash(): typeof crypto.hash {
  const { hash: found, createHash } = loadCrypto()
  return (
    found ??
    ((algorithm, data, encoding) =>
      createHash(algorithm)
        .update(data)
        .digest(encoding as 'hex'))
  )
}

const NAMESPACES: Readonly<Record<string, string>> = {
  dns: '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  url: '6ba7b811-9dad-11d1-80b4-00c04fd430c8',
  oid: '6ba7b812-9dad-11d1-80b4-00c04fd430c8',
  x500: '6ba7b814-9dad-11d1-80b4-00c04fd430c8',
}

/** RFC 4122 section 4.3, with SHA-1. */
function uuidV5(namespace: string, name: string): Value {
  const id = NAMESPACES[namespace] ?? namespace
  const hex = id.replaceAll('-', '')
  if (!/^[0-9a-fA-F]{32}$/.test(hex) || !/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(id)) {
    fail(
      `uuidv5() doesn't support namespace ${namespace} (${/^.{36}$/.test(id) ? 'invalid UUID format' : `invalid UUID length: ${Buffer.byteLength(id)}`})`,
    )
  }
  const bytes = loadCrypto().createHash('sha1').update(Buffer.from(hex, 'hex')).update(name).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const text = bytes.toString('hex')
  return stringVal([text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join('-'))
}

export const digestFunctions: readonly FunctionSpec[] = [
  ...ALGORITHMS.map((a) =>
    define(a, [str('str')], stringType, ([s]) => digest(a, s!.asString(), 'hex'), {
      description: `The ${a} digest of a string in hexadecimal.`,
    }),
  ),
  ...(['sha256', 'sha512'] as const).map((a) =>
    define(`base64${a}`, [str('str')], stringType, ([s]) => digest(a, s!.asString(), 'base64'), {
      description: `The ${a} digest of a string in Base64.`,
    }),
  ),
  define('uuidv5', [str('namespace'), str('name')], stringType, ([n, s]) => uuidV5(n!.asString(), s!.asString()), {
    description: 'The UUID of a name within a namespace.',
  }),
  define('rsadecrypt', [str('ciphertext'), str('privatekey')], stringType, ([c, k]) => rsaDecrypt(c!.asString(), k!.asString()), {
    description: 'Decrypts RSA ciphertext (PKCS #1 v1.5) with a private key in PEM.',
  }),
]

/** What depends on files, or differs from call to call. */
export function cryptoFunctions(context: FunctionContext): readonly FunctionSpec[] {
  return [
    ...ALGORITHMS.map((a) =>
      define(`file${a}`, [pathParam], stringType, ([p]) => digest(a, readHashedBytes(context, p!), 'hex').withMarks(p!.marks), {
        description: `The ${a} digest of a file in hexadecimal.`,
      }),
    ),
    ...(['sha256', 'sha512'] as const).map((a) =>
      define(`filebase64${a}`, [pathParam], stringType, ([p]) => digest(a, readHashedBytes(context, p!), 'base64').withMarks(p!.marks), {
        description: `The ${a} digest of a file in Base64.`,
      }),
    ),
    define('uuid', [], stringType, () => (context.pure ? unknownVal(stringType) : stringVal(loadCrypto().randomUUID())), {
      description: 'A random UUID; not known before apply.',
    }),
    define('bcrypt', [str('str')], stringType, (args) => (context.pure ? unknownVal(stringType) : bcrypt(args)), {
      description: 'A bcrypt hash with a random salt; not known before apply.',
      varParam: num('cost'),
    }),
  ]
}

function bcrypt(args: readonly Value[]): Value {
  if (args.length > 2) fail('bcrypt() takes no more than two arguments')
  const cost = args[1] === undefined ? 10 : numericToJs(args[1].asNumeric())
  const text = args[0]!.asString()
  if (Buffer.byteLength(text) > 72) failArg(0, 'error occurred generating password bcrypt: password length exceeds 72 bytes')
  if (cost > 31) failArg(1, `error occurred generating password bcrypt: cost ${cost} is outside allowed inclusive range 4..31`)
  return stringVal(
    loadBcrypt()
      .hashSync(text, Math.max(4, cost))
      .replace(/^\$2b\$/, '$2a$'),
  )
}

function rsaDecrypt(ciphertext: string, pem: string): Value {
  const bytes = Buffer.from(ciphertext, 'base64')
  if (ciphertext === '' || bytes.toString('base64').replace(/=+$/, '') !== ciphertext.replace(/=+$/, ''))
    failArg(0, 'failed to decode input: cipher text must be base64-encoded')
  let key: ReturnType<typeof crypto.createPrivateKey>
  try {
    key = loadCrypto().createPrivateKey(pem)
  } catch {
    failArg(1, 'failed to parse key: no key found')
  }
  try {
    return stringVal(decryptPkcs1(key, bytes).toString('utf8'))
  } catch {
    failArg(0, 'failed to decrypt: error occurred decrypting')
  }
}

/** Some OpenSSL builds refuse PKCS #1 padding here, so the padding is taken off by hand (RFC 8017 section 7.2.2). */
function decryptPkcs1(key: ReturnType<typeof crypto.createPrivateKey>, data: Uint8Array): Buffer {
  const { privateDecrypt, constants } = loadCrypto()
  const padded = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, data)
  const end = padded.indexOf(0, 2)
  if (padded[0] !== 0 || padded[1] !== 2 || end < 10) fail('padding')
  return padded.subarray(end + 1)
}

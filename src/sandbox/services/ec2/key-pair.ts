import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { addTags, destroy, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'
import { keyPairKind } from './_kinds.ts'
import type { KeyPairRow } from './_rows.ts'

export const keyPairOperations = {
  ImportKeyPair(input: Ec2.ImportKeyPairRequest, call: Call): Ec2.ImportKeyPairResult {
    const key = readPublicKey(Buffer.from(input.PublicKeyMaterial ?? []).toString('utf8'))
    const row = put(call, input.KeyName, key, input.TagSpecifications)
    return { KeyName: row.name, KeyPairId: row.id, KeyFingerprint: row.fingerprint, Tags: [...tagsOf(call, row.id)] }
  },

  CreateKeyPair(input: Ec2.CreateKeyPairRequest, call: Call): Ec2.KeyPair {
    const type = input.KeyType ?? 'rsa'
    const { privateKey, publicKey } = type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync('ed25519')
    const material =
      type === 'rsa'
        ? privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
        : privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    // Of pairs that AWS makes, it takes the SHA-1 of the private key.
    const fingerprint =
      type === 'rsa'
        ? colons(
            createHash('sha1')
              .update(privateKey.export({ type: 'pkcs8', format: 'der' }))
              .digest('hex'),
          )
        : sha256Fingerprint(opensshBlob(publicKey))
    const row = put(
      call,
      input.KeyName,
      { type, fingerprint, text: `${sshName(type)} ${opensshBlob(publicKey).toString('base64')}` },
      input.TagSpecifications,
    )
    return { KeyName: row.name, KeyPairId: row.id, KeyFingerprint: fingerprint, KeyMaterial: material, Tags: [...tagsOf(call, row.id)] }
  },

  DescribeKeyPairs(input: Ec2.DescribeKeyPairsRequest, call: Call): Ec2.DescribeKeyPairsResult {
    const named = (input.KeyNames ?? []).map((name) => findByName(call, name).id)
    const { rows } = select(keyPairKind, call, { ids: [...(input.KeyPairIds ?? []), ...named], filters: input.Filters })
    return {
      KeyPairs: rows.map((row) => ({
        KeyName: row.name,
        KeyPairId: row.id,
        KeyType: row.type,
        KeyFingerprint: row.fingerprint,
        CreateTime: row.created,
        PublicKey: input.IncludePublicKey === true ? row.publicKey : undefined,
        Tags: [...tagsOf(call, row.id)],
      })),
    }
  },

  DeleteKeyPair(input: Ec2.DeleteKeyPairRequest, call: Call): Ec2.DeleteKeyPairResult {
    const row = [...rowsOf(keyPairKind, call).values()].find((key) => key.id === input.KeyPairId || key.name === input.KeyName)
    // What is not there is deleted successfully.
    if (row !== undefined) destroy(keyPairKind, call, row.id)
    return { Return: true, KeyPairId: row?.id }
  },
}

interface ReadKey {
  readonly type: KeyPairRow['type']
  readonly fingerprint: string
  readonly text: string
}

function put(call: Call, name: string | undefined, key: ReadKey, specifications: Ec2.TagSpecification[] | undefined): KeyPairRow {
  if (name === undefined || name === '') throw new AwsError('MissingParameter', 'The request must contain the parameter KeyName')
  if ([...rowsOf(keyPairKind, call).values()].some((row) => row.name === name))
    throw new AwsError('InvalidKeyPair.Duplicate', `The keypair already exists`)
  const tags = specifiedTags(specifications, 'key-pair')
  const row = rowsOf(keyPairKind, call).put({
    id: call.newId('key'),
    name,
    type: key.type,
    fingerprint: key.fingerprint,
    publicKey: key.text,
    created: call.now,
  })
  addTags(call, 'key-pair', row.id, tags)
  return row
}

export function findByName(call: Call, name: string): KeyPairRow {
  const row = [...rowsOf(keyPairKind, call).values()].find((key) => key.name === name)
  if (row === undefined) throw keyPairKind.notFound([name])
  return row
}

function sshName(type: KeyPairRow['type']): string {
  return type === 'rsa' ? 'ssh-rsa' : 'ssh-ed25519'
}

function colons(hex: string): string {
  return hex.replace(/(..)(?=.)/g, '$1:')
}

function sha256Fingerprint(blob: Buffer): string {
  return createHash('sha256').update(blob).digest('base64')
}

/** @throws AwsError InvalidKey.Format for texts that are no public key in OpenSSH's or in PEM form */
function readPublicKey(given: string): ReadKey {
  const text = given.trim()
  try {
    if (text.startsWith('-----BEGIN')) {
      const key = createPublicKey(text)
      return { type: 'rsa', fingerprint: md5Fingerprint(key), text: `ssh-rsa ${opensshBlob(key).toString('base64')}` }
    }
    const [name, base64] = text.split(/\s+/) as [string, string | undefined]
    const blob = Buffer.from(base64 ?? '', 'base64')
    const parts = blobParts(blob)
    if (parts[0]?.toString() !== name) throw new Error('The name and the content differ.')
    if (name === 'ssh-ed25519' && parts[1]?.length === 32) return { type: 'ed25519', fingerprint: sha256Fingerprint(blob), text }
    if (name !== 'ssh-rsa' || parts.length !== 3) throw new Error('A type of key that EC2 does not take.')
    const jwk = { kty: 'RSA', e: unsigned(parts[1]!).toString('base64url'), n: unsigned(parts[2]!).toString('base64url') }
    return { type: 'rsa', fingerprint: md5Fingerprint(createPublicKey({ key: jwk, format: 'jwk' })), text }
  } catch {
    throw new AwsError('InvalidKey.Format', 'Key is not in valid OpenSSH public key format')
  }
}

/** Of imported RSA keys, AWS takes the MD5 of the public key in DER form. */
function md5Fingerprint(key: KeyObject): string {
  return colons(
    createHash('md5')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
  )
}

/** The length-prefixed strings of RFC 4253, section 6.6. */
function blobParts(blob: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at + 4 <= blob.length; ) {
    const end = at + 4 + blob.readUInt32BE(at)
    if (end > blob.length) throw new Error('The key is cut off.')
    parts.push(blob.subarray(at + 4, end))
    at = end
  }
  return parts
}

function unsigned(part: Buffer): Buffer {
  return part[0] === 0 ? part.subarray(1) : part
}

function opensshBlob(key: KeyObject): Buffer {
  const jwk = key.export({ format: 'jwk' })
  const string = (part: Buffer) =>
    Buffer.concat([Buffer.from([part.length >>> 24, part.length >>> 16, part.length >>> 8, part.length]), part])
  const integer = (base64: string) => {
    const bytes = Buffer.from(base64, 'base64url')
    return string(bytes[0]! & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
  }
  if (jwk.kty === 'RSA') return Buffer.concat([string(Buffer.from('ssh-rsa')), integer(jwk.e!), integer(jwk.n!)])
  return Buffer.concat([string(Buffer.from('ssh-ed25519')), string(Buffer.from(jwk.x!, 'base64url'))])
}

import type * as Kms from '@aws-sdk/client-kms'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { checkKeyPolicy } from './_access.ts'
import { type EncryptionContext, keyArnOf, openBlob, sealBlob } from './_blob.ts'
import { usableKey } from './_find.ts'
import { type KeyRow, validation } from './_rows.ts'

const mostPlainBytes = 4096
const mostDataKeyBytes = 1024
const keyBytes: Readonly<Record<string, number>> = { AES_128: 16, AES_256: 32 }

/** Fresh bytes, as many as are asked for. */
function freshBytes(call: Call, count: number): Uint8Array {
  const parts: Buffer[] = []
  for (let length = 0; length < count; length += parts.at(-1)!.length) parts.push(call.newBytes())
  return Buffer.concat(parts).subarray(0, count)
}

function allowedKey(call: Call, given: string, context: EncryptionContext | undefined): KeyRow {
  const key = usableKey(call, given)
  checkKeyPolicy(call, key, context)
  return key
}

function makeDataKey(input: Kms.GenerateDataKeyRequest, call: Call): { key: KeyRow; plain: Uint8Array; blob: Uint8Array } {
  const { KeySpec, NumberOfBytes } = input
  if ((KeySpec === undefined) === (NumberOfBytes === undefined)) throw validation('Please specify either number of bytes or key spec.')
  const length = KeySpec === undefined ? NumberOfBytes! : keyBytes[KeySpec]
  if (length === undefined)
    throw validation(
      `1 validation error detected: Value '${KeySpec}' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [AES_256, AES_128]`,
    )
  if (length < 1 || length > mostDataKeyBytes)
    throw validation(
      `1 validation error detected: Value '${length}' at 'numberOfBytes' failed to satisfy constraint: Member must have value ${length < 1 ? 'greater than or equal to 1' : `less than or equal to ${mostDataKeyBytes}`}`,
    )
  const key = allowedKey(call, input.KeyId!, input.EncryptionContext)
  const plain = freshBytes(call, length)
  return { key, plain, blob: sealBlob(key, plain, input.EncryptionContext ?? {}, call.newBytes()) }
}

/** @throws AwsError InvalidCiphertextException, IncorrectKeyException */
function opened(
  call: Call,
  blob: Uint8Array,
  keyId: string | undefined,
  context: EncryptionContext | undefined,
): { key: KeyRow; plain: Uint8Array } {
  const arn = keyArnOf(blob)
  // AWS answers this one without a text.
  if (arn === undefined) throw new AwsError('InvalidCiphertextException', '')
  const key = allowedKey(call, keyId ?? arn, context)
  if (key.arn !== arn)
    throw new AwsError('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.')
  const plain = openBlob(key, blob, context ?? {})
  if (plain === undefined) throw new AwsError('InvalidCiphertextException', '')
  return { key, plain }
}

export const useOperations = {
  GenerateDataKey(input: Kms.GenerateDataKeyRequest, call: Call): Kms.GenerateDataKeyResponse {
    const { key, plain, blob } = makeDataKey(input, call)
    return { KeyId: key.arn, Plaintext: plain, CiphertextBlob: blob }
  },

  GenerateDataKeyWithoutPlaintext(
    input: Kms.GenerateDataKeyWithoutPlaintextRequest,
    call: Call,
  ): Kms.GenerateDataKeyWithoutPlaintextResponse {
    const { key, blob } = makeDataKey(input, call)
    return { KeyId: key.arn, CiphertextBlob: blob }
  },

  GenerateRandom(input: Kms.GenerateRandomRequest, call: Call): Kms.GenerateRandomResponse {
    return { Plaintext: freshBytes(call, Math.min(input.NumberOfBytes ?? 0, mostDataKeyBytes)) }
  },

  Encrypt(input: Kms.EncryptRequest, call: Call): Kms.EncryptResponse {
    const plain = input.Plaintext!
    if (plain.length < 1 || plain.length > mostPlainBytes)
      throw validation(
        `1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length ${plain.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${mostPlainBytes}`}`,
      )
    const key = allowedKey(call, input.KeyId!, input.EncryptionContext)
    const blob = sealBlob(key, plain, input.EncryptionContext ?? {}, call.newBytes())
    return { KeyId: key.arn, CiphertextBlob: blob, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
  },

  Decrypt(input: Kms.DecryptRequest, call: Call): Kms.DecryptResponse {
    const { key, plain } = opened(call, input.CiphertextBlob!, input.KeyId, input.EncryptionContext)
    return { KeyId: key.arn, Plaintext: plain, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' }
  },
}

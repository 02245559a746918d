export { decodeEncryption, type EncryptionBlocks, mergeEncryption, parseEncryption } from './blocks.ts'
export { decryptGcm, encryptGcm } from './gcm.ts'
export { looksSealed, type Opened, type Seal, type SealHeader } from './seal.ts'
export {
  AwsCallError,
  type AwsKeys,
  type AwsKmsOptions,
  type Encryption,
  type EncryptionSurroundings,
  type HttpAnswer,
  type HttpRequest,
  openEncryption,
  type RunProgram,
  type SendRequest,
} from './seals.ts'

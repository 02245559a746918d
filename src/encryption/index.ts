export { decodeEncryption, type EncryptionBlocks, mergeEncryption, parseEncryption } from './blocks.ts'
export { decryptGcm, encryptGcm } from './gcm.ts'
export { looksSealed, type Opened, type Seal, type SealHeader } from './seal.ts'
export { type Encryption, type EncryptionSurroundings, openEncryption, type PostJson, type RunProgram } from './seals.ts'

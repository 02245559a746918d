import type { Session } from '../aws/index.ts'
import { AwsCallError, type AwsKeys, type AwsKmsOptions } from '../encryption/index.ts'
import { openConfiguredSession, readable } from './aws-session.ts'
import type { BackendConfig } from './backend-types.ts'
import type { Environment } from './settings.ts'

/** AWS KMS for key providers. A session is opened once for each way to reach it, when the first key is asked for. */
export function awsKeys(environment: Environment): AwsKeys {
  const sessions = new Map<BackendConfig, Promise<Session>>()
  const sessionOf = ({ connection }: AwsKmsOptions): Promise<Session> => {
    let session = sessions.get(connection)
    if (session === undefined) {
      const sts = withScheme(readable((connection.endpoints ?? {}) as BackendConfig).text('sts'))
      session = openConfiguredSession(connection, environment, { sts })
      sessions.set(connection, session)
    }
    return session
  }
  return {
    async generateDataKey(options) {
      const { keyId, keySpec, context } = options
      const input = { KeyId: keyId, KeySpec: keySpec, ...(context === undefined ? {} : { EncryptionContext: { ...context } }) }
      const { Plaintext, CiphertextBlob } = await called(async () => (await sessionOf(options)).call('kms', 'GenerateDataKey', input))
      if (Plaintext === undefined || CiphertextBlob === undefined) throw new AwsCallError('the answer has no key', 'NoKey')
      return { plaintext: Plaintext, blob: CiphertextBlob }
    },
    async decrypt(options, blob) {
      const { keyId, context } = options
      // Named, so that nothing is decrypted with any other key that the text may speak of.
      const input = { KeyId: keyId, CiphertextBlob: blob, ...(context === undefined ? {} : { EncryptionContext: { ...context } }) }
      const { Plaintext } = await called(async () => (await sessionOf(options)).call('kms', 'Decrypt', input))
      if (Plaintext === undefined) throw new AwsCallError('the answer has no key', 'NoKey')
      return Plaintext
    },
  }
}

async function called<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { AwsError } = await import('../aws/index.ts')
    if (error instanceof AwsError && error.statusCode !== undefined) {
      const { code, apiMessage } = error
      throw new AwsCallError(apiMessage === '' ? code : `${code}: ${apiMessage}`, code, error)
    }
    if (error instanceof AwsError) throw new AwsCallError(error.apiMessage, '', error)
    throw new AwsCallError((error as Error).message, '', error)
  }
}

/** Addresses may stand without their scheme. */
function withScheme(endpoint: string | undefined): string | undefined {
  return endpoint === undefined || endpoint.includes('://') ? endpoint : `https://${endpoint}`
}

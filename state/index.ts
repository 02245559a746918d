import type { S3BackendConfig } from 'cdktf'
import { store } from '../environments/accounts.ts'
import type { Account } from '../modules/environment/index.ts'

/**
 * The backend that keeps the state of an account's environment: a key of its own in the one bucket, with S3's own lock.
 *
 * @param stack its name, where the environment has several.
 */
export function backendOf(account: Account, stack?: string): S3BackendConfig {
  return backendAt(stack === undefined ? `${account.name}/terraform.tfstate` : `${account.name}/${stack}/terraform.tfstate`)
}

/** The backend for a key of the store. */
export function backendAt(key: string): S3BackendConfig {
  const backend: S3BackendConfig & { useLockfile: boolean } = {
    bucket: store.bucket,
    key,
    region: store.region,
    encrypt: true,
    // Not among the types of cdktf 0.21, which passes it on.
    useLockfile: true,
    assumeRole: { roleArn: `arn:aws:iam::${store.account.id}:role/${store.role}`, sessionName: 'landform-state' },
  }
  return backend
}

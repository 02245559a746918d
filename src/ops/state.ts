import { type AssumeRoleSettings, openSession, type Session, s3ObjectStore } from '../aws/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { S3StateManager, type StateManager } from '../statemgr/index.ts'
import { type Environment, terraformVersion } from '../workdir/index.ts'

/** A state in the store of an organization, and the session by which it is reached. */
export interface StoredState {
  readonly manager: StateManager
  readonly session: Session
  readonly bucket: string
}

/** The backend of a stack as cdktf writes it: what modules/environment is given by state/. */
interface S3Backend {
  readonly bucket: string
  readonly key: string
  readonly region: string
  readonly encrypt?: boolean
  readonly use_lockfile?: boolean
  readonly kms_key_id?: string
  readonly assume_role?: { readonly role_arn: string; readonly session_name?: string; readonly external_id?: string }
}

/** Opens the state that a synthesised stack names as its backend. Undefined with diagnostics when it is not in S3. */
export async function openState(text: string, environment: Environment, diags: Diagnostics): Promise<StoredState | undefined> {
  const { terraform } = JSON.parse(text) as { terraform?: { backend?: { s3?: S3Backend } } }
  const backend = terraform?.backend?.s3
  if (backend === undefined) {
    diags.error(
      'Environment without a shared state',
      'The state of an environment is kept in S3, where everybody who works on it finds it. Give its stack the backend of its account:\n    new Environment(app, { account, backend: backendOf(account) })',
    )
    return undefined
  }
  const role = backend.assume_role
  const assumeRole: AssumeRoleSettings[] =
    role === undefined ? [] : [{ roleArn: role.role_arn, sessionName: role.session_name, externalId: role.external_id }]
  // As many as Terraform's backend has by default; the provider's 25 would take minutes to say that nobody is there.
  const session = await openSession({ region: backend.region, assumeRole, maxRetries: 5 }, { env: environment as NodeJS.ProcessEnv })
  const store = s3ObjectStore({
    session,
    bucket: backend.bucket,
    region: backend.region,
    encrypt: backend.encrypt,
    kmsKeyId: backend.kms_key_id,
  })
  const manager = new S3StateManager({
    store,
    bucket: backend.bucket,
    key: backend.key,
    useLockfile: backend.use_lockfile === true,
    terraformVersion,
  })
  return { manager, session, bucket: backend.bucket }
}

import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AwsError, isAwsError, openSession, type Session } from '../aws/index.ts'
import { collectVariables, type VariableInput } from '../config/index.ts'
import { type Diagnostic, DiagnosticError, Diagnostics } from '../diags/index.ts'
import { LocalStateManager, type StateManager } from '../statemgr/index.ts'
import { type Environment, type LoadedConfig, loadSavedConfiguration, type Settings, terraformVersion } from '../workdir/index.ts'
import { storeStack } from './bundle.ts'
import { locateDiagnostics, synthesisedFile } from './locate.ts'
import type { AccountSettings, Organization } from './organization.ts'
import { openState } from './state.ts'
import { type Prepared, type SynthesisedStack, synthesise } from './synth.ts'
import type { World } from './world.ts'

/** The stack that makes the store, opened for planning. */
export interface StoreStack {
  readonly settings: Settings
  readonly loaded: LoadedConfig
  readonly variables: ReadonlyMap<string, VariableInput>
  readonly stack: SynthesisedStack
  /** In the store itself, or in a file of its own until there is one. */
  readonly manager: StateManager
  /** The file, while the state is in it. */
  readonly interimPath: string | undefined
  locate(diags: readonly Diagnostic[]): readonly Diagnostic[]
}

/**
 * Opens the stack of `state/store.ts`. It is about the store that its own state belongs into: until that is there, the state is a file
 * in `.landform/state`, which survives when making the store is interrupted.
 */
export async function openStore(prepared: Prepared, world: World, diags: Diagnostics): Promise<StoreStack | undefined> {
  const { project, organization } = prepared
  const stack = (await synthesise(prepared, storeStack, diags))?.[0]
  if (stack === undefined) return undefined
  const own = new Diagnostics()
  const settings = world.settingsFor(organization.store.account, 'apply')
  const loaded = loadSavedConfiguration(new Map([[synthesisedFile, stack.text]]), own)
  const variables = own.hasErrors ? new Map() : collectVariables({ env: settings.environment, files: [], cli: [] }, loaded.config, own)
  const locate = (found: readonly Diagnostic[]): readonly Diagnostic[] => locateDiagnostics(found, stack, prepared)
  const path = join(project.dataDir, 'state', 'store.tfstate')
  const present = own.hasErrors ? undefined : await hasStore(organization, settings.environment, own)
  diags.addAll(locate(own.items))
  if (own.hasErrors || present === undefined) return undefined
  const opened = { settings, loaded, variables, stack, locate }
  if (present && !existsSync(path)) {
    const state = openState(loaded, settings, diags)
    return state === undefined ? undefined : { ...opened, manager: state.manager, interimPath: undefined }
  }
  return { ...opened, manager: new LocalStateManager({ path, terraformVersion }), interimPath: path }
}

/** Once the store is there: moves the state of its stack into it. Fresh roles take AWS a moment to know, so this is tried for a while. */
export async function settleStore(store: StoreStack, diags: Diagnostics, tries = 12): Promise<void> {
  if (store.interimPath === undefined) return
  const file = await store.manager.read()
  const state = openState(store.loaded, store.settings, diags)
  if (file === undefined || state === undefined) return
  for (let left = tries; ; left--) {
    try {
      await state.manager.push(file)
      break
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      if (left <= 1) {
        diags.addAll(error.diags)
        diags.error(
          'The state of the store is not in the store yet',
          `The store was made, but its own state could not be moved into it and is still in ${store.interimPath}. Run the command again:\n    make state`,
        )
        return
      }
      await sleep(5000)
    }
  }
  rmSync(store.interimPath, { force: true })
  rmSync(`${store.interimPath}.backup`, { force: true })
}

/** Whether the bucket is there, asked with one's own credentials. Undefined with a diagnostic when that cannot be told. */
async function hasStore(organization: Organization, environment: Environment, diags: Diagnostics): Promise<boolean | undefined> {
  const { region, bucket, account } = organization.store
  let session: Session
  try {
    session = await openSession({ region, maxRetries: 5 }, { env: environment as NodeJS.ProcessEnv })
    const caller = await session.identity()
    if (caller.account !== account.id) {
      diags.error(
        'Credentials for another account',
        `The store belongs to the account ${account.name} (${account.id}), but your credentials are for ${caller.account} (${caller.arn}). Log in to ${account.name} and run the command again.`,
      )
      return undefined
    }
    await session.call('s3', 'HeadBucket', { Bucket: bucket })
    return true
  } catch (error) {
    if (isAwsError(error, 'NotFound', 'NoSuchBucket', '404')) return false
    if (isNoCredentials(error)) diags.add(noCredentials(account))
    else if (error instanceof AwsError && error.statusCode === undefined) diags.add(unreachable(error, environment))
    else
      diags.error(
        'The store cannot be reached',
        `${(error as Error).message}\n\nThis is done with your own credentials in the account ${account.name} (${account.id}); log in to it and run the command again.`,
      )
    return undefined
  }
}

/**
 * Explains why a state in the store could not be read or locked, where the reason is that there is no store or that somebody else's credentials were
 * used. Asks AWS once more; only for when something has failed already.
 *
 * @returns what to say instead; undefined when the failure speaks for itself.
 */
export async function explainStoreFailure(organization: Organization, settings: Settings): Promise<Diagnostic | undefined> {
  const { store, hub } = organization
  const env = settings.environment as NodeJS.ProcessEnv
  try {
    const session = await openSession({ region: store.region, maxRetries: 0 }, { env })
    const caller = await session.identity()
    if (caller.account !== hub.id) {
      return {
        severity: 'error',
        summary: 'Credentials for another account',
        detail: `Environments are planned and applied by way of the account ${hub.name} (${hub.id}), whose users may assume the roles of the others, but your credentials are for ${caller.account} (${caller.arn}). Log in to ${hub.name} and try again.`,
      }
    }
    await session.call('s3', 'HeadBucket', { Bucket: store.bucket }, { region: store.region })
  } catch (error) {
    if (isNoCredentials(error)) return noCredentials(hub)
    if (error instanceof AwsError && error.statusCode === undefined) return unreachable(error, settings.environment)
    if (isAwsError(error, 'NotFound', 'NoSuchBucket', '404')) {
      return {
        severity: 'error',
        summary: 'No state store',
        detail: `States are to be kept in the bucket ${store.bucket} of the account ${store.account.name} (${store.account.id}), but there is no such bucket. Create it once, for all environments:\n    make state`,
      }
    }
  }
  return undefined
}

/** The SDK's chain of credentials ends in an error of this name. */
function isNoCredentials(error: unknown): boolean {
  return error instanceof Error && error.name === 'CredentialsProviderError'
}

function noCredentials(account: AccountSettings): Diagnostic {
  return {
    severity: 'error',
    summary: 'No AWS credentials',
    detail: `The accounts are on AWS, and no credentials were found. Log in to the account ${account.name} (${account.id}) and say which profile to use:\n    export AWS_PROFILE=${account.name}`,
  }
}

function unreachable(error: AwsError, environment: Environment): Diagnostic {
  const endpoint = environment.AWS_ENDPOINT_URL
  const remedy =
    endpoint === undefined || endpoint === ''
      ? 'Check the connection to the network and try again.'
      : `The environment variable AWS_ENDPOINT_URL says ${endpoint}. Check that something listens there; for AWS itself it must not be set.`
  return { severity: 'error', summary: 'AWS cannot be reached', detail: `${error.message}.\n\n${remedy} Nothing was changed.` }
}

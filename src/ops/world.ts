import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Diagnostics } from '../diags/index.ts'
import type { SandboxOptions } from '../sandbox/index.ts'
import { type Environment, namedBuiltins, readSettings, type Settings } from '../workdir/index.ts'
import type { AccountSettings, Organization } from './organization.ts'
import type { Project } from './project.ts'

/** What plans of this run are about: an embedded sandbox, started here or run by another process, or AWS. */
export interface World {
  readonly target: Organization['target']
  /** Settings with which an account's backend and providers are opened. */
  settingsFor(account: AccountSettings, role: 'plan' | 'apply'): Settings
  /** Requests that providers have sent to AWS, or what stands in for it, so far; of those opened with certain settings, or of all. */
  awsCalls(settings?: Settings): number
  close(): Promise<void>
}

/** Variables by which AWS's tools find credentials. Those of the user are none of the sandbox's business. */
const credentialVariables =
  /^(AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|PROFILE|DEFAULT_PROFILE|ROLE_ARN|ROLE_SESSION_NAME|WEB_IDENTITY_TOKEN_FILE|REGION|DEFAULT_REGION|CONTAINER_CREDENTIALS_.*|ENDPOINT_URL.*|CONFIG_FILE|SHARED_CREDENTIALS_FILE|CA_BUNDLE|USE_.*)|DD_.*|DATADOG_.*)$/

/** The variable of a stack that says which role its provider assumes; see modules/environment. */
const roleVariable = 'TF_VAR_role'

/**
 * Opens what an organization is about. Undefined with diagnostics when the sandbox cannot be started.
 *
 * @param onWaiting is told once which process has the sandbox, when it takes until that has ended.
 */
export async function openWorld(
  project: Project,
  organization: Organization,
  environment: Environment,
  originalDir: string,
  onWaiting: (pid: number) => void,
  diags: Diagnostics,
): Promise<World | undefined> {
  type Requests = (() => ReadonlyMap<string, number>)[]
  const requests: Requests = []
  const bySettings = new WeakMap<Environment, Requests>()
  const settingsWith = (variables: Environment): World['settingsFor'] => {
    return (account, role) => {
      const all = { ...variables, [roleVariable]: `arn:aws:iam::${account.id}:role/${account.roles[role]}` }
      const base = readSettings(all, originalDir)
      const own: Requests = []
      bySettings.set(all, own)
      return {
        ...base,
        ...sharedPlaces(project, all),
        // Environments have no workspaces: each has a state of its own.
        workspace: 'default',
        workspaceFromEnvironment: false,
        providers: {
          ...base.providers,
          builtin: chosenBuiltins(organization, base),
          environment: all,
          onConfigure: (provider, look) => {
            if (provider !== 'aws') return
            requests.push(look)
            own.push(look)
          },
        },
      }
    }
  }
  const awsCalls: World['awsCalls'] = (settings) => {
    let sum = 0
    for (const look of settings === undefined ? requests : (bySettings.get(settings.environment) ?? []))
      for (const n of look().values()) sum += n
    return sum
  }
  if (organization.target === 'aws') {
    return { target: 'aws', settingsFor: settingsWith(environment), awsCalls, close: async () => {} }
  }
  const sandbox = await openSandbox(project, organization, environment, onWaiting, diags)
  if (sandbox === undefined) return undefined
  const variables: Record<string, string | undefined> = {}
  for (const [name, value] of Object.entries(environment)) if (!credentialVariables.test(name)) variables[name] = value
  Object.assign(variables, sandbox.variables, {
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_EC2_METADATA_DISABLED: 'true',
    // Datadog is at the same address; any key is one of an organisation of its own.
    DD_HOST: sandbox.url,
    DD_API_KEY: 'sandbox',
    DD_APP_KEY: 'sandbox',
    // Profiles of the user must not lead elsewhere.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  })
  return { target: 'sandbox', settingsFor: settingsWith(variables), awsCalls, close: sandbox.close }
}

/** The plugins of a project and what locks them are beside its Makefile, wherever a command is called. */
function sharedPlaces({ root }: Project, environment: Environment): Pick<Settings, 'dataDir' | 'lockPath'> {
  return { dataDir: resolve(root, environment.TF_DATA_DIR || '.terraform'), lockPath: join(root, '.terraform.lock.hcl') }
}

/** Settings by which providers are installed for environments, and by which one sees who serves them; what they are about is not opened for it. */
export function installSettings(project: Project, organization: Organization, environment: Environment, originalDir: string): Settings {
  const base = readSettings(environment, originalDir)
  return {
    ...base,
    ...sharedPlaces(project, environment),
    providers: { ...base.providers, builtin: chosenBuiltins(organization, base) },
  }
}

/**
 * Whom environments have in place of plugins: what LANDFORM_BUILTIN_PROVIDERS says, or else accounts.ts, or else the CLI configuration; on the sandbox also those
 * that talk to it from within this process, unless the word is `none`.
 */
function chosenBuiltins({ target, builtinProviders }: Organization, base: Settings): ReadonlySet<string> {
  const isGiven = [...base.providers.builtin].some((name) => name !== '')
  const named =
    isGiven || builtinProviders === undefined ? namedBuiltins(base) : new Set(builtinProviders.length > 0 ? builtinProviders : ['none'])
  const isOwn = target === 'sandbox' && (isGiven || builtinProviders === undefined)
  return isOwn ? new Set([...named, ...sandboxProviders]) : named
}

const sandboxProviders = ['aws', 'datadog']

/** Where the sandbox of a project keeps its state. */
export function sandboxDir(project: Project, environment: Environment): string {
  return environment.LANDFORM_SANDBOX_DIR || join(project.dataDir, 'sandbox')
}

/** How the sandbox is told about the accounts of an organization, which it makes at first use. */
export function sandboxOptions(project: Project, organization: Organization, environment: Environment): SandboxOptions {
  const { accounts, management, hub, store } = organization
  const roles = new Map<string, { name: string; trusts: string; access: 'read-only' | 'administrator' }>()
  for (const account of accounts) {
    roles.set(account.roles.plan, { name: account.roles.plan, trusts: hub.id, access: 'read-only' })
    roles.set(account.roles.apply, { name: account.roles.apply, trusts: hub.id, access: 'administrator' })
  }
  return {
    dir: sandboxDir(project, environment),
    iam: 'enforce',
    latencyMs: Number(environment.LANDFORM_SANDBOX_LATENCY_MS || 0),
    organization: {
      management: management.id,
      hub: hub.id,
      accounts: accounts.map(({ id, name, email }) => ({ id, name, email })),
      roles: [...roles.values()],
      // An organization that is still to get the account for it has none.
      ...(accounts.some(({ id }) => id === store.account.id)
        ? { store: { account: store.account.id, region: store.region, bucket: store.bucket, role: store.role, trusts: hub.id } }
        : {}),
    },
  }
}

interface OpenSandbox {
  readonly url: string
  /** Credentials of the hub. */
  readonly variables: Readonly<Record<string, string>>
  close(): Promise<void>
}

async function openSandbox(
  project: Project,
  organization: Organization,
  environment: Environment,
  onWaiting: (pid: number) => void,
  diags: Diagnostics,
): Promise<OpenSandbox | undefined> {
  const [{ hubKey, startSandbox, SandboxOwnedError }, { answerLocally }] = await Promise.all([
    import('../sandbox/index.ts'),
    import('../aws/index.ts'),
  ])
  const options = sandboxOptions(project, organization, environment)
  const { id, secret } = hubKey(organization.hub.id)
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    try {
      const sandbox = await startSandbox(options)
      // Our own calls need no socket.
      const forget = answerLocally(sandbox.url, sandbox.answer)
      const close = (): Promise<void> => {
        forget()
        return sandbox.close()
      }
      return { url: sandbox.url, variables: credentials(id, secret), close }
    } catch (error) {
      if (!(error instanceof SandboxOwnedError)) {
        diags.error(
          'The sandbox cannot be started',
          `${(error as Error).message}\n\nIts state is kept in ${options.dir}. To begin anew with an empty sandbox:\n    landform sandbox reset`,
        )
        return undefined
      }
      const { owner } = error
      if (owner.lasting) return { url: owner.url, variables: credentials(id, secret), close: async () => {} }
      // Another plan or apply, which takes its sandbox along when it ends.
      if (waitedMs >= longestWaitMs) {
        diags.error(
          'The sandbox is in use',
          `${error.message} Wait until it has ended, or serve the sandbox to all of them:\n    landform sandbox serve`,
        )
        return undefined
      }
      if (waitedMs === 0) onWaiting(owner.pid)
      await sleep(pollMs)
    }
  }
}

const pollMs = 100
const longestWaitMs = 600_000

function credentials(id: string, secret: string): Readonly<Record<string, string>> {
  return { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret }
}

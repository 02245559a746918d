import { readFile } from 'node:fs/promises'
import type { InputOf, OutputOf } from './services.ts'
import type { SharedConfigFiles } from './shared-config.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

export type CredentialProvider = () => Promise<Credentials>

/** One role to assume with the credentials found so far. */
export interface AssumeRoleSettings {
  readonly roleArn: string
  readonly sessionName?: string | undefined
  readonly externalId?: string | undefined
  readonly durationSeconds?: number | undefined
  readonly policy?: string | undefined
  readonly policyArns?: readonly string[] | undefined
  readonly sourceIdentity?: string | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
  readonly transitiveTagKeys?: readonly string[] | undefined
}

export interface WebIdentitySettings {
  readonly roleArn: string
  readonly sessionName?: string | undefined
  readonly durationSeconds?: number | undefined
  readonly policy?: string | undefined
  readonly policyArns?: readonly string[] | undefined
  readonly token?: string | undefined
  readonly tokenFile?: string | undefined
}

export interface BaseCredentialSettings extends SharedConfigFiles {
  readonly accessKey?: string | undefined
  readonly secretKey?: string | undefined
  readonly token?: string | undefined
  readonly profile?: string | undefined
}

/** Calls STS with the given credentials; without any for AssumeRoleWithWebIdentity. */
export interface StsCaller {
  assumeRole(credentials: CredentialProvider, input: InputOf<'sts', 'AssumeRole'>): Promise<OutputOf<'sts', 'AssumeRole'>>
  assumeRoleWithWebIdentity(input: InputOf<'sts', 'AssumeRoleWithWebIdentity'>): Promise<OutputOf<'sts', 'AssumeRoleWithWebIdentity'>>
}

/** Credentials are renewed when they have less than this left. */
const renewBeforeMs = 5 * 60_000

/** Calls `load` again only when what it gave is about to expire; callers at the same time share one call. */
export function cached(load: CredentialProvider, now: () => number = Date.now): CredentialProvider {
  let current: Promise<Credentials> | undefined
  let expiresAt = Number.POSITIVE_INFINITY
  return () => {
    if (current !== undefined && now() < expiresAt - renewBeforeMs) return current
    expiresAt = Number.POSITIVE_INFINITY
    const loading = load()
    current = loading
    loading.then(
      (found) => {
        if (current === loading) expiresAt = found.expiration?.getTime() ?? Number.POSITIVE_INFINITY
      },
      () => {
        if (current === loading) current = undefined
      },
    )
    return loading
  }
}

/**
 * Keys of the settings, else of the environment, else whatever the SDK's chain finds: profiles, SSO, processes, web identity,
 * containers and instances. A profile that is named in the settings comes before the environment.
 */
export function baseCredentials(
  settings: BaseCredentialSettings,
  env: NodeJS.ProcessEnv,
  paths: { config: readonly string[]; credentials: readonly string[] },
): CredentialProvider {
  const { accessKey, secretKey, token, profile } = settings
  if (accessKey && secretKey)
    return async () => ({ accessKeyId: accessKey, secretAccessKey: secretKey, ...(token ? { sessionToken: token } : {}) })
  const id = env.AWS_ACCESS_KEY_ID
  const secret = env.AWS_SECRET_ACCESS_KEY
  if (!profile && id && secret) {
    return async () => ({
      accessKeyId: id,
      secretAccessKey: secret,
      ...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
    })
  }
  return cached(async () => {
    const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
    const provider = fromNodeProviderChain({
      ...(profile || env.AWS_PROFILE ? { profile: profile || env.AWS_PROFILE } : {}),
      filepath: paths.credentials.at(-1)!,
      configFilepath: paths.config.at(-1)!,
    })
    return provider()
  })
}

/** The session name of runs that give none. */
export function defaultSessionName(now: number = Date.now()): string {
  return `landform-${now}`
}

export function assumeRole(base: CredentialProvider, role: AssumeRoleSettings, sts: StsCaller): CredentialProvider {
  return cached(async () => {
    const answer = await sts.assumeRole(base, {
      RoleArn: role.roleArn,
      RoleSessionName: role.sessionName || defaultSessionName(),
      ...(role.externalId ? { ExternalId: role.externalId } : {}),
      ...(role.durationSeconds ? { DurationSeconds: role.durationSeconds } : {}),
      ...policyOf(role),
      ...(role.sourceIdentity ? { SourceIdentity: role.sourceIdentity } : {}),
      ...(role.tags && Object.keys(role.tags).length > 0
        ? { Tags: Object.entries(role.tags).map(([Key, Value]) => ({ Key, Value })) }
        : {}),
      ...(role.transitiveTagKeys?.length ? { TransitiveTagKeys: [...role.transitiveTagKeys] } : {}),
    })
    return credentialsOf(answer.Credentials)
  })
}

export function assumeRoleWithWebIdentity(role: WebIdentitySettings, sts: StsCaller): CredentialProvider {
  return cached(async () => {
    // The file is read each time: whoever issues tokens renews it.
    const token = role.token || (await readFile(role.tokenFile ?? '', 'utf8')).trim()
    const answer = await sts.assumeRoleWithWebIdentity({
      RoleArn: role.roleArn,
      RoleSessionName: role.sessionName || defaultSessionName(),
      WebIdentityToken: token,
      ...(role.durationSeconds ? { DurationSeconds: role.durationSeconds } : {}),
      ...policyOf(role),
    })
    return credentialsOf(answer.Credentials)
  })
}

function policyOf(role: Pick<AssumeRoleSettings, 'policy' | 'policyArns'>): { Policy?: string; PolicyArns?: { arn: string }[] } {
  return {
    ...(role.policy ? { Policy: role.policy } : {}),
    ...(role.policyArns?.length ? { PolicyArns: role.policyArns.map((arn) => ({ arn })) } : {}),
  }
}

function credentialsOf(answer: OutputOf<'sts', 'AssumeRole'>['Credentials']): Credentials {
  if (answer?.AccessKeyId === undefined || answer.SecretAccessKey === undefined) throw new Error('STS answered without credentials.')
  return {
    accessKeyId: answer.AccessKeyId,
    secretAccessKey: answer.SecretAccessKey,
    sessionToken: answer.SessionToken,
    ...(answer.Expiration === undefined ? {} : { expiration: answer.Expiration }),
  }
}

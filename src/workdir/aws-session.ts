import type { AssumeRoleSettings, Session, WebIdentitySettings } from '../aws/index.ts'
import type { BackendConfig } from './backend-types.ts'
import type { Environment } from './settings.ts'
import { terraformVersion } from './versions.ts'

/**
 * Opens a session as the arguments say that the s3 backend and the key provider aws_kms share: credentials, roles, proxies, retries and the accounts that
 * may be reached.
 *
 * @param endpoints of services, by their names
 * @throws SessionError, or Error for an account that is not allowed
 */
export async function openConfiguredSession(
  config: BackendConfig,
  environment: Environment,
  endpoints: Readonly<Record<string, string | undefined>>,
): Promise<Session> {
  const { openSession } = await import('../aws/index.ts')
  const given = readable(config)
  const session = await openSession(
    {
      region: given.text('region'),
      profile: given.text('profile'),
      accessKey: given.text('access_key'),
      secretKey: given.text('secret_key'),
      token: given.text('token'),
      configFiles: given.texts('shared_config_files'),
      credentialsFiles: given.texts('shared_credentials_files') ?? wrapped(given.text('shared_credentials_file')),
      customCaBundle: given.text('custom_ca_bundle'),
      insecure: given.flag('insecure'),
      proxies: { httpProxy: given.text('http_proxy'), httpsProxy: given.text('https_proxy'), noProxy: given.text('no_proxy') },
      maxRetries: (config.max_retries as number | null | undefined) ?? 5,
      s3UsePathStyle: given.flag('use_path_style') || given.flag('force_path_style'),
      stsRegion: given.text('sts_region'),
      useDualstackEndpoint: given.flag('use_dualstack_endpoint'),
      useFipsEndpoint: given.flag('use_fips_endpoint'),
      endpoints: withoutUndefined(endpoints),
      assumeRole: config.assume_role == null ? [] : [roleOf(config.assume_role as BackendConfig)],
      webIdentity:
        config.assume_role_with_web_identity == null ? undefined : webIdentityOf(config.assume_role_with_web_identity as BackendConfig),
      userAgent: [['landform', terraformVersion]],
    },
    { env: environment as NodeJS.ProcessEnv },
  )
  const allowed = given.texts('allowed_account_ids')
  const forbidden = given.texts('forbidden_account_ids')
  if (allowed !== undefined || forbidden !== undefined) {
    const { account } = await session.identity()
    const isForbidden = forbidden?.includes(account) || (allowed !== undefined && !allowed.includes(account))
    if (isForbidden) throw new Error(`AWS account ID not allowed: ${account}`)
  }
  return session
}

function roleOf(config: BackendConfig): AssumeRoleSettings {
  const given = readable(config)
  return {
    ...commonOf(config),
    externalId: given.text('external_id'),
    sourceIdentity: given.text('source_identity'),
    tags: (config.tags as Record<string, string> | null) ?? undefined,
    transitiveTagKeys: given.texts('transitive_tag_keys'),
  }
}

function webIdentityOf(config: BackendConfig): WebIdentitySettings {
  const given = readable(config)
  return { ...commonOf(config), token: given.text('web_identity_token'), tokenFile: given.text('web_identity_token_file') }
}

function commonOf(
  config: BackendConfig,
): Pick<AssumeRoleSettings, 'roleArn' | 'sessionName' | 'durationSeconds' | 'policy' | 'policyArns'> {
  const given = readable(config)
  return {
    roleArn: given.text('role_arn') ?? '',
    sessionName: given.text('session_name'),
    durationSeconds: secondsOf(given.text('duration')),
    policy: given.text('policy'),
    policyArns: given.texts('policy_arns'),
  }
}

/** `15m` to `12h`, as Go writes durations. */
function secondsOf(duration: string | undefined): number | undefined {
  if (duration === undefined) return undefined
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 }
  let sum = 0
  for (const [, amount, unit] of duration.matchAll(/([\d.]+)([hms])/g)) sum += Number(amount) * units[unit!]!
  return Math.round(sum)
}

/** Arguments by name; what is empty is not there. */
export function readable(config: BackendConfig) {
  return {
    text: (name: string): string | undefined => (config[name] as string | null | undefined) || undefined,
    flag: (name: string): boolean => config[name] === true,
    texts: (name: string): readonly string[] | undefined => {
      const list = config[name] as readonly string[] | null | undefined
      return list == null || list.length === 0 ? undefined : list
    },
  }
}

function wrapped(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value]
}

function withoutUndefined(record: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

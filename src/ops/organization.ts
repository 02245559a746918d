import type { Diagnostics } from '../diags/index.ts'
import { builtinProviderNames } from '../workdir/index.ts'
import { type Budget, checkBudget, checkDetection, type Detection } from './watching.ts'

/** What the wrapper reads of an account in `environments/accounts.ts`. */
export interface AccountSettings {
  readonly name: string
  readonly id: string
  readonly email: string
  readonly region: string
  /** Public DNS name below which services get their names. */
  readonly domain?: string | undefined
  readonly roles: { readonly plan: string; readonly apply: string }
}

/** What `environments/accounts.ts` says to the wrapper. */
export interface Organization {
  readonly target: 'sandbox' | 'aws'
  readonly accounts: readonly AccountSettings[]
  readonly management: AccountSettings
  /** The account whose users and keys assume the roles of the others. */
  readonly hub: AccountSettings
  readonly store: { readonly account: AccountSettings; readonly region: string; readonly bucket: string; readonly role: string }
  /** Names of providers for which environments use Landform's own in place of plugins, as in LANDFORM_BUILTIN_PROVIDERS. */
  readonly builtinProviders?: readonly string[] | undefined
  /** What is watched in every account. */
  readonly detection: Detection
  /** What accounts may cost; none: nobody is told. */
  readonly budget: Budget | undefined
}

const file = 'environments/accounts.ts'

/** Checks what the file exports, which its types may leave open. Undefined with diagnostics when it is no organization. */
export function readOrganization(exported: unknown, diags: Diagnostics): Organization | undefined {
  const problems: string[] = []
  const module = (exported ?? {}) as Record<string, unknown>
  if (module.target !== 'sandbox' && module.target !== 'aws')
    problems.push(`target must be 'sandbox' or 'aws', not ${JSON.stringify(module.target)}`)
  const accounts = Array.isArray(module.accounts) ? module.accounts : []
  if (accounts.length === 0) problems.push('accounts must list the accounts')
  const checked = accounts.map((account, i) => checkAccount(account, `accounts[${i}]`, problems))
  const hub = checkAccount(module.hub, 'hub', problems)
  const management = checkAccount(module.management, 'management', problems)
  const store = (module.store ?? {}) as Record<string, unknown>
  const storeAccount = checkAccount(store.account, 'store.account', problems)
  for (const member of ['region', 'bucket', 'role']) if (!isText(store[member])) problems.push(`store.${member} must be a text`)
  const builtinProviders = checkProviderNames(module.builtinProviders, problems)
  const detection = checkDetection(module.detection, problems)
  const budget = checkBudget(module.budget, problems)
  for (const member of ['name', 'id', 'email'] as const) {
    const seen = new Set<string>()
    for (const account of checked) {
      if (account === undefined) continue
      if (seen.has(account[member])) problems.push(`two accounts have the ${member} "${account[member]}"`)
      seen.add(account[member])
    }
  }
  if (problems.length > 0) {
    diags.error(
      'Invalid accounts',
      `${file} cannot be used:\n${problems.map((p) => `  - ${p}`).join('\n')}\n\nCorrect the file; it is plain data and says what each member means.`,
    )
    return undefined
  }
  return {
    target: module.target as Organization['target'],
    accounts: checked as AccountSettings[],
    management: management!,
    hub: hub!,
    store: { account: storeAccount!, region: store.region as string, bucket: store.bucket as string, role: store.role as string },
    ...(builtinProviders === undefined ? {} : { builtinProviders }),
    detection,
    budget,
  }
}

/** A name that means nothing would leave the plugin where the built-in provider is wanted. */
function checkProviderNames(given: unknown, problems: string[]): readonly string[] | undefined {
  if (given === undefined) return undefined
  const known = [...builtinProviderNames(), 'all', 'none']
  if (!Array.isArray(given)) problems.push("builtinProviders must be a list of names, such as ['aws']")
  else
    given.forEach((name: unknown, i) => {
      if (typeof name === 'string' && known.includes(name.split('/').at(-1)!)) return
      problems.push(`builtinProviders[${i}] must be one of ${known.join(', ')}, not ${JSON.stringify(name)}`)
    })
  return given as readonly string[]
}

function checkAccount(value: unknown, where: string, problems: string[]): AccountSettings | undefined {
  const before = problems.length
  const account = (value ?? {}) as Record<string, unknown>
  for (const member of ['name', 'email', 'region']) if (!isText(account[member])) problems.push(`${where}.${member} must be a text`)
  if (typeof account.id !== 'string' || !/^\d{12}$/.test(account.id)) problems.push(`${where}.id must be twelve digits in quotes`)
  const roles = (account.roles ?? {}) as Record<string, unknown>
  for (const member of ['plan', 'apply']) if (!isText(roles[member])) problems.push(`${where}.roles.${member} must be the name of a role`)
  if (problems.length > before) return undefined
  const { name, id, email, region } = account as unknown as AccountSettings
  const domain = isText(account.domain) ? (account.domain as string) : undefined
  return {
    name,
    id,
    email,
    region,
    ...(domain === undefined ? {} : { domain }),
    roles: { plan: roles.plan as string, apply: roles.apply as string },
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

/** The account that an environment is about: the one of its name. Undefined with a diagnostic. */
export function accountOf(organization: Organization, environment: string, diags: Diagnostics): AccountSettings | undefined {
  const account = organization.accounts.find((a) => a.name === environment)
  if (account === undefined) {
    diags.error(
      'Environment without account',
      `environments/${environment}.ts is there, but ${file} has no account named "${environment}". Add the account to the list, or rename the file after the account that it is about.`,
    )
  }
  return account
}

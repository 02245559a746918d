/** What is watched in every account. What costs by what happens is off unless asked for. */
export interface Detection {
  /** One trail of the organization: calls in all accounts, kept in a bucket of the hub. With `bucket`, one of that name. */
  readonly trail: boolean | { readonly bucket: string }
  /** Access Analyzer finds what others can get at. */
  readonly accessAnalyzer: boolean
  /** Config records what changes. */
  readonly config: boolean
  /** GuardDuty looks for threats. */
  readonly guardDuty: boolean
  /** Security Hub checks what Config records. */
  readonly securityHub: boolean
}

/** What accounts may cost. */
export interface Budget {
  /** US dollars a month, for each account. */
  readonly monthly: number
  /** Accounts that may cost another sum, by name. */
  readonly accounts: Readonly<Record<string, number>>
  /** Who is told; the account's contact for bills, or its own address, when absent. */
  readonly email?: string | undefined
  /** Keys of tags by which costs are told apart. */
  readonly tags: readonly string[]
}

/** What holds where `environments/accounts.ts` says nothing. */
export const defaultDetection: Detection = { trail: true, accessAnalyzer: true, config: false, guardDuty: false, securityHub: false }
export const defaultBudget: Budget = { monthly: 200, accounts: {}, tags: ['Environment', 'ManagedBy'] }

/** The detection that a file exports, with the defaults for what it leaves out. Adds to `problems` what is wrong. */
export function checkDetection(exported: unknown, problems: string[]): Detection {
  if (exported === undefined) return defaultDetection
  if (!isObject(exported)) {
    problems.push('detection must be an object such as { trail: true, guardDuty: false }')
    return defaultDetection
  }
  for (const [member, value] of Object.entries(exported)) {
    const isBucket =
      member === 'trail' && isObject(value) && typeof value.bucket === 'string' && /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(value.bucket)
    if (!Object.hasOwn(defaultDetection, member))
      problems.push(`detection.${member} is not known; there are ${Object.keys(defaultDetection).join(', ')}`)
    else if (typeof value !== 'boolean' && !isBucket)
      problems.push(`detection.${member} must be true or false${member === 'trail' ? ", or { bucket: 'name-of-the-bucket' }" : ''}`)
  }
  const detection = { ...defaultDetection, ...(exported as Partial<Detection>) }
  if (detection.securityHub === true && detection.config !== true)
    problems.push('detection.securityHub needs detection.config: it checks what Config records')
  return detection
}

/** The budget that a file exports; `false` for none. Adds to `problems` what is wrong. */
export function checkBudget(exported: unknown, problems: string[]): Budget | undefined {
  if (exported === undefined) return defaultBudget
  if (exported === false) return undefined
  if (!isObject(exported)) {
    problems.push('budget must be an object such as { monthly: 200 }, or false')
    return undefined
  }
  const { monthly, accounts = {}, email, tags = defaultBudget.tags, ...others } = exported
  for (const member of Object.keys(others)) problems.push(`budget.${member} is not known; there are monthly, accounts, email, tags`)
  if (!isSum(monthly)) problems.push('budget.monthly must be a number of US dollars above 0')
  if (!isObject(accounts) || !Object.values(accounts).every(isSum))
    problems.push('budget.accounts must name numbers of US dollars above 0, such as { prod: 2000 }')
  if (email !== undefined && (typeof email !== 'string' || !email.includes('@'))) problems.push('budget.email must be an e-mail address')
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string' && tag !== ''))
    problems.push('budget.tags must be a list of keys')
  return { monthly, accounts, tags, ...(email === undefined ? {} : { email }) } as Budget
}

const isSum = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value > 0

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

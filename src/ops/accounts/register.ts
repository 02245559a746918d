import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile } from '../_cache.ts'
import type { Journal } from './journal.ts'

/** Where accounts are written down, and what their entries are made of. */
export interface Registration {
  /** The folder that holds `environments/`. */
  readonly root: string
  readonly roles: { readonly plan: string; readonly apply: string }
  /** Public DNS name of the new account's services. */
  readonly domain: string
}

function accountsPath({ root }: Registration): string {
  return join(root, 'environments', 'accounts.ts')
}

function environmentPath({ root }: Registration, name: string): string {
  return join(root, 'environments', `${name}.ts`)
}

/** The name of the constant that holds an account. */
function constantOf(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()).replaceAll('-', '')
}

/** Whether the account's number stands in the file and its environment is there. */
export function isRegistered(registration: Registration, { accountId, request }: Journal): boolean {
  const text = readFileSync(accountsPath(registration), 'utf8')
  return accountId !== undefined && text.includes(`'${accountId}'`) && existsSync(environmentPath(registration, request.name))
}

/**
 * Adds the account to `environments/accounts.ts` and gives it an environment that plans. What stands there already is kept.
 *
 * @throws Error when the file has another form than expected; it then says what to write by hand.
 */
export function register(registration: Registration, journal: Journal): void {
  const { request, accountId } = journal
  const path = accountsPath(registration)
  const text = readFileSync(path, 'utf8')
  if (!text.includes(`'${accountId}'`)) {
    const changed = withAccount(text, registration, journal)
    if (changed === undefined)
      throw new Error(
        `The file ${path} has no line "export const accounts: readonly Account[] = [...]" that an account could be added to. Add this by hand, and ${constantOf(request.name)} to the list of accounts, then resume:\n\n${entryOf(registration, journal)}`,
      )
    replaceFile(path, changed)
  }
  const environment = environmentPath(registration, request.name)
  if (!existsSync(environment)) replaceFile(environment, environmentText(request.name))
}

function withAccount(text: string, registration: Registration, journal: Journal): string | undefined {
  const { request, accountId } = journal
  const constant = constantOf(request.name)
  const own = new RegExp(`(export const ${constant}: Account = \\{[^}]*?\\bid: ')\\d{12}(')`)
  // An account that the file foresaw gets the number that AWS gave it.
  if (own.test(text)) return text.replace(own, `$1${accountId}$2`)
  const list = /^(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?(export const accounts: readonly Account\[\] = \[)([^\]]*?),?\s*\]/m
  const match = list.exec(text)
  if (match === null) return undefined
  const members = [...match[3]!.split(',').map((part) => part.trim()), constant].join(', ')
  const before = text.slice(0, match.index)
  const after = text.slice(match.index + match[0].length)
  return `${before}${entryOf(registration, journal)}\n${match[1] ?? ''}${match[2]}${members}]${after}`
}

function entryOf({ domain }: Registration, { request, accountId }: Journal): string {
  const { name, email, region } = request
  const place = `region: ${JSON.stringify(region).replaceAll('"', "'")}`
  return [
    `export const ${constantOf(name)}: Account = {`,
    `  name: '${name}',`,
    `  id: '${accountId}',`,
    `  email: '${email.replaceAll("'", "\\'")}',`,
    `  ${place},`,
    `  domain: '${name}.${domain}',`,
    '  roles,',
    '}',
    '',
  ].join('\n')
}

/** An environment to begin with: the roles of people. */
function environmentText(name: string): string {
  const constant = constantOf(name)
  const imports: readonly (readonly [names: string, from: string])[] = [
    ['Environment', '../modules/environment/index.ts'],
    ['EnvironmentRoles', '../modules/environment-roles/index.ts'],
    ['backendOf', '../state/index.ts'],
    [[constant, 'hub'].sort().join(', '), './accounts.ts'],
  ]
  return [
    "import type { App, TerraformStack } from 'cdktf'",
    ...imports.map(([names, from]) => `import { ${names} } from '${from}'`),
    '',
    'export default (app: App): TerraformStack[] => {',
    `  const env = new Environment(app, { account: ${constant}, backend: backendOf(${constant}) })`,
    "  new EnvironmentRoles(env, 'roles', { trustedAccountId: hub.id })",
    '  return [env]',
    '}',
    '',
  ].join('\n')
}

import type { ConnectionOptions } from 'node:tls'
import type { Environment } from './settings.ts'

/** How a PostgreSQL server is reached; see "Connection Strings" and "Environment Variables" of libpq's documentation. */
export interface PgConnection {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  readonly password: string | undefined
  readonly database: string | undefined
  readonly sslMode: SslMode
  /** Paths of files in PEM. */
  readonly sslCert: string | undefined
  readonly sslKey: string | undefined
  readonly sslRootCert: string | undefined
  readonly connectTimeoutMs: number | undefined
  readonly applicationName: string | undefined
  /** As `-c name=value`: settings of the session. */
  readonly options: string | undefined
}

export type SslMode = (typeof sslModes)[number]
const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const

/** Parameters that mean something to the connection; all others are settings of the session. */
const variables: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslrootcert: 'PGSSLROOTCERT',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  application_name: 'PGAPPNAME',
  fallback_application_name: '',
  options: 'PGOPTIONS',
  client_encoding: 'PGCLIENTENCODING',
}

/**
 * Reads a connection string, a URL or `keyword=value` pairs, over what the environment says. Without `sslmode` TLS is required, as it is in
 * Terraform.
 *
 * @throws Error naming what is wrong, without the string, which may hold a password.
 */
export function readPgConnection(text: string, environment: Environment): PgConnection {
  const given = /^postgres(ql)?:\/\//.test(text) ? fromUrl(text) : fromKeywords(text)
  const get = (name: string): string | undefined => given.get(name) || environment[variables[name]!] || undefined
  const sslMode = get('sslmode') ?? 'require'
  if (!isSslMode(sslMode)) throw new Error(`"sslmode" must be one of ${sslModes.join(', ')}`)
  const port = Number(get('port') ?? 5432)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('"port" must be a number between 1 and 65535')
  const timeout = Number(get('connect_timeout') ?? 0)
  if (!Number.isFinite(timeout)) throw new Error('"connect_timeout" must be a number of seconds')
  const settings = [...given].filter(([name]) => !Object.hasOwn(variables, name))
  const options = [get('options'), ...settings.map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)]
  const user = get('user')
  return {
    host: get('hostaddr') ?? get('host') ?? 'localhost',
    port,
    user,
    password: get('password'),
    database: get('dbname'),
    sslMode,
    sslCert: get('sslcert'),
    sslKey: get('sslkey'),
    sslRootCert: get('sslrootcert'),
    connectTimeoutMs: timeout > 0 ? timeout * 1000 : undefined,
    applicationName: get('application_name') ?? given.get('fallback_application_name'),
    options: options.filter((o) => o !== undefined).join(' ') || undefined,
  }
}

function isSslMode(text: string): text is SslMode {
  return (sslModes as readonly string[]).includes(text)
}

function fromUrl(text: string): Map<string, string> {
  // A missing host is allowed here, which URL does not know of.
  const withHost = text.replace(/^(postgres(?:ql)?:\/\/(?:[^/?#@]*@)?)(?=[:/?#]|$)/, '$1localhost.invalid')
  if (!URL.canParse(withHost)) throw new Error('it is no URL')
  const url = new URL(withHost)
  const found = new Map<string, string>()
  const set = (name: string, value: string): void => void (value !== '' && found.set(name, value))
  const decoded = (part: string): string => {
    try {
      return decodeURIComponent(part)
    } catch {
      throw new Error('it has a percent sign that is followed by no two hexadecimal digits')
    }
  }
  if (url.hostname !== 'localhost.invalid') set('host', decoded(url.hostname).replace(/^\[|\]$/g, ''))
  set('port', url.port)
  set('user', decoded(url.username))
  set('password', decoded(url.password))
  set('dbname', decoded(url.pathname.slice(1)))
  for (const [name, value] of url.searchParams) set(name, value)
  return found
}

/** Pairs between white space; values with white space stand between single quotes, and a backslash takes the next character as it is. */
function fromKeywords(text: string): Map<string, string> {
  const found = new Map<string, string>()
  const pair = /\s*([^\s=]+)\s*=\s*(?:'((?:[^'\\]|\\[\s\S])*)'|((?:[^\s'\\]|\\[\s\S])*))(?=\s|$)/y
  let end = 0
  while (/\S/.test(text.slice(end))) {
    pair.lastIndex = end
    const match = pair.exec(text)
    if (match === null) throw new Error('it is neither a URL that begins with postgres:// nor a list of keyword=value')
    found.set(match[1]!, (match[2] ?? match[3]!).replace(/\\([\s\S])/g, '$1'))
    end = pair.lastIndex
  }
  return found
}

/** What a mode asks of TLS; undefined where none is spoken. `readFile` gives the text of a certificate or key. */
export function tlsOptions(connection: PgConnection, readFile: (path: string) => string): ConnectionOptions | undefined {
  const { sslMode, sslCert, sslKey, sslRootCert, host } = connection
  if (sslMode === 'disable' || host.startsWith('/')) return undefined
  const verifies = sslMode === 'verify-ca' || sslMode === 'verify-full' || (sslMode === 'require' && sslRootCert !== undefined)
  return {
    ...(sslCert === undefined ? {} : { cert: readFile(sslCert) }),
    ...(sslKey === undefined ? {} : { key: readFile(sslKey) }),
    ...(sslRootCert === undefined ? {} : { ca: readFile(sslRootCert) }),
    rejectUnauthorized: verifies,
    ...(sslMode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  }
}

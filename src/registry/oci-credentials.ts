import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { RegistryError } from './discovery.ts'
import type { OciCredentialSettings, OciCredentials, OciCredentialsSource } from './oci-settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The credentials for a repository: those for the longest part of its name count, explicit ones before those in files, earlier files before
 * later ones. Undefined where there are none. @throws RegistryError when a program that has them cannot be asked
 *
 * @see https://opentofu.org/docs/cli/oci_registries/credentials
 */
export async function findOciCredentials(
  host: string,
  repository: string,
  settings: OciCredentialSettings,
  environment: Environment,
): Promise<OciCredentials | undefined> {
  const files = settings.discover ? (settings.files ?? usualFiles(environment)).map(readFile) : []
  for (const name of namesOf(host, repository)) {
    const candidates = [settings.explicit.get(name), ...files.map((file) => sourceIn(file, name))]
    for (const source of candidates) {
      const found = source && (await resolve(source, host, environment))
      if (found !== undefined) return found
    }
  }
  const stores = files.map((file) => file.credsStore).filter((store) => typeof store === 'string' && store !== '')
  for (const name of settings.discover ? [settings.helper, ...stores] : []) {
    const found = typeof name === 'string' ? await askHelper(name, host, environment) : undefined
    if (found !== undefined) return found
  }
  return undefined
}

/** `host/a/b`, `host/a`, `host` for the repository `a/b`. */
function namesOf(host: string, repository: string): readonly string[] {
  const parts = repository.split('/')
  return [...parts.map((_, i) => [host, ...parts.slice(0, parts.length - i)].join('/')), host]
}

async function resolve(source: OciCredentialsSource, host: string, environment: Environment): Promise<OciCredentials | undefined> {
  return source.kind === 'helper' ? askHelper(source.name, host, environment) : source
}

/** A file as containers-auth.json(5) describes it. */
interface CredentialFile {
  readonly auths: Readonly<Record<string, { readonly auth?: unknown } | undefined>>
  readonly credHelpers: Readonly<Record<string, unknown>>
  readonly credsStore: unknown
}

function usualFiles({ XDG_RUNTIME_DIR: runtime, XDG_CONFIG_HOME: config, HOME: home = homedir() }: Environment): readonly string[] {
  return [
    ...(runtime === undefined || runtime === '' ? [] : [join(runtime, 'containers/auth.json')]),
    join(config || join(home, '.config'), 'containers/auth.json'),
    join(home, '.docker/config.json'),
    join(home, '.dockercfg'),
  ]
}

function readFile(path: string): CredentialFile {
  const record = (value: unknown): Record<string, never> =>
    typeof value === 'object' && value !== null ? (value as Record<string, never>) : {}
  let document: Record<string, unknown> = {}
  try {
    document = record(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    // Not there, or not for us.
  }
  // The oldest form has nothing around the names.
  const auths = path.endsWith('.dockercfg') && document.auths === undefined ? document : record(document.auths)
  return { auths: auths as CredentialFile['auths'], credHelpers: record(document.credHelpers), credsStore: document.credsStore }
}

function sourceIn({ auths, credHelpers }: CredentialFile, name: string): OciCredentialsSource | undefined {
  const helper = Object.hasOwn(credHelpers, name) ? credHelpers[name] : undefined
  if (typeof helper === 'string' && helper !== '') return { kind: 'helper', name: helper }
  const auth = Object.hasOwn(auths, name) ? auths[name]?.auth : undefined
  if (typeof auth !== 'string' || auth === '') return undefined
  const text = Buffer.from(auth, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { kind: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) }
}

const helperTimeoutMs = 60_000

/** @see https://github.com/docker/docker-credential-helpers: `get` reads a host and writes JSON. One that knows of nothing says so. */
function askHelper(name: string, host: string, environment: Environment): Promise<OciCredentials | undefined> {
  const program = `docker-credential-${name}`
  return new Promise((done, reject) => {
    const child = execFile(program, ['get'], { env: environment as NodeJS.ProcessEnv, timeout: helperTimeoutMs }, (error, stdout) => {
      if (error !== null) {
        if (/credentials not found/i.test(stdout)) done(undefined)
        else reject(new RegistryError(`the program ${program}, which has the credentials for ${host}, failed: ${reasonOf(error)}`))
        return
      }
      try {
        const { Username: username, Secret: secret } = JSON.parse(stdout) as { Username?: unknown; Secret?: unknown }
        if (typeof username !== 'string' || typeof secret !== 'string') throw new SyntaxError()
        // By Docker's convention this name says that the secret is a token.
        if (username === '<token>') done({ kind: 'oauth', accessToken: undefined, refreshToken: secret })
        else done({ kind: 'basic', username, password: secret })
      } catch {
        reject(new RegistryError(`the program ${program} did not write credentials for ${host} as JSON`))
      }
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(host)
  })
}

function reasonOf(error: { readonly code?: number | string | null; readonly killed?: boolean }): string {
  if (error.code === 'ENOENT') return 'it is not found'
  return error.killed === true ? 'it takes too long' : `it ended with the status ${error.code}`
}

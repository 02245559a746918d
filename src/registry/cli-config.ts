import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { domainToASCII, domainToUnicode } from 'node:url'
import { defaultHost, parseProviderSource, providerSourceToString } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { isFile, isFolder, namesIn } from './files.ts'
import { type OldItem, type OldObject, type OldValue, parseOldHcl } from './hcl1.ts'
import { defaultOciSettings, type OciCredentialSettings, type OciCredentialsSource } from './oci-settings.ts'

/** A pattern for provider sources; each part is a name in normal form or `*`. */
export interface SourcePattern {
  readonly host: string
  readonly namespace: string
  readonly type: string
}

/** One way to get providers, and for which of them it is meant. Without `include` for all; `exclude` wins. */
export type InstallationMethod = (
  | { readonly kind: 'direct' }
  | { readonly kind: 'filesystemMirror'; readonly path: string }
  | { readonly kind: 'networkMirror'; readonly url: string }
) & { readonly include: readonly SourcePattern[] | undefined; readonly exclude: readonly SourcePattern[] }

/** What a user has said about all working directories in CLI configuration files and the environment variables that go with them. */
export interface CliConfig {
  /** Shared cache of unpacked packages. */
  readonly pluginCacheDir: string | undefined
  readonly cacheMayBreakLockFile: boolean
  /** Tokens by host, in the form of provider sources. */
  readonly credentials: ReadonlyMap<string, string>
  readonly credentialsHelper: { readonly name: string; readonly args: readonly string[] } | undefined
  /** Who asks registries of the OCI Distribution protocol, for modules. */
  readonly oci: OciCredentialSettings
  /** Services by host, which spare asking the host for them. */
  readonly hosts: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** In order. Undefined: nothing said, implied mirrors and then the registries. */
  readonly installation: readonly InstallationMethod[] | undefined
  /** Folders with a program each, by complete source address. */
  readonly devOverrides: ReadonlyMap<string, string>
  /** Providers that Landform's own ones shall serve, as in LANDFORM_BUILTIN_PROVIDERS: `builtin_providers = ["aws"]`. */
  readonly builtinProviders: readonly string[] | undefined
  /** Folders of providers in files of their own, as in LANDFORM_PROVIDERS: `provider_folders = ["~/providers"]`. */
  readonly providerFolders: readonly string[] | undefined
  /** Errors come with a usable rest: programs report them and go on. */
  readonly diags: Diagnostics
}

type Environment = Readonly<Record<string, string | undefined>>

interface MutableConfig {
  pluginCacheDir: string | undefined
  cacheMayBreakLockFile: boolean
  readonly credentials: Map<string, string>
  credentialsHelper: CliConfig['credentialsHelper']
  readonly oci: { -readonly [K in keyof OciCredentialSettings]: OciCredentialSettings[K] } & {
    readonly explicit: Map<string, OciCredentialsSource>
  }
  hasOciDefaults: boolean
  readonly hosts: Map<string, Map<string, string>>
  installation: InstallationMethod[] | undefined
  readonly devOverrides: Map<string, string>
  builtinProviders: readonly string[] | undefined
  providerFolders: readonly string[] | undefined
  readonly diags: Diagnostics
}

/** Whose files are read: those of OpenTofu have other names, and Terraform's stand in where there are none. */
export type ConfigDialect = 'terraform' | 'tofu'

/**
 * Reads the CLI configuration: the file that TF_CLI_CONFIG_FILE names, or else `~/.terraformrc` and the `*.tfrc` files of
 * `~/.terraform.d`; the stored credentials of `login` in any case. Of files that are not there only the one that TF_CLI_CONFIG_FILE names is told of.
 *
 * @see reference registry-and-lock.md 4.1 and 2
 */
export function readCliConfig(environment: Environment, dialect: ConfigDialect = 'terraform'): CliConfig {
  const config: MutableConfig = {
    pluginCacheDir: undefined,
    cacheMayBreakLockFile: false,
    credentials: new Map(),
    credentialsHelper: undefined,
    oci: { ...defaultOciSettings, explicit: new Map() },
    hasOciDefaults: false,
    hosts: new Map(),
    installation: undefined,
    devOverrides: new Map(),
    builtinProviders: undefined,
    providerFolders: undefined,
    diags: new Diagnostics(),
  }
  for (const file of configFiles(environment, dialect)) readFile(file, environment, config)
  if (environment.TF_PLUGIN_CACHE_DIR) config.pluginCacheDir = environment.TF_PLUGIN_CACHE_DIR
  const mayBreak = environment.TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE
  if (mayBreak && mayBreak !== '0') config.cacheMayBreakLockFile = true
  if (config.pluginCacheDir !== undefined) checkCacheDir(config.pluginCacheDir, config.diags)
  return config
}

function checkCacheDir(dir: string, diags: Diagnostics): void {
  if (isFolder(dir)) return
  diags.error(
    'Plugin cache folder cannot be opened',
    `The specified plugin cache dir ${dir} cannot be opened: there is no such folder. Create it, or the cache is not used.`,
  )
}

/** The home folder's place for plugins, credentials and `*.tfrc` files. */
export function configDirs(environment: Environment, dialect: ConfigDialect): readonly string[] {
  const home = environment.HOME || homedir()
  const dirs = [join(home, '.terraform.d')]
  if (dialect === 'tofu' && environment.XDG_CONFIG_HOME) dirs.unshift(join(environment.XDG_CONFIG_HOME, 'opentofu'))
  return dirs
}

function configFiles(environment: Environment, dialect: ConfigDialect): readonly string[] {
  const stored = configDirs(environment, dialect).map((dir) => join(dir, 'credentials.tfrc.json'))
  const named = environment.TF_CLI_CONFIG_FILE || environment.TERRAFORM_CONFIG
  if (named) return [named, ...stored.filter(isFile)]
  const home = environment.HOME || homedir()
  const main = (dialect === 'tofu' ? ['.tofurc', '.terraformrc'] : ['.terraformrc']).map((name) => join(home, name)).find(isFile)
  const extra = configDirs(environment, dialect).flatMap((dir) =>
    namesIn(dir)
      .filter((name) => /\.tfrc(\.json)?$/.test(name))
      .map((name) => join(dir, name)),
  )
  return main === undefined ? extra : [main, ...extra]
}

function readFile(path: string, environment: Environment, config: MutableConfig): void {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') {
      config.diags.error('Invalid CLI configuration', `Error reading ${path}: it is a folder.`)
    } else if (path === (environment.TF_CLI_CONFIG_FILE || environment.TERRAFORM_CONFIG)) {
      config.diags.warning('Unable to open CLI configuration file', `The CLI configuration file at ${JSON.stringify(path)} does not exist.`)
    }
    return
  }
  const parsed = parseOldHcl(text)
  if ('problem' in parsed) {
    config.diags.error('Invalid CLI configuration', `Error parsing ${path}: ${parsed.problem}`)
    return
  }
  for (const item of parsed.items) readSetting(item, environment, config)
}

function readSetting(item: OldItem, environment: Environment, config: MutableConfig): void {
  const { diags } = config
  const [name, label] = item.keys as [string, string | undefined]
  switch (name) {
    case 'plugin_cache_dir':
      if (typeof item.value === 'string' && item.value !== '') config.pluginCacheDir = expandEnvironment(item.value, environment)
      return
    case 'plugin_cache_may_break_dependency_lock_file':
      config.cacheMayBreakLockFile = item.value === true || item.value === 'true'
      return
    case 'builtin_providers':
      config.builtinProviders = strings(item.value)
      return
    case 'provider_folders':
      config.providerFolders = strings(item.value).map((folder) =>
        expandEnvironment(folder, environment).replace(/^~(?=\/|$)/, environment.HOME || homedir()),
      )
      return
    case 'credentials':
      for (const [text, block] of labelled(item)) {
        const host = normalHost(text)
        const token = block.items.find((i) => i.keys[0] === 'token')?.value
        if (host === undefined) diags.error('Invalid CLI configuration', `The credentials "${text}" block has an invalid hostname.`)
        else if (typeof token === 'string') config.credentials.set(host, token)
      }
      return
    case 'credentials_helper': {
      if (label === undefined || !isObject(item.value)) return
      if (config.credentialsHelper !== undefined) {
        diags.error('Invalid CLI configuration', 'No more than one credentials_helper block may be specified.')
        return
      }
      const args = item.value.items.find((i) => i.keys[0] === 'args')?.value
      config.credentialsHelper = { name: label, args: args === undefined ? [] : strings(args) }
      return
    }
    case 'oci_credentials':
      for (const [text, block] of labelled(item)) readOciCredentials(text, block, config)
      return
    case 'oci_default_credentials':
      if (isObject(item.value)) readOciDefaults(item.value, config)
      return
    case 'host':
      for (const [text, block] of labelled(item)) readHost(text, block, config)
      return
    case 'provider_installation': {
      const wrong = !isObject(item.value) ? 'be introduced with an equals sign' : label !== undefined ? 'have any labels' : undefined
      if (wrong !== undefined) {
        diags.error('Invalid provider_installation block', `The provider_installation block at ${item.place} must not ${wrong}.`)
        return
      }
      if (!isObject(item.value)) return
      if (config.installation !== undefined) {
        diags.error('Invalid provider_installation block', 'No more than one provider_installation block may be specified.')
        return
      }
      config.installation = []
      readInstallation(item.value, config, config.installation)
    }
  }
}

/** Blocks with their label; in JSON the labels are the names of one object. */
function labelled(item: OldItem): readonly (readonly [label: string, block: OldObject])[] {
  const label = item.keys[1]
  if (!isObject(item.value)) return []
  if (label !== undefined) return [[label, item.value]]
  return item.value.items.flatMap((inner) => (isObject(inner.value) ? [[inner.keys[0]!, inner.value] as const] : []))
}

const ociSummary = 'Invalid CLI configuration'

function readOciCredentials(text: string, block: OldObject, config: MutableConfig): void {
  const { diags, oci } = config
  const what = `The oci_credentials block for ${JSON.stringify(text)}`
  const [host = '', ...repository] = text.split('/')
  if (
    !/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d+)?$/i.test(host) ||
    repository.some((part) => !/^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/.test(part))
  ) {
    diags.error(
      ociSummary,
      `${what} is named for no registry: its label is a domain name, perhaps with the beginning of a repository's name.`,
    )
    return
  }
  const known = ['username', 'password', 'access_token', 'refresh_token', 'docker_credentials_helper']
  const given = new Map<string, string>()
  for (const { keys, value } of block.items) {
    const name = keys[0]!
    if (!known.includes(name) || typeof value !== 'string') {
      diags.error(ociSummary, `${what} has ${known.includes(name) ? 'no text for' : 'an unexpected argument'} ${JSON.stringify(name)}.`)
      return
    }
    given.set(name, value)
  }
  const {
    username,
    password,
    access_token: accessToken,
    refresh_token: refreshToken,
    docker_credentials_helper: helper,
  } = Object.fromEntries(given)
  const forms = [username ?? password, accessToken ?? refreshToken, helper].filter((form) => form !== undefined)
  const complete = (username === undefined) === (password === undefined)
  if (forms.length !== 1 || !complete || !checkHelperName(helper)) {
    const detail = `${what} needs "username" and "password", or "access_token" and "refresh_token", or the name of a program as "docker_credentials_helper", and only one of these.`
    diags.error(ociSummary, detail)
  } else if (oci.explicit.has(text)) diags.error(ociSummary, `${what} is there twice.`)
  else if (helper !== undefined) oci.explicit.set(text, { kind: 'helper', name: helper })
  else if (username !== undefined) oci.explicit.set(text, { kind: 'basic', username, password: password! })
  else oci.explicit.set(text, { kind: 'oauth', accessToken, refreshToken })
}

function readOciDefaults(block: OldObject, config: MutableConfig): void {
  const { diags, oci } = config
  if (config.hasOciDefaults) {
    diags.error(ociSummary, 'No more than one oci_default_credentials block may be specified.')
    return
  }
  config.hasOciDefaults = true
  for (const { keys, value } of block.items) {
    const name = keys[0]!
    if (name === 'discover_ambient_credentials' && (typeof value === 'boolean' || value === 'true' || value === 'false'))
      oci.discover = String(value) === 'true'
    else if (name === 'docker_style_config_files' && Array.isArray(value)) oci.files = strings(value)
    else if (name === 'docker_credentials_helper' && typeof value === 'string' && checkHelperName(value)) oci.helper = value
    else diags.error(ociSummary, `The oci_default_credentials block has no argument ${JSON.stringify(name)} of this kind.`)
  }
}

/** It becomes part of the name of a program. */
function checkHelperName(name: string | undefined): boolean {
  return name === undefined || /^[\w.-]+$/.test(name)
}

function readHost(text: string, block: OldObject, config: MutableConfig): void {
  const host = normalHost(text)
  if (host === undefined) {
    config.diags.error('Invalid CLI configuration', `The host "${text}" block has an invalid hostname.`)
    return
  }
  const services = config.hosts.get(host) ?? new Map<string, string>()
  for (const { keys, value } of block.items) {
    if (keys[0] !== 'services' || !isObject(value)) continue
    for (const service of value.items) if (typeof service.value === 'string') services.set(service.keys[0]!, service.value)
  }
  config.hosts.set(host, services)
}

const methodArguments: Readonly<Record<string, { readonly kind: InstallationMethod['kind']; readonly needs: 'path' | 'url' | undefined }>> =
  {
    direct: { kind: 'direct', needs: undefined },
    filesystem_mirror: { kind: 'filesystemMirror', needs: 'path' },
    network_mirror: { kind: 'networkMirror', needs: 'url' },
  }

function readInstallation(block: OldObject, config: MutableConfig, methods: InstallationMethod[]): void {
  const { diags } = config
  const summary = 'Invalid provider_installation method block'
  for (const [index, item] of block.items.entries()) {
    const name = item.keys[0]!
    const body = isObject(item.value) ? item.value : { items: [] }
    if (name === 'dev_overrides') {
      if (index > 0) {
        const detail = `The dev_overrides block at ${item.place} must appear before all other installation methods, because development overrides always have the highest priority.`
        diags.error(summary, detail)
      } else readOverrides(body, config)
      continue
    }
    const known = Object.hasOwn(methodArguments, name) ? methodArguments[name]! : undefined
    if (known === undefined) {
      diags.error(summary, `Unknown provider installation method "${name}" at ${item.place}.`)
      continue
    }
    const method = readMethod(name, known, item, body, diags)
    if (method !== undefined) methods.push(method)
  }
}

function readMethod(
  name: string,
  { kind, needs }: (typeof methodArguments)[string],
  item: OldItem,
  body: OldObject,
  diags: Diagnostics,
): InstallationMethod | undefined {
  const summary = 'Invalid provider_installation method block'
  const given = new Map(body.items.map((i) => [i.keys[0]!, i.value]))
  const allowed = ['include', 'exclude', 'download_retry_count', ...(needs === undefined ? [] : [needs])]
  for (const key of given.keys()) {
    if (!allowed.includes(key) && key !== 'trust_all_hashes') {
      diags.error(summary, `Invalid ${name} block at ${item.place}: an argument named "${key}" is not expected here.`)
      return undefined
    }
  }
  const value = needs === undefined ? '' : given.get(needs)
  if (needs !== undefined && (typeof value !== 'string' || value === '')) {
    diags.error(summary, `Invalid ${name} block at ${item.place}: "${needs}" argument is required.`)
    return undefined
  }
  const include = given.has('include') ? patterns(given.get('include')!, 'inclusion', diags) : undefined
  const exclude = patterns(given.get('exclude') ?? [], 'exclusion', diags)
  if (exclude === undefined || (given.has('include') && include === undefined)) return undefined
  const scope = { include, exclude }
  switch (kind) {
    case 'direct':
      return { kind, ...scope }
    case 'filesystemMirror':
      return { kind, path: value as string, ...scope }
    case 'networkMirror': {
      const url = mirrorUrl(value as string, diags)
      return url === undefined ? undefined : { kind, url, ...scope }
    }
  }
}

function mirrorUrl(text: string, diags: Diagnostics): string | undefined {
  const summary = 'Invalid URL for provider installation source'
  let url: URL
  try {
    url = new URL(text)
  } catch {
    diags.error(summary, `Cannot parse ${JSON.stringify(text)} as a URL for a network provider mirror.`)
    return undefined
  }
  if (url.protocol !== 'https:') {
    const detail = `Cannot use ${JSON.stringify(text)} as a URL for a network provider mirror: the mirror must be at an https: URL.`
    diags.error(summary, detail)
    return undefined
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url.href
}

function readOverrides(block: OldObject, config: MutableConfig): void {
  for (const { keys, value } of block.items) {
    const problems = new Diagnostics()
    const source = parseProviderSource(keys[0]!, defaultHost, problems)
    if (source === undefined || typeof value !== 'string') {
      config.diags.error(
        'Invalid provider development override',
        `The entry "${keys[0]}" of dev_overrides is not valid: ${problems.items[0]?.detail ?? 'a folder is expected'}`,
      )
    } else config.devOverrides.set(providerSourceToString(source), value)
  }
}

function patterns(value: OldValue, what: 'inclusion' | 'exclusion', diags: Diagnostics): readonly SourcePattern[] | undefined {
  const found: SourcePattern[] = []
  for (const text of strings(value)) {
    const problem = parsePattern(text)
    if (typeof problem !== 'string') found.push(problem)
    else {
      diags.error(
        `Invalid provider source ${what} patterns`,
        `CLI config specifies invalid provider ${what} patterns: invalid provider matching pattern ${JSON.stringify(text)}: ${problem}.`,
      )
      return undefined
    }
  }
  return found
}

/** Two or three parts; with two, providers of the default registry are meant. The problem as the end of a sentence otherwise. */
export function parsePattern(text: string): SourcePattern | string {
  const parts = text.split('/').map((part) => part.toLowerCase())
  if (parts.length < 2 || parts.length > 3) return 'must have either two or three slash-separated segments'
  if (parts.some((part) => part === '')) return 'segments must not be empty'
  const [host, namespace, type] = parts.length === 2 ? [defaultHost, ...parts] : parts
  if (namespace === '*' && type !== '*') return 'cannot have wildcard for namespace but non-wildcard for provider type'
  if (host === '*' && namespace !== '*') return 'cannot have wildcard for hostname but non-wildcard for namespace'
  return { host: host!, namespace: namespace!, type: type! }
}

/** A host as provider sources have it: lower case, Unicode, without the default port. Undefined when it is none. */
export function normalHost(text: string): string | undefined {
  const match = /^([^\s:/]+?)(?::([0-9]{1,5}))?$/.exec(text.toLowerCase())
  if (match === null || domainToASCII(match[1]!) === '') return undefined
  const name = domainToUnicode(match[1]!)
  return match[2] === undefined || match[2] === '443' ? name : `${name}:${Number(match[2])}`
}

function isObject(value: OldValue): value is OldObject {
  return typeof value === 'object' && 'items' in value
}

function strings(value: OldValue): readonly string[] {
  if (typeof value === 'string') return value.split(',').map((text) => text.trim())
  return Array.isArray(value) ? (value as readonly OldValue[]).filter((v) => typeof v === 'string') : []
}

/** `$NAME` and `${NAME}`. */
function expandEnvironment(text: string, environment: Environment): string {
  return text.replace(
    /\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g,
    (_, a: string | undefined, b: string | undefined) => environment[a ?? b!] ?? '',
  )
}

/** The environment variable that may hold the token for a host: TF_TOKEN_app_example_com, with `__` for a dash. */
function tokenVariable(host: string): string {
  return `TF_TOKEN_${domainToASCII(host.replace(/:.*/, '')).replaceAll('-', '__').replaceAll('.', '_')}${/:[0-9]+$/.exec(host)?.[0].replace(':', '_') ?? ''}`
}

/** The token to send to a host, from the environment, the configuration or the credentials helper, in that order. */
export async function tokenFor(host: string, config: CliConfig, environment: Environment): Promise<string | undefined> {
  const wanted = tokenVariable(host)
  const named = environment[wanted] ?? caseInsensitive(environment, wanted, host)
  if (named) return named
  const stored = config.credentials.get(host)
  if (stored !== undefined) return stored
  return config.credentialsHelper && (await askHelper(host, config.credentialsHelper, environment))
}

/** Also `TF_TOKEN_` with the host as it stands, which some shells allow. */
function caseInsensitive(environment: Environment, wanted: string, host: string): string | undefined {
  const spellings = new Set([wanted.toLowerCase(), `tf_token_${host}`, `tf_token_${host.replaceAll('.', '_')}`])
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith('TF_TOKEN_') && spellings.has(name.toLowerCase())) return value
  }
  return undefined
}

const helperTimeoutMs = 60_000

/** Runs `terraform-credentials-NAME ARGS get HOST`, found among the plugins of the home folder or in PATH. */
async function askHelper(
  host: string,
  helper: { readonly name: string; readonly args: readonly string[] },
  environment: Environment,
): Promise<string | undefined> {
  const program = `terraform-credentials-${helper.name}`
  const folder = join(environment.HOME || homedir(), '.terraform.d', 'plugins')
  const path = [
    join(folder, program),
    join(folder, `${process.platform}_${process.arch === 'x64' ? 'amd64' : process.arch}`, program),
  ].find(isFile)
  const { execFile } = await import('node:child_process')
  return new Promise((resolve) => {
    const options = { env: environment as NodeJS.ProcessEnv, timeout: helperTimeoutMs }
    execFile(path ?? program, [...helper.args, 'get', host], options, (error, stdout) => {
      if (error !== null) return resolve(undefined)
      try {
        const parsed = JSON.parse(stdout) as { readonly token?: unknown }
        resolve(typeof parsed.token === 'string' ? parsed.token : undefined)
      } catch {
        resolve(undefined)
      }
    })
  })
}

/** Where a module call's `source` points. */
export type ModuleSource =
  | { readonly kind: 'local'; readonly path: string }
  | {
      readonly kind: 'registry'
      readonly host: string
      readonly namespace: string
      readonly name: string
      readonly system: string
      readonly subdir: string
    }
  | { readonly kind: 'remote'; readonly address: string; readonly subdir: string }

/** Why a source cannot be used: summary and detail of the diagnostic. */
export interface SourceProblem {
  readonly summary: string
  readonly detail: string
}

export const defaultModuleHost = 'registry.terraform.io'

/**
 * Reads a module source; with `version` given, it must be one of a registry.
 *
 * @see reference registry-and-lock.md 8.1
 */
export function parseModuleSource(text: string, hasVersion: boolean): ModuleSource | SourceProblem {
  if (hasVersion) return parseVersioned(text)
  if (isLocal(text)) return { kind: 'local', path: cleanLocal(text) }
  const registry = parseRegistry(text)
  if ('kind' in registry) return registry
  if (registry.final)
    return { summary: 'Invalid module source address', detail: `Failed to parse module source address: ${registry.problem}.` }
  return parseRemote(text)
}

function parseVersioned(text: string): ModuleSource | SourceProblem {
  const registry = isLocal(text) ? { problem: `can't use local directory "${text}" as a module registry address` } : parseRegistry(text)
  if ('kind' in registry) return registry
  return {
    summary: 'Invalid registry module source address',
    detail: `Failed to parse module registry address: ${registry.problem}.\n\nTerraform assumed that you intended a module registry source address because you also set the argument "version", which applies only to registry modules.`,
  }
}

function isLocal(text: string): boolean {
  return /^\.{1,2}[/\\]/.test(text)
}

/** `./a` or `../a`, with forward slashes and without detours. */
function cleanLocal(text: string): string {
  const steps: string[] = []
  for (const part of text.replaceAll('\\', '/').split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && steps.length > 0 && steps.at(-1) !== '..') steps.pop()
    else steps.push(part)
  }
  const joined = steps.join('/')
  if (joined === '') return './'
  return joined.startsWith('..') ? (joined === '..' ? '../' : joined) : `./${joined}`
}

/** Splits off `//subdir`, which keeps a query of the package's address with the address. */
export function splitSubdir(text: string): { readonly address: string; readonly subdir: string } {
  const query = text.indexOf('?')
  const before = query === -1 ? text : text.slice(0, query)
  const scheme = before.indexOf('://')
  const at = before.indexOf('//', scheme === -1 ? 0 : scheme + 3)
  if (at === -1) return { address: text, subdir: '' }
  return { address: before.slice(0, at) + text.slice(before.length), subdir: before.slice(at + 2) }
}

/** `final`: it is a registry address for sure, so nothing else is worth trying. */
function parseRegistry(text: string): ModuleSource | { readonly problem: string; readonly final?: boolean } {
  const { address, subdir } = splitSubdir(text)
  const parts = address.split('/')
  if (parts.length !== 3 && parts.length !== 4) {
    return { problem: 'a module registry source address must have either three or four slash-separated components' }
  }
  const first = parts[0]!
  let host = defaultModuleHost
  if (parts.length === 4) host = parts.shift()!.toLowerCase()
  else if (first.includes('.')) {
    return {
      problem: 'source address must have three more components after the hostname: the namespace, the name, and the target system',
    }
  }
  const [namespace, name, system] = parts as [string, string, string]
  if (host === 'github.com' || host === 'bitbucket.org') {
    return {
      problem: `can't use "${host}" as a module registry host, because it's reserved for installing directly from version control repositories`,
    }
  }
  if (!host.includes('.')) return { problem: 'invalid module registry hostname: must contain at least one dot' }
  if (!/^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+(:\d+)?$/u.test(host)) return { problem: `invalid module registry hostname "${host}"` }
  const word = /^[0-9A-Za-z](?:[0-9A-Za-z_-]{0,62}[0-9A-Za-z])?$/
  const rule =
    'must be between one and 64 characters, including ASCII letters, digits, dashes, and underscores, where dashes and underscores may not be the prefix or suffix'
  if (!word.test(namespace)) return { problem: `invalid namespace "${namespace}": ${rule}` }
  if (!word.test(name)) return { problem: `invalid module name "${name}": ${rule}` }
  if (!/^[0-9a-z]{1,64}$/.test(system)) {
    return { problem: `invalid target system "${system}": must be between one and 64 ASCII letters or digits` }
  }
  const clean = cleanSubdir(subdir)
  if (clean === undefined) return { problem: `subdirectory path "${subdir}" leads outside of the module package`, final: true }
  return { kind: 'registry', host, namespace, name, system, subdir: clean }
}

function cleanSubdir(subdir: string): string | undefined {
  const clean = cleanLocal(`./${subdir}`)
  return clean.startsWith('..') ? undefined : clean.slice(2)
}

/** Forms that name a remote package by themselves. */
const remoteForms = [
  /^[A-Za-z][A-Za-z0-9+.-]*:/,
  /^github\.com\/[^/]+\/[^/]+/,
  /^bitbucket\.org\/[^/]+\/[^/]+/,
  /^www\.googleapis\.com\/storage\/v/,
  /amazonaws\.com\//,
  /^(?:[^@\s/]+@)[^:\s/]+:/,
  /^\//,
]

function parseRemote(text: string): ModuleSource | SourceProblem {
  const summary = 'Invalid module source address'
  if (text === '') return { summary, detail: 'Failed to parse module source address: invalid source address: .' }
  const { address, subdir } = splitSubdir(text)
  // Naming the way to get it does not spare saying from where.
  const place = address.replace(/^[A-Za-z0-9]+::/, '')
  if (!remoteForms.some((form) => form.test(place))) {
    return {
      summary,
      detail: `Terraform failed to determine your intended installation method for remote module package "${place}".\n\nIf you intended this as a path relative to the current module, use "./${place}" instead. The "./" prefix indicates that the address is a relative filesystem path.`,
    }
  }
  const full = splitSubdir(completeAddress(address))
  const clean = cleanSubdir([full.subdir, subdir].filter((part) => part !== '').join('/'))
  if (clean === undefined) {
    return { summary, detail: `Failed to parse module source address: subdirectory path "${subdir}" leads outside of the module package.` }
  }
  return { kind: 'remote', address: full.address, subdir: clean }
}

/** Shorthands and what they stand for; the first that fits is taken. */
const shorthands: readonly { readonly form: RegExp; readonly full: (match: RegExpExecArray) => string }[] = [
  {
    form: /^(github\.com|bitbucket\.org)\/([^/?]+)\/([^/?]+?)(?:\.git)?((?:\/[^?]*)?)(\?.*)?$/s,
    full: ([, host, owner, name, rest, query = '']) =>
      `git::https://${host}/${owner}/${name}.git${rest === '' || rest === '/' ? '' : `/${rest}`}${query}`,
  },
  {
    form: /^(?:ssh:\/\/)?([^@\s/:]+)@([^:/\s]+):([^?]+)(\?.*)?$/s,
    full: ([, user, host, path, query = '']) => `git::ssh://${user}@${host}/${path!.replace(/^\//, '')}${query}`,
  },
  {
    form: /^www\.googleapis\.com\/storage\/(v[^/]*\/.*)$/s,
    full: ([, rest]) => `gcs::https://www.googleapis.com/storage/${rest}`,
  },
  {
    form: /^([^./]+)\.s3[.-]([^./]+)\.amazonaws\.com\/(.*)$/s,
    full: ([whole, bucket, region, rest]) =>
      `s3::https://s3${whole.startsWith(`${bucket}.s3-`) ? '-' : '.'}${region}.amazonaws.com/${bucket}/${rest}`,
  },
  { form: /^(s3[^/]*\.amazonaws\.com\/.*)$/s, full: ([, rest]) => `s3::https://${rest}` },
  { form: /^(\/.*)$/s, full: ([, path]) => `file://${path}` },
]

/** An address with the way to get it written out. A way that is already there stays. */
function completeAddress(address: string): string {
  const [, forced, rest] = /^([A-Za-z0-9]+::)?(.*)$/s.exec(address)!
  for (const { form, full } of shorthands) {
    const match = form.exec(rest!)
    if (match === null) continue
    const complete = full(match)
    return forced === undefined ? complete : forced + complete.replace(/^[A-Za-z0-9]+::/, '')
  }
  return address
}

/** The address in the form that `modules.json` records. */
export function moduleSourceToString(source: ModuleSource): string {
  switch (source.kind) {
    case 'local':
      return source.path
    case 'registry': {
      const address = `${source.host}/${source.namespace}/${source.name}/${source.system}`
      return source.subdir === '' ? address : `${address}//${source.subdir}`
    }
    case 'remote': {
      const query = source.address.indexOf('?')
      if (source.subdir === '') return source.address
      return query === -1
        ? `${source.address}//${source.subdir}`
        : `${source.address.slice(0, query)}//${source.subdir}${source.address.slice(query)}`
    }
  }
}

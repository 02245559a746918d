import { compareVersions, parseVersion, type Version, versionToString } from '../../base/index.ts'
import { type Hosts, RegistryError, readJson } from '../discovery.ts'
import { type HttpAnswer, HttpError } from '../http.ts'

/** A module as registries know it. */
export interface RegistryModule {
  readonly host: string
  readonly namespace: string
  readonly name: string
  readonly system: string
}

/** The registry does not know the module, or not this version of it. */
export class ModuleNotFoundError extends RegistryError {
  override readonly name = 'ModuleNotFoundError'
}

/** The module registry protocol. @see reference registry-and-lock.md 8.2 */
export class ModuleRegistry {
  readonly #hosts: Hosts
  readonly #versions = new Map<string, Promise<readonly Version[]>>()

  constructor(hosts: Hosts) {
    this.#hosts = hosts
  }

  /** All versions, oldest first. Asked once a process. @throws ModuleNotFoundError, RegistryError */
  versions(module: RegistryModule): Promise<readonly Version[]> {
    const key = path(module)
    let known = this.#versions.get(`${module.host}/${key}`)
    if (known === undefined) {
      known = this.#askVersions(module)
      this.#versions.set(`${module.host}/${key}`, known)
    }
    return known
  }

  async #askVersions(module: RegistryModule): Promise<readonly Version[]> {
    const answer = await this.#get(module, 'versions')
    if (answer.status === 404) {
      answer.body.destroy()
      throw new ModuleNotFoundError(`module "${text(module)}" not found`)
    }
    checkStatus(answer, module)
    const document = (await this.#json(answer)) as { readonly modules?: readonly { readonly versions?: readonly unknown[] }[] }
    const list = Array.isArray(document?.modules) ? document.modules[0]?.versions : undefined
    if (!Array.isArray(list)) throw new RegistryError(`the registry returned an invalid answer for the versions of ${text(module)}`)
    const versions = (list as readonly { readonly version?: unknown }[]).flatMap(({ version }) =>
      typeof version === 'string' ? (parseVersion(version) ?? []) : [],
    )
    return versions.sort(compareVersions)
  }

  /** Where the package of a version is: a remote source address. @throws ModuleNotFoundError, RegistryError */
  async location(module: RegistryModule, version: Version): Promise<string> {
    const number = versionToString(version)
    const answer = await this.#get(module, `${encodeURIComponent(number)}/download`)
    if (answer.status === 404) {
      answer.body.destroy()
      throw new ModuleNotFoundError(`module "${text(module)}" version "${number}" not found`)
    }
    let location = answer.header('x-terraform-get')
    if (answer.status === 200) {
      const document = (answer.header('content-type') ?? '').includes('json') ? await this.#json(answer) : undefined
      const given = (document as { readonly location?: unknown } | undefined)?.location
      if (typeof given === 'string' && given !== '') location = given
    } else if (answer.status !== 204) checkStatus(answer, module)
    answer.body.destroy()
    if (location === undefined || location === '')
      throw new RegistryError(`failed to get download URL for ${text(module)} ${number}: the registry named no location`)
    return /^\.{0,2}\//.test(location) ? resolveLocation(location, answer.url) : location
  }

  async #get(module: RegistryModule, last: string): Promise<HttpAnswer> {
    const base = await this.#hosts.service(module.host, 'modules.v1')
    if (base === undefined) throw new RegistryError(`host ${module.host} does not provide Terraform modules`)
    try {
      return await this.#hosts.http.get(new URL(`./${path(module)}/${last}`, base), {
        ...(await this.#hosts.headers(module.host)),
        accept: 'application/json',
      })
    } catch (error) {
      if (error instanceof HttpError) throw new RegistryError(error.message, { cause: error })
      throw error
    }
  }

  async #json(answer: HttpAnswer): Promise<unknown> {
    try {
      return await readJson(this.#hosts.http, answer, 'the document')
    } catch (error) {
      if (error instanceof HttpError) throw new RegistryError(error.message, { cause: error })
      throw error
    }
  }
}

/** Relative to the document that said so; `//subdir` is no part of the URL. */
function resolveLocation(location: string, base: URL): string {
  const at = location.indexOf('//', 1)
  const query = location.indexOf('?')
  const hasSubdir = at !== -1 && (query === -1 || at < query)
  if (!hasSubdir) return new URL(location, base).href
  const end = query === -1 ? location.length : query
  const url = new URL(location.slice(0, at) + location.slice(end), base)
  return `${url.origin}${url.pathname}${location.slice(at, end)}${url.search}`
}

function path({ namespace, name, system }: RegistryModule): string {
  return `${namespace}/${name}/${system}`
}

function text(module: RegistryModule): string {
  return `${module.host}/${path(module)}`
}

function checkStatus(answer: HttpAnswer, module: RegistryModule): void {
  if (answer.status === 200) return
  answer.body.destroy()
  if (answer.status === 401) throw new RegistryError(`host ${module.host} requires authentication credentials`)
  if (answer.status === 403) throw new RegistryError(`host ${module.host} rejected the given authentication credentials`)
  throw new RegistryError(`the registry answered ${answer.statusText}`)
}

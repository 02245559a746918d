import { readdirSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defaultHost, formatProviderSource, type ProviderSource, parseProviderSource } from '../addrs/index.ts'
import { assertNever, compareStrings, parseConstraints, parseVersion, versionSatisfies } from '../base/index.ts'
import { boolType, dynamicType, numberType, stringType, type Type } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import type { MaybePromise, Provider, ProviderSchema } from '../providers/index.ts'
import { impliedType } from '../schema/index.ts'
import { watchBackground } from './background-failures.ts'

/**
 * What a file of injected providers default-exports. `provider` makes the provider for one configuration. It is given what a
 * provider may use of this program (`src/providers/authoring.ts`), the same that `landform/provider` exports: values of
 * another copy of that code would not be recognised here.
 */
export interface InjectedModule {
  /** `[hostname/][namespace/]type`. */
  readonly source: string
  /** The preferred one first. Any version constraint is met all the same. */
  readonly versions: readonly string[]
  provider(kit: ProviderKit): MaybePromise<Provider>
}

export type ProviderKit = typeof import('../providers/authoring.ts')

/** A provider of a folder named by LANDFORM_PROVIDERS. */
export interface InjectedProvider {
  readonly source: ProviderSource
  readonly versions: readonly string[]
  /** Where it came from. */
  readonly file: string
  open(): Promise<Provider>
}

/** Registries that mean the same provider by the same name. */
const equivalentHosts: ReadonlySet<string> = new Set([defaultHost, 'registry.opentofu.org'])

/** Folders are read once in the life of a process: a module is never loaded twice. */
const loadedFolders = new Map<string, readonly InjectedProvider[]>()

/** The folders of a list as in LANDFORM_PROVIDERS, absolute. */
export function injectedFolders(list: string | undefined, baseDir: string): readonly string[] {
  return (list ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => resolve(baseDir, folder))
}

/** Loads the `*.js` and `*.mjs` files of folders, after which `injectedProviders` gives what they hold. What cannot be used is reported. */
export async function loadInjectedProviders(folders: readonly string[], diags: Diagnostics): Promise<void> {
  for (const folder of folders) {
    if (loadedFolders.has(folder)) continue
    const found = await loadFolder(folder, diags)
    if (found !== undefined) loadedFolders.set(folder, found)
  }
}

/** What folders hold that were loaded; of two with the same source the first counts. */
export function injectedProviders(folders: readonly string[]): readonly InjectedProvider[] {
  return folders.flatMap((folder) => loadedFolders.get(folder) ?? [])
}

/** The one that answers for an address. Both default registries are one to it. */
export function findInjected(providers: readonly InjectedProvider[], source: ProviderSource): InjectedProvider | undefined {
  return providers.find(
    (p) =>
      p.source.type === source.type &&
      p.source.namespace === source.namespace &&
      (p.source.host === source.host || (equivalentHosts.has(p.source.host) && equivalentHosts.has(source.host))),
  )
}

/** The version it is taken for: the first that meets the constraints, the preferred one where none does. */
export function injectedVersion(provider: InjectedProvider, constraints: readonly string[]): string {
  const terms = constraints.flatMap((text) => parseConstraints(text) ?? [])
  return provider.versions.find((version) => versionSatisfies(parseVersion(version)!, terms)) ?? provider.versions[0]!
}

async function loadFolder(folder: string, diags: Diagnostics): Promise<readonly InjectedProvider[] | undefined> {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => /\.m?js$/.test(name))
  } catch (error) {
    diags.error(
      'Folder of providers cannot be read',
      `The environment variable LANDFORM_PROVIDERS names the folder ${folder}: ${(error as Error).message}.`,
    )
    return undefined
  }
  const found: InjectedProvider[] = []
  for (const name of names.sort(compareStrings)) {
    const provider = await loadInjectedFile(join(folder, name), diags)
    if (provider !== undefined) found.push(provider)
  }
  return found
}

const kitKey = Symbol.for('landform.provider-kit')

/** Loads one file that default-exports an `InjectedModule`; undefined with diagnostics when it cannot be used. */
export async function loadInjectedFile(file: string, diags: Diagnostics): Promise<InjectedProvider | undefined> {
  const kit = await import('../providers/authoring.ts')
  // `landform/provider` gives out this copy from here on: identities of types and values agree.
  ;(globalThis as { [kitKey]?: ProviderKit })[kitKey] ??= kit
  const refuse = (reason: string): undefined => {
    diags.error('Provider cannot be loaded', `The file ${file} cannot be used as a provider: ${reason}`)
  }
  let module: Partial<InjectedModule> | undefined
  try {
    module = ((await import(/* @vite-ignore */ pathToFileURL(file).href)) as { default?: Partial<InjectedModule> }).default
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}.` : String(error)
    // Node 20 takes .js for CommonJS unless a package.json says otherwise.
    const hint = file.endsWith('.js') && error instanceof SyntaxError ? ' If it is an ECMAScript module, name it .mjs.' : ''
    return refuse(text + hint)
  }
  if (typeof module !== 'object' || module === null) {
    return refuse('it has no default export of the form { source, versions, provider() }.')
  }
  const { versions } = module
  const own = new Diagnostics()
  const source = typeof module.source === 'string' ? parseProviderSource(module.source, defaultHost, own) : undefined
  if (source === undefined) {
    return refuse(`its source is not in the format "[hostname/][namespace/]name".${own.items.map((d) => ` ${d.detail}`).join('')}`)
  }
  if (!Array.isArray(versions) || versions.length === 0 || versions.some((v) => typeof v !== 'string' || parseVersion(v) === undefined)) {
    return refuse('its versions are not a list of version numbers such as "1.2.3".')
  }
  if (typeof module.provider !== 'function') return refuse('it has no function named provider.')
  const loaded = module as InjectedModule
  return {
    source,
    versions: [...loaded.versions],
    file,
    async open() {
      watchBackground(file)
      const provider = await loaded.provider(kit)
      const name = formatProviderSource(source)
      if (typeof provider?.schema !== 'function') throw new Error(`The provider ${name} of ${file} has no schema.`)
      // It would fail much later and far from here.
      if (hasForeignTypes(provider.schema())) {
        throw new Error(
          `The provider ${name} of ${file} brings its own copy of Landform's types and values. Import them from 'landform/provider', and leave that import out of the bundle.`,
        )
      }
      return provider
    },
  }
}

/** Whether types were made by another copy of this program; the provider's own arguments and its first type tell. */
function hasForeignTypes(schema: ProviderSchema): boolean {
  const [resource] = schema.resourceNames()
  const [dataSource] = schema.dataSourceNames()
  const blocks = [
    schema.provider,
    resource === undefined ? undefined : schema.resource(resource)?.block,
    dataSource === undefined ? undefined : schema.dataSource(dataSource)?.block,
  ]
  return blocks.some((block) => block !== undefined && isForeign(impliedType(block)))
}

function isForeign(type: Type): boolean {
  switch (type.kind) {
    case 'string':
      return type !== stringType
    case 'number':
      return type !== numberType
    case 'bool':
      return type !== boolType
    case 'dynamic':
      return type !== dynamicType
    case 'list':
    case 'set':
    case 'map':
      return isForeign(type.element)
    case 'tuple':
      return type.elements.some(isForeign)
    case 'object':
      return [...type.attributes.values()].some(isForeign)
    case 'capsule':
      return false
    default:
      return assertNever(type)
  }
}

import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import type { Diagnostics } from '../diags/index.ts'
import { cachePath, readCache, replaceFile, writeCache } from './_cache.ts'
import { Packages } from './_packages.ts'
import type { Sources } from './_sources.ts'
import { TextPlaces } from './_text-place.ts'
import type { Project } from './project.ts'

/** File names in the cache. */
export const bundleName = 'environments.cjs'
const recordName = 'bundle.json'

/**
 * Bundles all environments into one CommonJS file, unless that of these very sources is there. cdktf, constructs and all other packages stay outside: see
 * `Packages`.
 *
 * @returns the path of the bundle; undefined with diagnostics when the sources cannot be bundled.
 */
export async function bundleEnvironments(project: Project, sources: Sources, diags: Diagnostics): Promise<string | undefined> {
  const path = cachePath(project, bundleName)
  if (readCache(project, recordName, sources.digest) === true && existsSync(path)) return path
  const { build } = await import('esbuild')
  try {
    const { outputFiles, metafile } = await build({
      stdin: { contents: entry(project, sources), resolveDir: project.root, sourcefile: 'landform-entry.ts', loader: 'ts' },
      absWorkingDir: project.root,
      outfile: path,
      write: false,
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      metafile: true,
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      // Settings of the type check that are none of a bundler's business.
      tsconfigRaw: { compilerOptions: { target: 'ES2022', useDefineForClassFields: true, verbatimModuleSyntax: true } },
    })
    const imports = new Set(Object.values(metafile.outputs).flatMap((output) => output.imports.map((found) => found.path)))
    await Packages.prepare(project, [...imports].filter((name) => !isBuiltin(name)).sort())
    for (const file of outputFiles) replaceFile(file.path, file.contents)
    writeCache(project, recordName, sources.digest, true)
    return path
  } catch (error) {
    reportBuildErrors(project, error, diags)
    return undefined
  }
}

interface BuildError {
  readonly text: string
  readonly location: { readonly file: string; readonly line: number; readonly column: number; readonly length: number } | null
}

function reportBuildErrors(project: Project, error: unknown, diags: Diagnostics): void {
  const { errors } = error as { errors?: readonly BuildError[] }
  if (errors === undefined || errors.length === 0) throw error
  const places = new TextPlaces(project.root)
  for (const { text, location } of errors) {
    const place = location === null ? {} : { subject: places.at(location.file, location.line, location.column + 1, location.length) }
    const remedy = /^Could not resolve "[^."]/.test(text) ? '\n\nIf it is a package of this repository, install it:\n    npm ci' : ''
    diags.error('Environments cannot be bundled', `${text}.${remedy}`, place)
  }
}

/** What is bundled: every environment and every other stack behind a function of its own, so that only what is asked for is run. */
function entry(project: Project, sources: Sources): string {
  const stacks = project.environments.map((name) => [name, `./environments/${name}.ts`] as const)
  const store = sources.files.has(storeSource) ? [[storeStack, `./${storeSource}`] as const] : []
  const rows = [...stacks, ...store].map(([name, path]) => `  ${JSON.stringify(name)}: () => require(${JSON.stringify(path)}).default,\n`)
  return `export * as accounts from './environments/accounts.ts'
export const cdktf = () => require('cdktf')
export const constructs = () => require('constructs')
export const stacks = {
${rows.join('')}}
`
}

/** The stack that creates the state store is no environment; it goes by this name. */
export const storeStack = 'state'
export const storeSource = join('state', 'store.ts')

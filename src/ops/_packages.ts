import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { cachePath, readCache, replaceFile, writeCache } from './_cache.ts'
import type { Project } from './project.ts'

const bundleName = 'packages.cjs'
const codeName = 'packages.code'
const recordName = 'packages.json'

/**
 * The installed packages that environments import, cdktf among them, as one file: loaded one by one they are hundreds, and finding them takes longer than
 * all else. They change only when something else is imported or installed. In this process each is there once.
 */
export class Packages {
  readonly #project: Project
  readonly #native: NodeJS.Require
  #loaders: Readonly<Record<string, () => unknown>> = {}
  #script: Script | undefined
  #hasCode = false

  private constructor(project: Project) {
    this.#project = project
    this.#native = createRequire(join(project.root, 'package.json'))
  }

  /** Has the file made where it is not there for these imports. What cannot be bundled is loaded from where it is installed. */
  static async prepare(project: Project, imports: readonly string[]): Promise<void> {
    const digest = digestOf(project, imports)
    if (readCache<boolean>(project, recordName, digest) !== undefined && existsSync(cachePath(project, bundleName))) return
    const { build } = await import('esbuild')
    const rows = imports.map((name) => `  ${JSON.stringify(name)}: () => require(${JSON.stringify(name)}),\n`)
    let text = 'module.exports = {}\n'
    try {
      const { outputFiles } = await build({
        stdin: { contents: `module.exports = {\n${rows.join('')}}\n`, resolveDir: project.root, sourcefile: 'packages.js', loader: 'js' },
        absWorkingDir: project.root,
        write: false,
        bundle: true,
        format: 'cjs',
        platform: 'node',
        target: 'node20',
        minifySyntax: true,
        minifyWhitespace: true,
        legalComments: 'none',
        logLevel: 'silent',
      })
      text = outputFiles[0]!.text
    } catch {
      // A package that a bundler cannot read, such as one with native code; or one that is missing, which is told when it is loaded.
    }
    replaceFile(cachePath(project, bundleName), text)
    replaceFile(cachePath(project, codeName), '')
    writeCache(project, recordName, digest, true)
  }

  static load(project: Project): Packages {
    const packages = new Packages(project)
    const path = cachePath(project, bundleName)
    const code = readFileSync(cachePath(project, codeName))
    const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'utf8')}\n})`
    const script = new Script(source, { filename: path, ...(code.length === 0 ? {} : { cachedData: code }) })
    packages.#hasCode = code.length > 0 && script.cachedDataRejected !== true
    packages.#script = script
    const module = { exports: {} }
    const run = script.runInThisContext() as (...args: unknown[]) => void
    run(module.exports, packages.#native, module, path, join(path, '..'))
    packages.#loaders = module.exports
    return packages
  }

  /** As Node's own `require`, for what is bundled and what is not. */
  require = (name: string): unknown => {
    return Object.hasOwn(this.#loaders, name) ? this.#loaders[name]!() : this.#native(name)
  }

  /** Keeps what V8 has compiled by now for later runs. */
  keepCode(): void {
    if (this.#hasCode || this.#script === undefined) return
    this.#hasCode = true
    replaceFile(cachePath(this.#project, codeName), this.#script.createCachedData())
  }
}

function digestOf(project: Project, imports: readonly string[]): string {
  const hash = createHash('sha256').update(process.version).update(imports.join('\0'))
  for (const path of ['package-lock.json', 'node_modules/.package-lock.json']) {
    try {
      hash.update(readFileSync(join(project.root, path)))
    } catch {
      hash.update('none')
    }
  }
  return hash.digest('hex')
}

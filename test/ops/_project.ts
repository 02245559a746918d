import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Diagnostic, formatRange } from '../../src/diags/index.ts'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

/** A copy of this repository's environments in a folder of its own, to be edited and broken. */
export class TestProject {
  readonly root: string

  /** @param options with `types: false` sources are not type-checked, which takes the compiler seconds after each edit */
  constructor(options: { readonly types: boolean } = { types: true }) {
    this.root = mkdtempSync(join(tmpdir(), 'landform-project-'))
    for (const folder of ['environments', 'modules', 'state'])
      cpSync(join(repository, folder), join(this.root, folder), { recursive: true })
    for (const file of ['tsconfig.json', 'package.json', 'package-lock.json', 'Makefile']) {
      if (existsSync(join(repository, file))) cpSync(join(repository, file), join(this.root, file))
    }
    const packages = join(this.root, 'node_modules')
    if (options.types) {
      symlinkSync(join(repository, 'node_modules'), packages)
      return
    }
    mkdirSync(join(packages, 'typescript', 'bin'), { recursive: true })
    for (const name of readdirSync(join(repository, 'node_modules'))) {
      if (name !== 'typescript' && name !== '@typescript') symlinkSync(join(repository, 'node_modules', name), join(packages, name))
    }
    writeFileSync(join(packages, 'typescript', 'bin', 'tsc'), '')
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8')
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.root, path), text)
  }

  /** @throws Error when the text to be replaced is not there: the test is out of date then */
  edit(path: string, from: string, to: string): void {
    const text = this.read(path)
    if (!text.includes(from)) throw new Error(`${path} has no ${JSON.stringify(from)}`)
    this.write(path, text.replace(from, to))
  }

  /** Undoes edits of sources. */
  reset(): void {
    for (const folder of ['environments', 'modules', 'state']) {
      rmSync(join(this.root, folder), { recursive: true, force: true })
      cpSync(join(repository, folder), join(this.root, folder), { recursive: true })
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** A diagnostic as `summary | detail | file:line`. */
export function brief(d: Diagnostic): string {
  const place = d.subject === undefined ? '' : formatRange(d.subject).replace(/,.*$/, '')
  return `${d.summary} | ${d.detail} | ${place}`
}

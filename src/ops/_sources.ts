import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { landformVersion } from '../workdir/index.ts'
import { type Project, sourceFolders } from './project.ts'

/** The TypeScript that environments are made of, as it is now. */
export interface Sources {
  /** Text by path relative to the project. */
  readonly files: ReadonlyMap<string, string>
  /** Changes when a source, a compiler setting or a locked dependency changes. */
  readonly digest: string
}

export function readSources(project: Project): Sources {
  const files = new Map<string, string>()
  for (const folder of sourceFolders) collect(project.root, folder, files)
  const hash = createHash('sha256').update(`${landformVersion}\0${process.version}`)
  for (const [path, text] of files) hash.update(`\0${path}\0${text.length}\0${text}`)
  for (const path of ['package-lock.json', 'tsconfig.json', 'environments/tsconfig.json'])
    hash.update(`\0${path}\0${tryRead(join(project.root, path))}`)
  return { files, digest: hash.digest('hex') }
}

function collect(root: string, folder: string, into: Map<string, string>): void {
  let entries: readonly import('node:fs').Dirent[]
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true })
  } catch {
    return
  }
  for (const entry of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) collect(root, path, into)
    else if (entry.name.endsWith('.ts')) into.set(path, readFileSync(join(root, path), 'utf8'))
  }
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** What could answer differently another time: the environment, the clock, chance, files, other programs. */
const inconstant = /\b(process|Date|globalThis|fetch|performance|crypto|require)\b|Math\.random|\bimport\s*\(/
/** Packages whose constructs are made of what they are given alone. */
const constant = /^(\.|(cdktf|cdktn|constructs)$|@(cdktf|cdktn)\/)/

/** Whether the sources can only give the same stacks again. Said of the text, so it errs towards no. */
export function isReproducible(sources: Sources): boolean {
  for (const source of sources.files.values()) {
    // Comments that begin a line: elsewhere the characters may belong to a string.
    const text = source.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '')
    if (inconstant.test(text)) return false
    for (const [, name] of text.matchAll(/\bfrom\s*['"]([^'"]+)['"]|^\s*import\s+['"]/gm))
      if (name === undefined || !constant.test(name)) return false
  }
  return true
}

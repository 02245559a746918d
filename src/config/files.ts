import { compareStrings } from '../base/index.ts'

/** The files of a folder that make up a module, in the order in which they are read. */
export interface ConfigFiles {
  readonly primary: readonly string[]
  /** Merged over the others afterwards. */
  readonly override: readonly string[]
  /** Files for OpenTofu only, which are left out. */
  readonly foreign: readonly string[]
}

/** Picks the configuration files out of a folder's names; hidden files and those that editors leave behind do not count. */
export function selectConfigFiles(names: readonly string[]): ConfigFiles {
  const primary: string[] = []
  const override: string[] = []
  const foreign: string[] = []
  for (const name of names.toSorted(compareStrings)) {
    if (isIgnoredFile(name)) continue
    if (/\.tofu(\.json)?$/.test(name)) foreign.push(name)
    const match = /^(.*)\.tf(\.json)?$/.exec(name)
    if (match === null) continue
    const base = match[1]!
    if (base === 'override' || base.endsWith('_override')) override.push(name)
    else primary.push(name)
  }
  return { primary, override, foreign }
}

export function isIgnoredFile(name: string): boolean {
  return name.startsWith('.') || name.endsWith('~') || (name.startsWith('#') && name.endsWith('#'))
}

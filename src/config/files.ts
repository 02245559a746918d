import { compareStrings } from '../base/index.ts'
import type { ConfigDialect } from './config.ts'

/** The files of a folder that make up a module, in the order in which they are read. */
export interface ConfigFiles {
  readonly primary: readonly string[]
  /** Merged over the others afterwards. */
  readonly override: readonly string[]
}

/**
 * Picks the configuration files out of a folder's names; hidden files and those that editors leave behind do not count. Of
 * `x.tf` and `x.tofu` one hides the other: a tool reads its own.
 */
export function selectConfigFiles(names: readonly string[], dialect: ConfigDialect = 'terraform'): ConfigFiles {
  const primary: string[] = []
  const override: string[] = []
  const all = new Set(names)
  for (const name of names.toSorted(compareStrings)) {
    if (isIgnoredFile(name)) continue
    const match = /^(.*)\.(tf|tofu)((?:\.json)?)$/.exec(name)
    if (match === null) continue
    const [, base, extension, json] = match as unknown as readonly [string, string, string, string]
    const own = dialect === 'tofu' ? 'tofu' : 'tf'
    if (extension !== own && all.has(`${base}.${own}${json}`)) continue
    if (base === 'override' || base.endsWith('_override')) override.push(name)
    else primary.push(name)
  }
  return { primary, override }
}

export function isIgnoredFile(name: string): boolean {
  return name.startsWith('.') || name.endsWith('~') || (name.startsWith('#') && name.endsWith('#'))
}

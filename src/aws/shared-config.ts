import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Settings of one profile, keys in lower case. Indented settings below a key appear as `key.name`. */
export type ProfileSettings = ReadonlyMap<string, string>

export interface SharedConfig {
  profile(name: string): ProfileSettings | undefined
  /** The `[services NAME]` section. */
  services(name: string): ProfileSettings | undefined
}

type Sections = ReadonlyMap<string, ProfileSettings>

/** Sections of an AWS configuration file. Lines that are none of its forms are passed over, as the SDKs do. */
export function parseIni(text: string): Sections {
  const sections = new Map<string, Map<string, string>>()
  let section: Map<string, string> | undefined
  let parent: string | undefined
  for (const line of text.split(/\r?\n/)) {
    const bare = line.replace(/(^|\s)[#;].*$/, '').trimEnd()
    if (bare.trim() === '') continue
    const header = /^\[([^\]]+)\]/.exec(bare)
    if (header !== null) {
      const name = header[1]!.trim().replace(/\s+/g, ' ').replace(/"/g, '')
      section = sections.get(name) ?? new Map()
      sections.set(name, section)
      parent = undefined
      continue
    }
    const setting = /^(\s*)([^=\s]+)\s*=\s*(.*)$/.exec(bare)
    if (setting === null || section === undefined) continue
    const key = setting[2]!.toLowerCase()
    if (setting[1] === '') {
      parent = key
      section.set(key, setting[3]!.trim())
    } else if (parent !== undefined) section.set(`${parent}.${key}`, setting[3]!.trim())
  }
  return sections
}

export interface SharedConfigFiles {
  readonly configFiles?: readonly string[] | undefined
  readonly credentialsFiles?: readonly string[] | undefined
}

export function sharedConfigPaths(
  files: SharedConfigFiles,
  env: NodeJS.ProcessEnv,
): { config: readonly string[]; credentials: readonly string[] } {
  const expand = (path: string): string => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path)
  const pick = (given: readonly string[] | undefined, variable: string, standard: string): readonly string[] =>
    given !== undefined && given.length > 0 ? given.map(expand) : [expand(env[variable] || standard)]
  return {
    config: pick(files.configFiles, 'AWS_CONFIG_FILE', '~/.aws/config'),
    credentials: pick(files.credentialsFiles, 'AWS_SHARED_CREDENTIALS_FILE', '~/.aws/credentials'),
  }
}

/** Reads the files that exist; later files and the credentials file win. */
export async function readSharedConfig(files: SharedConfigFiles, env: NodeJS.ProcessEnv): Promise<SharedConfig> {
  const paths = sharedConfigPaths(files, env)
  const profiles = new Map<string, Map<string, string>>()
  const services = new Map<string, Map<string, string>>()
  const merge = (into: Map<string, Map<string, string>>, name: string, settings: ProfileSettings): void => {
    into.set(name, new Map([...(into.get(name) ?? []), ...settings]))
  }
  for (const path of paths.config) {
    for (const [name, settings] of parseIni(await readIfThere(path))) {
      if (name === 'default') merge(profiles, name, settings)
      else if (name.startsWith('profile ')) merge(profiles, name.slice(8), settings)
      else if (name.startsWith('services ')) merge(services, name.slice(9), settings)
    }
  }
  for (const path of paths.credentials) {
    for (const [name, settings] of parseIni(await readIfThere(path))) merge(profiles, name, settings)
  }
  return { profile: (name) => profiles.get(name), services: (name) => services.get(name) }
}

async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return ''
    throw error
  })
}

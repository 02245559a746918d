import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { suggest } from '../base/index.ts'
import type { Diagnostics } from '../diags/index.ts'

/** A repository with environments: the folder that holds `environments/accounts.ts`. */
export interface Project {
  readonly root: string
  /** What Landform keeps for itself: caches, plans, the sandbox. Not under version control. */
  readonly dataDir: string
  /** Names of the environments, sorted. Files of `environments/` that export a function of the app by default. */
  readonly environments: readonly string[]
}

/** Folders whose TypeScript makes up the environments. */
export const sourceFolders = ['environments', 'modules', 'state'] as const

/** The project that a folder lies in; undefined with a diagnostic when it lies in none. */
export function openProject(from: string, diags: Diagnostics): Project | undefined {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'environments', 'accounts.ts'))) {
      return { root: dir, dataDir: join(dir, '.landform'), environments: listEnvironments(dir) }
    }
    if (dirname(dir) === dir) break
  }
  diags.error(
    'No environments here',
    `Neither ${from} nor a folder above it has a file environments/accounts.ts, which says what accounts there are. Run this in a repository with environments, or begin with the one that Landform comes with.`,
  )
  return undefined
}

function listEnvironments(root: string): readonly string[] {
  const dir = join(root, 'environments')
  return readdirSync(dir)
    .filter((file) => file.endsWith('.ts') && /^export default\b/m.test(readFileSync(join(dir, file), 'utf8')))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort()
}

/**
 * The environments that a name asks for: itself, several with commas between them, or every one for `all`; in the order given.
 * Undefined with a diagnostic for an unknown name.
 */
export function selectEnvironments(
  project: Project,
  name: string,
  order: readonly string[],
  diags: Diagnostics,
): readonly string[] | undefined {
  const position = (n: string): number => (order.includes(n) ? order.indexOf(n) : order.length)
  const sorted = (names: readonly string[]): readonly string[] => [...names].sort((a, b) => position(a) - position(b))
  if (name === 'all' || name === 'affected') return sorted(project.environments)
  const names = [...new Set(name.split(',').map((part) => part.trim()))]
  let known = true
  for (const each of names) {
    if (project.environments.includes(each)) continue
    known = false
    const near = suggest(each, project.environments)
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`
    diags.error(
      'Unknown environment',
      `There is no environment named ${JSON.stringify(each)}.${hint} The environments are ${project.environments.join(', ')}, or "all" for each in turn; to add one, write environments/${/^[a-z][a-z0-9-]*$/.test(each) ? each : 'NAME'}.ts.`,
    )
  }
  return known ? sorted(names) : undefined
}

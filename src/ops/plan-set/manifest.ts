import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { replaceFile } from '../_cache.ts'
import type { Project } from '../project.ts'
import type { Protection } from '../protection.ts'

/** How far a stack of a set is. `applying`: begun, and not known to have ended. */
export type StackProgress = 'planned' | 'applying' | 'failed' | 'applied'

/** What a saved plan was made of, and how far applying it has come. */
export interface SetEntry {
  readonly progress: StackProgress
  /** Of the plan file. */
  readonly digest: string
  /** Stacks that were planned together have the same. */
  readonly set: string
  /** Of the sources; undefined where there is no repository of git. */
  readonly commit: string | undefined
  readonly dirty: boolean
  readonly target: 'sandbox' | 'aws'
  /** Of the synthesised stack. */
  readonly sources: string
  /** Of the dependency lock file, where there is one. */
  readonly lock: string | undefined
  readonly lineage: string
  readonly serial: number
  /** Stacks of the set whose states it reads. */
  readonly upstream: readonly string[]
  /** Protected changes in it. */
  readonly verdicts: readonly Verdict[]
}

/** A protected change, and since when it has been waiting. */
export interface Verdict {
  readonly address: string
  readonly protection: Protection
  /** ISO 8601 in UTC. */
  readonly since: string
}

/** The saved plans of a project, by the names of their stacks. */
export type Manifest = Readonly<Record<string, SetEntry>>

function manifestPath(project: Project): string {
  return join(project.dataDir, 'plans', 'set.json')
}

/** What is recorded; nothing where nothing can be read. */
export function readManifest(project: Project): Manifest {
  try {
    const json = JSON.parse(readFileSync(manifestPath(project), 'utf8')) as { version?: unknown; stacks?: Manifest }
    return json.version === 1 && typeof json.stacks === 'object' && json.stacks !== null ? json.stacks : {}
  } catch {
    return {}
  }
}

/** Records stacks, and removes those given as undefined. Written for its owner alone. */
export function updateManifest(project: Project, changes: Readonly<Record<string, SetEntry | undefined>>): void {
  const stacks: Record<string, SetEntry> = { ...readManifest(project) }
  for (const [name, entry] of Object.entries(changes)) {
    if (entry === undefined) delete stacks[name]
    else stacks[name] = entry
  }
  const path = manifestPath(project)
  mkdirSync(dirname(path), { recursive: true })
  if (Object.keys(stacks).length === 0) rmSync(path, { force: true })
  else replaceFile(path, `${JSON.stringify({ version: 1, stacks }, undefined, 2)}\n`, 0o600)
}

export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

export function fileDigest(path: string): string | undefined {
  try {
    return digestOf(readFileSync(path))
  } catch {
    return undefined
  }
}

/** Where the report of what was planned last is kept. */
export function reportPath(project: Project): string {
  return join(project.dataDir, 'plans', 'report.json')
}

export function keepReport(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode: 0o600 })
}

import type { Draft, Plain } from './resource.ts'

function listOf(value: Plain | undefined): readonly Plain[] {
  return Array.isArray(value) ? (value as readonly Plain[]) : []
}

/** Blocks that the service fills in by itself: where the configuration has none, those that are there stay. */
export function keepMissingBlocks({ planned, prior, config }: Draft, ...names: readonly string[]): void {
  for (const name of names) if (prior !== undefined && listOf(config[name]).length === 0) planned[name] = prior[name] ?? []
}

import { type Draft, type Plain, type PlainObject, plainEquals } from './resource.ts'

function listOf(value: Plain | undefined): readonly Plain[] {
  return Array.isArray(value) ? (value as readonly Plain[]) : []
}

/** Blocks that the service fills in by itself: where the configuration has none, those that are there stay. */
export function keepMissingBlocks({ planned, prior, config }: Draft, ...names: readonly string[]): void {
  for (const name of names) if (prior !== undefined && listOf(config[name]).length === 0) planned[name] = prior[name] ?? []
}

/** Elements of a set of blocks that mean the same as one that is there are taken from there. */
export function keepSameBlocks({ planned, prior }: Draft, name: string, normal: (block: PlainObject) => Plain): void {
  const before = listOf(prior?.[name])
  if (before.length === 0 || !Array.isArray(planned[name])) return
  planned[name] = listOf(planned[name]).map((block) => {
    const own = normal(block as PlainObject)
    return before.find((known) => plainEquals(normal(known as PlainObject), own)) ?? block
  })
}

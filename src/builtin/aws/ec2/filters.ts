import type { Plain, PlainObject } from '../../../providers/kit/index.ts'

/** The `filter` blocks of a data source as EC2 takes them. */
export function filtersOf(blocks: Plain | undefined): { Name: string; Values: string[] }[] {
  if (!Array.isArray(blocks)) return []
  return (blocks as readonly PlainObject[]).map((block) => ({ Name: String(block.name), Values: [...textsOf(block.values)] }))
}

export function textsOf(plain: Plain | undefined): readonly string[] {
  return Array.isArray(plain) ? (plain as readonly Plain[]).filter((e): e is string => typeof e === 'string') : []
}

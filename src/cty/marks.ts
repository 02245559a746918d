/** Something to remember about a value beside its content. The language uses the two named here and deprecation marks. */
export type Mark = string | DeprecationMark

/** Using the value deserves a warning with this message. */
export interface DeprecationMark {
  readonly kind: 'deprecation'
  readonly message: string
}

export const SENSITIVE: Mark = 'sensitive'
export const EPHEMERAL: Mark = 'ephemeral'

export type Marks = ReadonlySet<Mark>

/** The union; shares an argument where that is already the answer. */
export function unionMarks(a: Marks | undefined, b: Marks | undefined): Marks | undefined {
  if (a === undefined || a === b) return b
  if (b === undefined) return a
  let all: Set<Mark> | undefined
  for (const mark of b) {
    if (a.has(mark)) continue
    all ??= new Set(a)
    all.add(mark)
  }
  return all ?? a
}

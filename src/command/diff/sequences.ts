/** Positions of a longest common subsequence of two sequences, as pairs of indexes in ascending order. */
export function commonSubsequence<T>(
  before: readonly T[],
  after: readonly T[],
  equal: (a: T, b: T) => boolean,
): readonly (readonly [number, number])[] {
  let start = 0
  while (start < before.length && start < after.length && equal(before[start]!, after[start]!)) start++
  let endBefore = before.length
  let endAfter = after.length
  while (endBefore > start && endAfter > start && equal(before[endBefore - 1]!, after[endAfter - 1]!)) {
    endBefore--
    endAfter--
  }
  const pairs: [number, number][] = []
  for (let i = 0; i < start; i++) pairs.push([i, i])
  pairs.push(...middle(before, after, start, endBefore, start, endAfter, equal))
  for (let i = endBefore; i < before.length; i++) pairs.push([i, i - endBefore + endAfter])
  return pairs
}

/** Above this many comparisons the middle is shown as replaced: nobody reads a diff of such a size line by line. */
const maxCells = 4_000_000

function middle<T>(
  before: readonly T[],
  after: readonly T[],
  fromBefore: number,
  toBefore: number,
  fromAfter: number,
  toAfter: number,
  equal: (a: T, b: T) => boolean,
): [number, number][] {
  const rows = toBefore - fromBefore
  const columns = toAfter - fromAfter
  if (rows === 0 || columns === 0 || rows * columns > maxCells) return []
  const width = columns + 1
  // lengths[i * width + j]: the longest for the prefixes of i and j elements.
  const lengths = new Uint32Array((rows + 1) * width)
  for (let i = 1; i <= rows; i++) {
    for (let j = 1; j <= columns; j++) {
      const same = equal(before[fromBefore + i - 1]!, after[fromAfter + j - 1]!)
      lengths[i * width + j] = same
        ? lengths[(i - 1) * width + j - 1]! + 1
        : Math.max(lengths[(i - 1) * width + j]!, lengths[i * width + j - 1]!)
    }
  }
  const pairs: [number, number][] = []
  let i = rows
  let j = columns
  while (i > 0 && j > 0) {
    if (equal(before[fromBefore + i - 1]!, after[fromAfter + j - 1]!)) {
      pairs.push([fromBefore + i - 1, fromAfter + j - 1])
      i--
      j--
    } else if (lengths[(i - 1) * width + j]! > lengths[i * width + j - 1]!) i--
    else j--
  }
  return pairs.reverse()
}

/** A longest common subsequence with each of its elements at the first place where it can be: of equal ones the later ones go. */
function leftmost<T>(before: readonly T[], after: readonly T[], equal: (a: T, b: T) => boolean): readonly (readonly [number, number])[] {
  let b = 0
  let a = 0
  return commonSubsequence(before, after, equal).map(([i, j]) => {
    while (b < i && !equal(before[b]!, after[j]!)) b++
    while (a < j && !equal(before[i]!, after[a]!)) a++
    return [b++, a++] as const
  })
}

/**
 * Pairs up two sequences for showing: what is common stays together; between common elements the old ones go and the new
 * ones come, except that two which `pairable` accepts are shown as one that changed.
 */
export function alignSequences<T>(
  before: readonly T[],
  after: readonly T[],
  equal: (a: T, b: T) => boolean,
  pairable: (a: T, b: T) => boolean,
): readonly (readonly [number | undefined, number | undefined])[] {
  const result: [number | undefined, number | undefined][] = []
  let b = 0
  let a = 0
  for (const [commonBefore, commonAfter] of [...leftmost(before, after, equal), [before.length, after.length] as const]) {
    while (b < commonBefore) {
      if (a < commonAfter && pairable(before[b]!, after[a]!)) result.push([b++, a++])
      else result.push([b++, undefined])
    }
    while (a < commonAfter) result.push([undefined, a++])
    if (b < before.length || a < after.length) result.push([b++, a++])
  }
  return result
}

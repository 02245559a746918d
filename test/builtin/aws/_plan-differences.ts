/** Where the two are known to plan differently: `TYPE ATTRIBUTE OPERATION`, the difference, and why it is left. */
const known: readonly (readonly [cell: RegExp, difference: RegExp, why: string])[] = []

/** The reason; undefined for a difference that nobody has looked at. */
export function knownDifference(typeName: string, cell: string, difference: string): string | undefined {
  return known.find(([where, what]) => where.test(`${typeName} ${cell}`) && what.test(difference))?.[2]
}

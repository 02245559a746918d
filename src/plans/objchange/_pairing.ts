import { setKey, takeMarks, type Value } from '../../cty/index.ts'
import { attributeEntries, type BlockSchema } from '../../schema/index.ts'
import { isKeyed } from './_members.ts'

/*
 * Elements of sets are compared with each other, each with each, for want of anything to tell them by. Where what belongs together has
 * something in common, that narrows the search to those that have it, so that sets of a thousand take no million comparisons.
 */

/** A text that two elements share when they have in common what `keyOf` looks at. */
export type KeyOf = (element: Value) => string

/** The same text for elements that are equal, apart from what is known of their unknown parts. */
export const wholeKey: KeyOf = (element) => setKey(takeMarks(element)[0])

/** Where nothing tells elements apart beforehand. */
export const anyKey: KeyOf = () => ''

/** The same text for elements that have equal values of these members. */
export function membersKey(names: readonly string[]): KeyOf {
  return (element) => {
    const [plain] = takeMarks(element)
    if (!isKeyed(plain)) return setKey(plain)
    const members = plain.asMap()
    return names.map((name) => keyOfMember(members.get(name))).join(';')
  }
}

/** The names of attributes that have the value of the configuration, and no other. */
export function configuredMembers(attributes: BlockSchema['attributes']): readonly string[] {
  return attributeEntries(attributes).flatMap(({ name, attribute: a }) => (a.computed === true || a.nestedType !== undefined ? [] : [name]))
}

/** The names of members that are known, whatever is in them, in all the elements. */
export function knownMembers(elements: readonly Value[], names: readonly string[]): readonly string[] {
  return names.filter((name) => elements.every((e) => e.isKnown && (!isKeyed(e) || (e.unmark().asMap().get(name)?.isWhollyKnown ?? true))))
}

/** Finds, in order, the elements that may belong to another one: all that share its key, and where there are few elements, others too. */
export function candidatesAmong(elements: readonly Value[], keyOf: KeyOf): (other: Value) => readonly Value[] {
  // Comparing a few takes less than making their keys.
  if (elements.length < 8) return () => elements
  const byKey = new Map<string, Value[]>()
  for (const element of elements) {
    const key = keyOf(element)
    const sharing = byKey.get(key)
    if (sharing === undefined) byKey.set(key, [element])
    else sharing.push(element)
  }
  return (other) => byKey.get(keyOf(other)) ?? none
}

const none: readonly Value[] = []

function keyOfMember(member: Value | undefined): string {
  return member === undefined ? '~' : setKey(member)
}

import {
  attributeStep,
  CtyError,
  conforms,
  emptyPath,
  indexStep,
  mismatchMessage,
  numberVal,
  type Path,
  rawEquals,
  refine,
  stringVal,
  takeMarks,
  typeEquals,
  type Value,
} from '../../cty/index.ts'
import { attributeType, type BlockSchema, nestedBlockType } from '../../schema/index.ts'
import { describe } from './_describe.ts'
import { elements, entries, member } from './_members.ts'
import { anyKey, candidatesAmong, type KeyOf, knownMembers, membersKey, wholeKey } from './_pairing.ts'
import type { ObjectProblem } from './plan-valid.ts'

/**
 * Whether what came out of apply is what the plan promised: what was known is the same, what was unknown is now any value
 * of its type that fits what was said about it. Sets may shrink, since elements that were unknown may turn out equal.
 *
 * Serves as well for the plan made again right before apply, which must keep to the one that was approved.
 */
export function assertApplyCompatible(block: BlockSchema, planned: Value, actual: Value): ObjectProblem[] {
  const problems: ObjectProblem[] = []
  compareBlocks(block, planned, actual, emptyPath, problems)
  return problems
}

function compareBlocks(block: BlockSchema, planned: Value, actual: Value, path: Path, problems: ObjectProblem[]): void {
  if (planned.isNull && !actual.isNull) return void problems.push({ path, message: 'was absent, but now present' })
  if (actual.isNull && planned.hasContent) return void problems.push({ path, message: 'was present, but now absent' })
  if (!planned.hasContent || actual.isNull) return

  for (const [name, attribute] of Object.entries(block.attributes)) {
    const type = attributeType(attribute)
    const at = [...path, attributeStep(name)]
    const before = member(planned, name, type)
    const now = member(actual, name, type)
    const [plainBefore] = takeMarks(before)
    const [plainNow] = takeMarks(now)
    const found: ObjectProblem[] = []
    compareValues(plainBefore, plainNow, at, found)
    if (found.length > 0 && (attribute.sensitive === true || before.containsMarked || now.containsMarked)) {
      problems.push({ path: at, message: 'inconsistent values for sensitive attribute' })
    } else problems.push(...found)
  }

  for (const [name, nested] of Object.entries(block.blockTypes)) {
    const type = nestedBlockType(nested)
    const at = [...path, attributeStep(name)]
    const before = member(planned, name, type).unmark()
    const now = member(actual, name, type).unmark()
    if (nested.nesting === 'single' || nested.nesting === 'group') {
      compareBlocks(nested.block, before, now, at, problems)
      continue
    }
    // A block collection that is null or unknown breaks other rules, which others check.
    if (!before.hasContent || !now.hasContent) continue
    if (nested.nesting === 'map') {
      const result = entries(now)
      for (const [key, value] of entries(before)) {
        const other = result.get(key)
        if (other === undefined) problems.push({ path: at, message: `block key ${JSON.stringify(key)} has vanished` })
        else compareBlocks(nested.block, value, other, [...at, indexStep(stringVal(key))], problems)
      }
      for (const key of result.keys()) {
        if (!entries(before).has(key)) problems.push({ path: at, message: `new block key ${JSON.stringify(key)} has appeared` })
      }
    } else if (nested.nesting === 'list') {
      const was = elements(before)
      const is = elements(now)
      if (was.length !== is.length) {
        problems.push({ path: at, message: `block count changed from ${was.length} to ${is.length}` })
        continue
      }
      for (let i = 0; i < was.length; i++) compareBlocks(nested.block, was[i]!, is[i]!, [...at, indexStep(numberVal(i))], problems)
    } else {
      const was = elements(before)
      const keyOf = membersKey(knownMembers(was, Object.keys(nested.block.attributes)))
      compareSets(was, elements(now), at, problems, keyOf, (a, b) => {
        const found: ObjectProblem[] = []
        compareBlocks(nested.block, a, b, at, found)
        return found.length === 0
      })
    }
  }
}

function compareSets(
  planned: readonly Value[],
  actual: readonly Value[],
  path: Path,
  problems: ObjectProblem[],
  keyOf: KeyOf,
  compatible: (planned: Value, actual: Value) => boolean,
): void {
  if (actual.length > planned.length) {
    problems.push({ path, message: `length changed from ${planned.length} to ${actual.length}` })
    return
  }
  const actualLike = candidatesAmong(actual, keyOf)
  const lost = planned.filter((p) => !actualLike(p).some((a) => compatible(p, a)))
  for (const p of lost) problems.push({ path, message: `planned set element ${describe(p)} does not correlate with any element in actual` })
  // The other direction would say the same again.
  if (lost.length > 0) return
  const plannedLike = candidatesAmong(planned, keyOf)
  for (const a of actual) {
    if (plannedLike(a).some((p) => compatible(p, a))) continue
    problems.push({ path, message: `actual set element ${describe(a)} does not correlate with any element in plan` })
  }
}

function compareValues(planned: Value, actual: Value, path: Path, problems: ObjectProblem[]): void {
  if (!typeEquals(planned.type, actual.type)) {
    if (!conforms(actual.type, planned.type)) {
      problems.push({ path, message: `wrong final value type: ${mismatchMessage(actual.type, planned.type)}` })
      return
    }
  }
  if (!planned.isKnown) {
    if (!fits(planned, actual)) {
      problems.push({ path, message: `final value ${describe(actual)} does not conform to planning placeholder ${describe(planned)}` })
    }
    return
  }
  if (planned.isNull || actual.isNull || !actual.isKnown) {
    if (planned.isNull && actual.isNull) return
    if (actual.isNull) problems.push({ path, message: `was ${describe(planned)}, but now null` })
    else if (!actual.isKnown) problems.push({ path, message: 'was known, but now unknown' })
    else problems.push({ path, message: `was null, but now ${describe(actual)}` })
    return
  }
  switch (planned.type.kind) {
    case 'list':
    case 'tuple': {
      const was = elements(planned)
      const is = elements(actual)
      for (let i = 0; i < Math.max(was.length, is.length); i++) {
        if (i >= is.length) problems.push({ path, message: `element ${i} has vanished` })
        else if (i >= was.length) problems.push({ path, message: `new element ${i} has appeared` })
        else compareValues(was[i]!, is[i]!, [...path, indexStep(numberVal(i))], problems)
      }
      return
    }
    case 'map':
    case 'object': {
      const was = entries(planned)
      const is = entries(actual)
      const object = planned.type.kind === 'object'
      for (const [key, value] of was) {
        const other = is.get(key)
        const step = object ? attributeStep(key) : indexStep(stringVal(key))
        if (other === undefined) problems.push({ path, message: `element ${JSON.stringify(key)} has vanished` })
        else compareValues(value, other, [...path, step], problems)
      }
      for (const key of is.keys()) if (!was.has(key)) problems.push({ path, message: `new element ${JSON.stringify(key)} has appeared` })
      return
    }
    case 'set': {
      const { element } = planned.type
      const was = elements(planned)
      const keyOf =
        element.kind === 'object'
          ? membersKey(knownMembers(was, [...element.attributes.keys()]))
          : was.every((e) => e.isWhollyKnown)
            ? wholeKey
            : anyKey
      compareSets(was, elements(actual), path, problems, keyOf, (a, b) => {
        const found: ObjectProblem[] = []
        compareValues(a, b, path, found)
        return found.length === 0
      })
      return
    }
    default:
      if (!rawEquals(planned, actual)) problems.push({ path, message: `was ${describe(planned)}, but now ${describe(actual)}` })
  }
}

/** Whether a value keeps to what was said of the unknown that stood for it. */
function fits(placeholder: Value, value: Value): boolean {
  const { refinement } = placeholder
  if (refinement === undefined || !value.isKnown) return true
  try {
    refine(value, refinement)
    return true
  } catch (e) {
    if (e instanceof CtyError) return false
    throw e
  }
}

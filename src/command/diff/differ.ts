import { compareStrings, goQuote } from '../../base/index.ts'
import {
  impliedTypeOfJson,
  jsonToValue,
  nullVal,
  numericToString,
  objectVal,
  type Path,
  type PathStep,
  SENSITIVE,
  type Type,
  unknownVal,
  unmarkDeep,
  type Value,
} from '../../cty/index.ts'
import {
  type AttributeSchema,
  type BlockSchema,
  impliedType,
  type NestedAttributeType,
  type NestedBlockSchema,
} from '../../schema/index.ts'
import { type Children, combineActions, type Diff, type DiffAction, type DiffContent, withAction } from './diff.ts'

import { alignSequences } from './sequences.ts'

/**
 * How elements of lists are paired: Terraform compares lists of equal length place by place; OpenTofu always aligns them and
 * takes texts that share a line for the same element.
 */
export type ListAlignment = 'terraform' | 'tofu'

/**
 * The two sides of one place. Undefined: there is nothing at that place (an absent map element, an object that is not
 * there). A null value is shown as null only where it is distinct from absence, in values without a schema.
 */
interface Sides {
  readonly before: Value | undefined
  readonly after: Value | undefined
  /** What remains of the paths that force replacement; an empty one means this very place. */
  readonly replace: readonly Path[]
}

interface Options {
  readonly alignment: ListAlignment
  /**
   * An empty string is shown as null, since providers of the old SDK cannot tell the two apart: in blocks whose schema could be theirs. See
   * `couldBeLegacy`. Terraform forgets what it knows of the schema inside lists, sets and what is sensitive.
   */
  readonly emptyIsNull: boolean
}

function optionsFor(alignment: ListAlignment): Options {
  return { alignment, emptyIsNull: false }
}

/** For what stands in a list or a set, or is sensitive. */
function forgetful(options: Options): Options {
  return options.alignment === 'tofu' || options.emptyIsNull ? options : { ...options, emptyIsNull: true }
}

/** The change of a whole resource object; a null or absent side means the object is not there. */
export function diffObject(
  schema: BlockSchema,
  before: Value | undefined,
  after: Value | undefined,
  requiredReplace: readonly Path[] = [],
  alignment: ListAlignment = 'terraform',
): Diff {
  return blockDiff(schema, { before: present(before), after: present(after), replace: requiredReplace }, optionsFor(alignment))
}

/** The change of a value that has no schema, such as a root output value in a plan. Maps are drawn like objects. */
export function diffUntyped(before: Value | undefined, after: Value | undefined, alignment: ListAlignment = 'terraform'): Diff {
  return anyDiff({ before, after, replace: [] }, optionsFor(alignment))
}

/** What stands where any type may stand. Before an unknown value Terraform takes an empty text for null there, but not inside of it. */
function anyDiff(sides: Sides, options: Options): Diff {
  const diff = valueDiff(sides, true, options)
  if (diff.content.kind !== 'unknown' || !isEmptyText(sides.before) || options.alignment === 'tofu') return diff
  return { ...diff, content: { kind: 'unknown', before: nullDiff } }
}

/** The same for a value whose type matters for how it is drawn: maps with quoted keys, null attributes left out. */
export function diffTyped(before: Value | undefined, after: Value | undefined, alignment: ListAlignment = 'terraform'): Diff {
  return valueDiff({ before, after, replace: [] }, false, forgetful(optionsFor(alignment)))
}

function present(value: Value | undefined): Value | undefined {
  return value === undefined || value.isNull ? undefined : value
}

function isReplaced(sides: Sides): boolean {
  return sides.replace.length > 0 && sides.replace.some((path) => path.length === 0)
}

function stepsInto(replace: readonly Path[], matches: (step: PathStep) => boolean): readonly Path[] {
  if (replace.length === 0) return replace
  return replace.filter((path) => path.length > 0 && matches(path[0]!)).map((path) => path.slice(1))
}

function attributePaths(replace: readonly Path[], name: string): readonly Path[] {
  if (replace.length === 0) return replace
  return stepsInto(
    replace,
    (step) => (step.kind === 'attribute' && step.name === name) || (step.kind === 'index' && step.key.payload === name),
  )
}

function elementPaths(replace: readonly Path[], index: number | undefined): readonly Path[] {
  if (replace.length === 0) return replace
  if (index === undefined) return []
  return stepsInto(replace, (step) => step.kind === 'index' && step.key.hasContent && numericText(step.key) === String(index))
}

function numericText(value: Value): string | undefined {
  return value.type.kind === 'number' && value.hasContent ? numericToString(value.asNumeric()) : undefined
}

function isSensitive(value: Value | undefined): boolean {
  return value?.marks !== undefined && value.hasMark(SENSITIVE)
}

/** A sensitive place is compared without its marks, and only the action of that comparison is kept. */
function sensitiveDiff(sides: Sides, before: boolean, after: boolean, block: boolean, inner: (sides: Sides) => Diff): Diff {
  const bare = inner({
    before: sides.before && unmarkDeep(sides.before),
    after: sides.after && unmarkDeep(sides.after),
    replace: sides.replace,
  })
  // Where nothing changes but what is hidden; not where nothing is.
  const turned = before !== after && (sides.before !== undefined || sides.after !== undefined)
  return {
    action: bare.action === 'noop' && turned ? 'update' : bare.action,
    replace: isReplaced(sides),
    content: { kind: 'sensitive', inner: bare.action, before, after, block },
  }
}

// ---- blocks

/** Whether the old SDK has all that the attributes of a block use. */
function couldBeLegacy(schema: BlockSchema): boolean {
  return Object.values(schema.attributes).every(({ type }) => type !== undefined && type.kind !== 'object' && type.kind !== 'dynamic')
}

const legacy = new WeakMap<BlockSchema, boolean>()

/** Options for what stands in a block. */
function optionsIn(schema: BlockSchema, options: Options): Options {
  if (options.alignment === 'tofu') return options
  let emptyIsNull = legacy.get(schema)
  if (emptyIsNull === undefined) legacy.set(schema, (emptyIsNull = couldBeLegacy(schema)))
  return emptyIsNull === options.emptyIsNull ? options : { ...options, emptyIsNull }
}

function blockDiff(schema: BlockSchema, sides: Sides, around: Options): Diff {
  const options = optionsIn(schema, around)
  const attributes = new Map<string, Diff>()
  const names = sortedNames(schema.attributes)
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    const attribute = schema.attributes[name]!
    const before = blockAttribute(sides.before, name, options)
    const after = blockAttribute(sides.after, name, options)
    if (attribute.writeOnly === true) {
      // Always null on both sides: it comes and goes with the block.
      attributes.set(name, { action: startAction(sides), replace: false, content: { kind: 'writeOnly' } })
      continue
    }
    if (isAbsent(before) && isAbsent(after)) continue
    const hidesEmpty = options.emptyIsNull
    const child: Sides = {
      before: hidesEmpty && isEmptyText(before) ? nullVal(before!.type) : before,
      after: hidesEmpty && isEmptyText(after) ? nullVal(after!.type) : after,
      replace: attributePaths(sides.replace, name),
    }
    attributes.set(name, attributeDiff(attribute, child, options))
  }
  const blocks = new Map<string, { label: string | undefined; diff: Diff }[]>()
  for (const name of sortedNames(schema.blockTypes)) {
    const child: Sides = {
      before: member(sides.before, name),
      after: member(sides.after, name),
      replace: attributePaths(sides.replace, name),
    }
    const found = nestedBlockDiffs(schema.blockTypes[name]!, child, options)
    // As Terraform: what may hold lists of blocks is never drawn as empty.
    const { nesting } = schema.blockTypes[name]!
    if (found.length > 0 || nesting === 'list' || nesting === 'set' || nesting === 'map') blocks.set(name, found)
  }
  let action = combineActions(startAction(sides), attributes)
  for (const found of blocks.values()) for (const { diff } of found) action = withAction(action, diff)
  return {
    action,
    replace: isReplaced(sides),
    content: { kind: 'block', attributes, blocks, unknown: false },
  }
}

const namesOf = new WeakMap<object, readonly string[]>()

/** The names of a part of a schema, which is the same object for all resources of a type. */
function sortedNames(members: Readonly<Record<string, unknown>>): readonly string[] {
  let names = namesOf.get(members)
  if (names === undefined) {
    names = Object.keys(members).sort(compareStrings)
    namesOf.set(members, names)
  }
  return names
}

function startAction(sides: Sides): DiffAction {
  const before = present(sides.before)
  const after = present(sides.after)
  if (before === undefined) return after === undefined ? 'noop' : 'create'
  return after === undefined ? 'delete' : 'noop'
}

function isEmptyText(value: Value | undefined): boolean {
  return value?.payload === ''
}

/** OpenTofu takes empty strings of all blocks for null, and does not count them. */
function blockAttribute(object: Value | undefined, name: string, { alignment }: Options): Value | undefined {
  const value = member(object, name)
  return alignment === 'tofu' && isEmptyText(value) ? undefined : value
}

function member(object: Value | undefined, name: string): Value | undefined {
  if (object === undefined || object.type.kind !== 'object' || !object.type.attributes.has(name)) return undefined
  return object.getAttr(name)
}

function isAbsent(value: Value | undefined): boolean {
  return value === undefined || value.isNull
}

function attributeDiff(attribute: AttributeSchema, sides: Sides, options: Options): Diff {
  const implicit: Sides = { before: absentIfNull(sides.before), after: absentIfNull(sides.after), replace: sides.replace }
  const before = isHidden(attribute, sides.before)
  const after = isHidden(attribute, sides.after)
  if (!before && !after) return shownDiff(attribute, implicit, options)
  return sensitiveDiff(withoutEmptyText(implicit, options), before, after, false, (bare) =>
    shownDiff(attribute, { before: absentIfNull(bare.before), after: absentIfNull(bare.after), replace: bare.replace }, forgetful(options)),
  )
}

function isHidden(attribute: AttributeSchema, side: Value | undefined): boolean {
  return isSensitive(side) || (attribute.sensitive === true && side !== undefined)
}

/** An attribute of which nothing is hidden. */
function shownDiff(attribute: AttributeSchema, given: Sides, options: Options): Diff {
  const bare = withoutEmptyText(given, options)
  if (attribute.nestedType !== undefined) return nestedAttributeDiff(attribute.nestedType, bare, options)
  if (attribute.type?.kind !== 'dynamic') return valueDiff(bare, false, options)
  // As Terraform: what stands where any type may stand is not said to force replacement, unless it is unknown.
  const isSaid = bare.replace.length === 0 || (bare.after !== undefined && !bare.after.isKnown)
  return anyDiff(isSaid ? bare : { ...bare, replace: [] }, options)
}

/** Where null is the same as absence, so is what counts as null. */
function withoutEmptyText(sides: Sides, { emptyIsNull }: Options): Sides {
  if (!emptyIsNull || !(isEmptyText(sides.before) || isEmptyText(sides.after))) return sides
  return {
    before: isEmptyText(sides.before) ? undefined : sides.before,
    after: isEmptyText(sides.after) ? undefined : sides.after,
    replace: sides.replace,
  }
}

/** Null with marks stays, so that the marks are seen. */
function absentIfNull(value: Value | undefined): Value | undefined {
  return value?.isNull && !value.isMarked ? undefined : value
}

function nestedAttributeDiff(type: NestedAttributeType, sides: Sides, options: Options): Diff {
  const special = markedOrUnknown(sides, options, (bare, left) =>
    // Of one object it is known which attributes it will have.
    type.nesting === 'single' && bare.after === undefined && bare.before !== undefined && sides.after?.isKnown === false
      ? nestedAttributeDiff(type, { ...bare, after: unknownMembers(bare.before.type) }, left)
      : nestedAttributeDiff(type, bare, left),
  )
  if (special !== undefined) return special
  const element = (child: Sides): Diff => nestedObjectDiff(type.attributes, child, options)
  switch (type.nesting) {
    case 'single':
      return nestedObjectDiff(type.attributes, sides, options)
    case 'map':
      return mapDiff(sides, true, element)
    case 'list':
      return placesDiff(sides, (child) => nestedObjectDiff(type.attributes, child, forgetful(options)))
    case 'set':
      return setDiff(sides, true, (child) => nestedObjectDiff(type.attributes, child, forgetful(options)))
  }
}

/** An object of which nothing is known but its attributes. */
function unknownMembers(type: Type): Value | undefined {
  return type.kind === 'object' ? objectVal([...type.attributes].map(([name, member]) => [name, unknownVal(member)] as const)) : undefined
}

function nestedObjectDiff(schema: Readonly<Record<string, AttributeSchema>>, sides: Sides, options: Options): Diff {
  const special = markedOrUnknown(sides, options, (bare, left) => nestedObjectDiff(schema, bare, left))
  if (special !== undefined) return special
  const attributes = new Map<string, Diff>()
  for (const name of sortedNames(schema)) {
    const child: Sides = {
      before: member(present(sides.before), name),
      after: member(present(sides.after), name),
      replace: attributePaths(sides.replace, name),
    }
    if (isAbsent(child.before) && isAbsent(child.after)) continue
    attributes.set(name, attributeDiff(schema[name]!, child, options))
  }
  return container(sides, attributes, { kind: 'object', attributes, nested: true })
}

function nestedBlockDiffs(schema: NestedBlockSchema, sides: Sides, options: Options): { label: string | undefined; diff: Diff }[] {
  const unknown = sides.after !== undefined && !sides.after.isKnown
  if (unknown && options.alignment === 'tofu') return [{ label: undefined, diff: unknownBlocksDiff(schema, sides, options) }]
  // Terraform says that there will be some, and lists those that are there as if they went.
  if (unknown)
    return [{ label: undefined, diff: someBlocksDiff(schema, sides) }, ...nestedBlockDiffs(schema, { ...sides, after: undefined }, options)]
  const one = (child: Sides): Diff => {
    const before = isSensitive(child.before)
    const after = isSensitive(child.after)
    if (!before && !after) return blockDiff(schema.block, child, options)
    return sensitiveDiff(child, before, after, true, (bare) => blockDiff(schema.block, bare, options))
  }
  switch (schema.nesting) {
    case 'single':
    case 'group': {
      const both: Sides = { before: present(sides.before), after: present(sides.after), replace: sides.replace }
      return both.before === undefined && both.after === undefined ? [] : [{ label: undefined, diff: one(both) }]
    }
    case 'map': {
      const before = entriesOf(sides.before)
      const after = entriesOf(sides.after)
      return unionKeys(before, after).map((key) => ({
        label: key,
        diff: one({ before: before.get(key), after: after.get(key), replace: [...own(sides), ...attributePaths(sides.replace, key)] }),
      }))
    }
    case 'list': {
      const before = elementsOf(sides.before)
      const after = elementsOf(sides.after)
      return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => ({
        label: undefined,
        diff: one({ before: before[i], after: after[i], replace: [...own(sides), ...elementPaths(sides.replace, i)] }),
      }))
    }
    case 'set': {
      const before = elementsOf(sides.before)
      const after = elementsOf(sides.after)
      // Blocks stay the same ones when all of them become secret, or are no longer.
      return pairSet(elementsOf(withoutMarks(sides.before)), elementsOf(withoutMarks(sides.after))).map(([b, a]) => ({
        label: undefined,
        diff: one({ before: at(before, b), after: at(after, a), replace: own(sides) }),
      }))
    }
  }
}

/** A path that names a group of blocks as a whole forces replacement at each of them. */
function own(sides: Sides): readonly Path[] {
  return isReplaced(sides) ? [[]] : []
}

function unknownBlocksDiff(schema: NestedBlockSchema, sides: Sides, options: Options): Diff {
  const unknown = unknownVal(impliedType(schema.block))
  const diff = blockDiff(schema.block, { before: undefined, after: unknown, replace: sides.replace }, options)
  return {
    action: hasBlocks(schema, sides.before) ? 'update' : 'create',
    replace: diff.replace,
    content: diff.content.kind === 'block' ? { ...diff.content, unknown: true } : diff.content,
  }
}

function someBlocksDiff(schema: NestedBlockSchema, sides: Sides): Diff {
  const action = hasBlocks(schema, sides.before) ? 'update' : 'create'
  const diff = (): Diff => ({ action, replace: isReplaced(sides), content: { kind: 'unknown', before: undefined } })
  return isSensitive(sides.before) ? sensitiveDiff(sides, true, false, true, diff) : diff()
}

function hasBlocks(schema: NestedBlockSchema, value: Value | undefined): boolean {
  return !isAbsent(value) && (schema.nesting === 'single' || schema.nesting === 'group' || sizeOf(value!) > 0)
}

// ---- values

/** @param inner is given what is left of the options: Terraform forgets the schema for what is sensitive, and for what there was before an unknown value. */
function markedOrUnknown(sides: Sides, options: Options, inner: (bare: Sides, options: Options) => Diff): Diff | undefined {
  const before = isSensitive(sides.before)
  const after = isSensitive(sides.after)
  const left = forgetful(options)
  if (before || after) return sensitiveDiff(sides, before, after, false, (bare) => inner(bare, left))
  if (sides.after === undefined || sides.after.isKnown) return undefined
  if (sides.before === undefined || sides.before.isNull) {
    return { action: 'create', replace: isReplaced(sides), content: { kind: 'unknown', before: undefined } }
  }
  const gone = inner({ before: sides.before, after: undefined, replace: [] }, left)
  return { action: 'update', replace: isReplaced(sides), content: { kind: 'unknown', before: gone } }
}

const nullDiff: Diff = { action: 'noop', replace: false, content: { kind: 'primitive', before: 'null', after: 'null' } }

/** What lists of references to new objects are full of. */
const newUnknown: Diff = { action: 'create', replace: false, content: { kind: 'unknown', before: undefined } }

/** @param untyped whether the value stands where any type is allowed, so that null is a value of its own and maps are objects. */
function valueDiff(sides: Sides, untyped: boolean, given: Options): Diff {
  const { before, after } = sides
  // Within what any type may be there are no attributes, and empty texts are none but themselves.
  const options = untyped && given.emptyIsNull ? optionsFor(given.alignment) : given
  if (before === undefined && after?.isKnown === false && after.marks === undefined && sides.replace.length === 0) return newUnknown
  if (before?.marks !== undefined || after?.marks !== undefined || after?.isKnown === false) {
    const special = markedOrUnknown(sides, options, (bare, left) => valueDiff(bare, untyped, left))
    if (special !== undefined) return special
  }
  if (!untyped && (before?.isNull || after?.isNull) && isCollection(before ?? after)) {
    // Where the type says what it would hold, null holds nothing.
    return collectionDiff({ before: present(before), after: present(after), replace: sides.replace }, (before ?? after)!.type, options)
  }
  const shape = shapeOf(before) ?? shapeOf(after)
  const otherShape = shapeOf(after) ?? shape
  if (shape === undefined)
    return { action: 'noop', replace: isReplaced(sides), content: { kind: 'primitive', before: undefined, after: undefined } }
  // Where the type says that it is a text, null is written as one beside texts of several lines.
  const isText = !untyped && before?.type.kind === 'string' && after?.type.kind === 'string'
  if (isText && [before, after].some((side) => !side.isNull && side.asString().includes('\n'))) return stringDiff(sides, options)
  if (shape !== otherShape) return typeChange(sides, (side) => valueDiff(side, untyped, options))
  const element = (child: Sides): Diff => valueDiff(child, true, options)
  switch (shape) {
    case 'sequence':
      return untyped ? listDiff(sides, true, options, element) : collectionDiff(sides, (before ?? after)!.type, options)
    case 'mapping':
      return untyped ? plainObjectDiff(sides, true, options, element) : collectionDiff(sides, (before ?? after)!.type, options)
    case 'string':
      return stringDiff(sides, options)
    case 'null':
    case 'primitive':
      return primitiveDiff(sides)
  }
}

const collectionKinds: ReadonlySet<Type['kind']> = new Set(['list', 'set', 'map', 'tuple', 'object'])

function isCollection(value: Value | undefined): boolean {
  return value !== undefined && collectionKinds.has(value.type.kind)
}

/** The change of a list, set, map or object of a given type, of which either side or both may be absent. */
function collectionDiff(sides: Sides, type: Type, options: Options): Diff {
  const item = (child: Sides): Diff => elementDiff(child, forgetful(options))
  switch (type.kind) {
    case 'set':
      return setDiff(sides, false, item)
    case 'map':
      return mapDiff(sides, false, (child) => elementDiff(child, options))
    case 'object':
      return plainObjectDiff(sides, false, options, (child) => valueDiff(child, false, options))
    default:
      return listDiff(sides, false, options, item)
  }
}

/** An element of a collection with a type. One that is null is there all the same, and for Terraform a null that is not known yet is no change. */
function elementDiff(sides: Sides, options: Options): Diff {
  const { before, after } = sides
  if (before === undefined || after === undefined || options.alignment === 'tofu') return valueDiff(sides, false, options)
  const marked: [boolean, boolean] = [isSensitive(before), isSensitive(after)]
  if (marked.includes(true)) return sensitiveDiff(sides, ...marked, false, (bare) => elementDiff(bare, forgetful(options)))
  const countsAsNull = (side: Value): boolean => side.isNull || (options.emptyIsNull && isEmptyText(side))
  if (!countsAsNull(before) || (after.isKnown && !countsAsNull(after))) return valueDiff(sides, false, options)
  return after.isKnown ? nullDiff : { ...newUnknown, action: 'noop' }
}

type Shape = 'sequence' | 'mapping' | 'string' | 'primitive' | 'null'

function shapeOf(value: Value | undefined): Shape | undefined {
  if (value === undefined) return undefined
  if (value.isNull) return 'null'
  switch (value.type.kind) {
    case 'list':
    case 'set':
    case 'tuple':
      return 'sequence'
    case 'map':
    case 'object':
      return 'mapping'
    case 'string':
      return 'string'
    default:
      return 'primitive'
  }
}

function typeChange(sides: Sides, diff: (side: Sides) => Diff): Diff {
  return {
    action: 'update',
    replace: isReplaced(sides),
    content: {
      kind: 'typeChange',
      before: diff({ before: sides.before, after: undefined, replace: [] }),
      after: diff({ before: undefined, after: sides.after, replace: [] }),
    },
  }
}

function sideAction(sides: Sides, same: boolean): DiffAction {
  if (sides.before === undefined) return sides.after === undefined ? 'noop' : 'create'
  if (sides.after === undefined) return 'delete'
  return same ? 'noop' : 'update'
}

function primitiveDiff(sides: Sides): Diff {
  const before = primitiveText(sides.before)
  const after = primitiveText(sides.after)
  return {
    action: sideAction(sides, before === after),
    replace: isReplaced(sides),
    content: { kind: 'primitive', before, after },
  }
}

function primitiveText(value: Value | undefined): string | undefined {
  if (value === undefined) return undefined
  if (value.isNull) return 'null'
  if (!value.isKnown) return '(known after apply)'
  switch (value.type.kind) {
    case 'string':
      return goQuote(value.asString())
    case 'number':
      return numericToString(value.asNumeric())
    case 'bool':
      return String(value.asBool())
    default:
      return `(${value.type.kind})`
  }
}

function stringDiff(given: Sides, options: Options): Diff {
  if (options.emptyIsNull && (isEmptyText(given.before) || isEmptyText(given.after))) {
    const nulled = (side: Value | undefined): Value | undefined => (isEmptyText(side) ? nullVal(side!.type) : side)
    return valueDiff({ ...given, before: nulled(given.before), after: nulled(given.after) }, false, options)
  }
  const sides = given
  const textOf = (side: Value | undefined): string | undefined => (side?.isNull ? 'null' : side?.asString())
  const before = textOf(sides.before)
  const after = textOf(sides.after)
  const jsonBefore = before === undefined ? undefined : parseJsonText(before)
  const jsonAfter = after === undefined ? undefined : parseJsonText(after)
  if (jsonBefore !== undefined || jsonAfter !== undefined) {
    if ((before !== undefined && jsonBefore === undefined) || (after !== undefined && jsonAfter === undefined)) {
      // As Terraform: that it forces replacement is not said here.
      return { ...typeChange(sides, (side) => stringDiff(side, options)), replace: false }
    }
    const inner = valueDiff({ before: jsonBefore, after: jsonAfter, replace: [] }, true, options)
    const whitespaceOnly = inner.action === 'noop' && before !== after
    return {
      action: whitespaceOnly ? 'update' : inner.action,
      replace: isReplaced(sides),
      content: { kind: 'json', inner, whitespaceOnly },
    }
  }
  if (!before?.includes('\n') && !after?.includes('\n')) return primitiveDiff(sides)
  const linesBefore = linesOf(before)
  const linesAfter = linesOf(after)
  const lines = pairLines(linesBefore, linesAfter, options).flatMap(([b, a]): { action: DiffAction; text: string }[] => {
    if (b !== undefined && a !== undefined && linesBefore[b] === linesAfter[a]) return [{ action: 'noop', text: linesBefore[b]! }]
    return [
      ...(b === undefined ? [] : [{ action: 'delete' as const, text: linesBefore[b]! }]),
      ...(a === undefined ? [] : [{ action: 'create' as const, text: linesAfter[a]! }]),
    ]
  })
  return { action: sideAction(sides, before === after), replace: isReplaced(sides), content: { kind: 'heredoc', lines } }
}

/** Lines of texts are paired as elements of lists are. */
function pairLines(before: readonly string[], after: readonly string[], { alignment }: Options): readonly Pair[] {
  if (alignment === 'terraform' && before.length === after.length) {
    const left = new Set(after)
    if (before.some((line) => !left.has(line))) return before.map((_, i) => [i, i] as const)
  }
  return alignSequences(
    before,
    after,
    (b, a) => b === a,
    () => false,
  )
}

/** Without white space at either end. */
function linesOf(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.replace(/^[\s\u0085]+|[\s\u0085]+$/g, '').split('\n')
}

const jsonStart = /^[[{]/

/** The value of a JSON array or object; other JSON is as readable as text. */
function parseJsonText(text: string): Value | undefined {
  if (!jsonStart.test(text)) return undefined
  try {
    return jsonToValue(text, impliedTypeOfJson(text))
  } catch {
    return undefined
  }
}

function container(sides: Sides, children: Children, content: DiffContent): Diff {
  return { action: combineActions(startAction(sides), children), replace: isReplaced(sides), content }
}

function plainObjectDiff(sides: Sides, untyped: boolean, options: Options, element: (child: Sides) => Diff): Diff {
  const before = entriesOf(sides.before)
  const after = entriesOf(sides.after)
  const attributes = new Map<string, Diff>()
  const keys = unionKeys(before, after)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!
    let child: Sides = { before: before.get(key), after: after.get(key), replace: attributePaths(sides.replace, key) }
    if (!untyped) {
      child = { before: absentIfNull(child.before), after: absentIfNull(child.after), replace: child.replace }
      if (child.before === undefined && child.after === undefined) continue
      child = withoutEmptyText(child, options)
    }
    attributes.set(key, element(child))
  }
  return container(sides, attributes, { kind: 'object', attributes, nested: false })
}

function mapDiff(sides: Sides, nested: boolean, element: (child: Sides) => Diff): Diff {
  const before = entriesOf(sides.before)
  const after = entriesOf(sides.after)
  const elements = new Map<string, Diff>()
  for (const key of unionKeys(before, after)) {
    elements.set(key, element({ before: before.get(key), after: after.get(key), replace: attributePaths(sides.replace, key) }))
  }
  return container(sides, elements, { kind: 'map', elements, nested })
}

/** Nested attributes in a list are compared place by place. */
function placesDiff(sides: Sides, element: (child: Sides) => Diff): Diff {
  const before = elementsOf(sides.before)
  const after = elementsOf(sides.after)
  const elements = Array.from({ length: Math.max(before.length, after.length) }, (_, i) =>
    element({ before: before[i], after: after[i], replace: elementPaths(sides.replace, i) }),
  )
  return container(sides, elements, { kind: 'list', elements, context: false })
}

function listDiff(sides: Sides, untyped: boolean, options: Options, element: (child: Sides) => Diff): Diff {
  const before = elementsOf(sides.before)
  const after = elementsOf(sides.after)
  const elements = pairElements(before, after, untyped, options).map((pair) =>
    element({ before: at(before, pair[0]), after: at(after, pair[1]), replace: elementPaths(sides.replace, pair[1] ?? pair[0]) }),
  )
  return container(sides, elements, { kind: 'list', elements, context: true })
}

function setDiff(sides: Sides, nested: boolean, element: (child: Sides) => Diff): Diff {
  const before = elementsOf(sides.before)
  const after = elementsOf(sides.after)
  // Elements have no address: of nested attributes it is said of each that it forces replacement, of all others once.
  const replace = nested ? own(sides) : []
  const elements = pairSet(before, after).map(([b, a]) => element({ before: at(before, b), after: at(after, a), replace }))
  const diff = container(sides, elements, { kind: 'set', elements })
  return nested ? { ...diff, replace: false } : diff
}

type Pair = readonly [number | undefined, number | undefined]

function pairElements(before: readonly Value[], after: readonly Value[], untyped: boolean, options: Options): readonly Pair[] {
  if (before.length === 0) return after.map((_, i) => [undefined, i] as const)
  // A map with a type is another element when it is another map. Without a type, of what is not known it is not known whether it is one.
  const isMapping = (value: Value): boolean =>
    shapeOf(value) === 'mapping' && (untyped ? value.isKnown && !value.isNull : value.type.kind === 'object')
  const keysBefore = new Map(before.map((v) => [v, identity(v)]))
  const keysAfter = new Map(after.map((v) => [v, identity(v)]))
  if (options.alignment === 'terraform' && before.length === after.length) {
    const left = new Set(keysAfter.values())
    // When all of the old elements are still there, some have moved or were repeated; otherwise they are taken as changed in their place.
    if ([...keysBefore.values()].some((key) => !left.has(key))) return before.map((_, i) => [i, i] as const)
  }
  const equal = (b: Value, a: Value): boolean => keysBefore.get(b) === keysAfter.get(a) || (options.alignment === 'tofu' && shareLine(b, a))
  return alignSequences(before, after, equal, (b, a) => isMapping(b) && isMapping(a))
}

/** Two texts, one of several lines at least, that have a line in common. */
function shareLine(a: Value, b: Value): boolean {
  if (typeof a.payload !== 'string' || typeof b.payload !== 'string') return false
  if (!a.payload.includes('\n') && !b.payload.includes('\n')) return false
  const lines = new Set(linesOf(a.payload))
  return linesOf(b.payload).some((line) => lines.has(line))
}

function pairSet(before: readonly Value[], after: readonly Value[]): readonly Pair[] {
  const places = new Map<string, number[]>()
  after.forEach((value, i) => {
    const key = identity(value)
    const list = places.get(key)
    if (list === undefined) places.set(key, [i])
    else list.push(i)
  })
  const taken = new Set<number>()
  const pairs: Pair[] = before.map((value, b) => {
    const a = places.get(identity(value))?.shift()
    if (a !== undefined) taken.add(a)
    return [b, a]
  })
  after.forEach((_, a) => {
    if (!taken.has(a)) pairs.push([undefined, a])
  })
  return pairs
}

function at(values: readonly Value[], index: number | undefined): Value | undefined {
  return index === undefined ? undefined : values[index]
}

/** A text that is equal for two values exactly when one takes the place of the other: as in Terraform whether they are sensitive or not, and what is not known is like null. */
function identity(value: Value): string {
  if (value.isNull || !value.isKnown) return 'null'
  switch (value.type.kind) {
    case 'string':
      return JSON.stringify(value.payload)
    case 'number':
      return numericToString(value.asNumeric())
    case 'bool':
      return String(value.payload)
    case 'list':
    case 'set':
    case 'tuple':
      return `[${value.asArray().map(identity).join()}]`
    case 'map':
    case 'object':
      return `{${[...value.asMap()].map(([key, v]) => `${JSON.stringify(key)}:${identity(v)}`).join()}}`
    default:
      return '?'
  }
}

/** Elements with the marks of their collection: what hides the whole hides each part. */
function elementsOf(value: Value | undefined): readonly Value[] {
  if (value === undefined || !value.hasContent || !Array.isArray(value.payload)) return []
  const elements = value.payload as readonly Value[]
  return value.isMarked ? elements.map((e) => e.withMarks(value.marks)) : elements
}

function withoutMarks(value: Value | undefined): Value | undefined {
  return value?.isMarked ? value.unmark() : value
}

const noEntries: ReadonlyMap<string, Value> = new Map()

function entriesOf(value: Value | undefined): ReadonlyMap<string, Value> {
  if (value === undefined || !value.hasContent || !(value.payload instanceof Map)) return noEntries
  const entries = value.payload as ReadonlyMap<string, Value>
  return value.isMarked ? new Map([...entries].map(([key, v]) => [key, v.withMarks(value.marks)])) : entries
}

function sizeOf(value: Value): number {
  return value.payload instanceof Map ? value.payload.size : Array.isArray(value.payload) ? value.payload.length : 0
}

/** All keys in ascending order, as each side has its own. */
function unionKeys(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): string[] {
  if (before.size === 0) return [...after.keys()]
  if (after.size === 0) return [...before.keys()]
  return [...new Set([...before.keys(), ...after.keys()])].sort(compareStrings)
}

/** A null of this type stands for an object that is not there. */
export function absentObject(type: Type): Value {
  return nullVal(type)
}

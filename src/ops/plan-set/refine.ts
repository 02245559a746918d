import { absResourceInstanceToString } from '../../addrs/index.ts'
import { type Path, type PathStep, rawEquals, type Value } from '../../cty/index.ts'
import { type Action, isReplacement, type Plan, type ResourceChange } from '../../plans/index.ts'

/**
 * Whether a value is what another one said it would be: everything that was known is the same, and only what was unknown has been filled in. Sets are compared
 * without order. Marks do not count.
 */
export function refines(reviewed: Value, actual: Value): boolean {
  return firstDifference(reviewed, actual) === undefined
}

/** Where a value first is not what was said; undefined when it refines it. */
export function firstDifference(reviewed: Value, actual: Value): Path | undefined {
  const stack: { readonly before: Value; readonly now: Value; readonly path: Path }[] = [{ before: reviewed, now: actual, path: [] }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { path } = next
    const before = next.before.unmark()
    const now = next.now.unmark()
    if (!before.isKnown) {
      if (now.isKnown && now.isNull && before.refinement?.notNull === true) return path
      continue
    }
    // Less than was known is not more.
    if (!now.isKnown || before.isNull !== now.isNull) return path
    if (before.isNull) continue
    const step = (s: PathStep): Path => [...path, s]
    if (before.type.kind !== now.type.kind) return path
    switch (before.type.kind) {
      case 'list':
      case 'tuple': {
        const olds = before.asArray()
        const news = now.asArray()
        if (olds.length !== news.length) return path
        for (const [i, value] of olds.entries()) stack.push({ before: value, now: news[i]!, path })
        break
      }
      case 'set':
        if (!sameSet(before.asArray(), now.asArray())) return path
        break
      case 'map':
      case 'object': {
        const olds = before.asMap()
        const news = now.asMap()
        if (olds.size !== news.size) return path
        for (const [name, value] of olds) {
          const other = news.get(name)
          if (other === undefined) return step({ kind: 'attribute', name })
          stack.push({ before: value, now: other, path: step({ kind: 'attribute', name }) })
        }
        break
      }
      default:
        if (!rawEquals(before, now)) return path
    }
  }
  return undefined
}

/** Each element of now comes from one that was said, and each that was said is there. Unknown ones may have become equal. */
function sameSet(before: readonly Value[], now: readonly Value[]): boolean {
  if (now.length > before.length) return false
  const unmatched = now.filter((value) => !before.some((old) => old.isWhollyKnown && rawEquals(old, value)))
  const open = before.filter((old) => !(old.isWhollyKnown && now.some((value) => rawEquals(old, value))))
  if (open.some((old) => !now.some((value) => refines(old, value)))) return false
  // Each of the others needs an unknown one of its own.
  const taken = new Map<number, number>()
  const assign = (value: number, tried: Set<number>): boolean => {
    for (const [i, old] of open.entries()) {
      if (tried.has(i) || !refines(old, unmatched[value]!)) continue
      tried.add(i)
      const holder = taken.get(i)
      if (holder !== undefined && !assign(holder, tried)) continue
      taken.set(i, value)
      return true
    }
    return false
  }
  return unmatched.every((_, i) => assign(i, new Set()))
}

/** How a plan differs from the one that was reviewed. */
export interface Difference {
  /** Of the object; an output as `output.NAME`. */
  readonly address: string
  /** What is different, without values. */
  readonly what: string
}

/**
 * What keeps a plan from being the reviewed one with its unknowns filled in: other actions, other values, other objects. Nothing: it may be applied in its
 * place. Data that is read changes nothing and is not compared.
 *
 * @param resumed part of the reviewed plan has been done already, so that less is left to do.
 */
export function planDifferences(reviewed: Plan, actual: Plan, resumed: boolean): readonly Difference[] {
  const differences: Difference[] = []
  const add: Add = (address, what) => {
    if (what !== undefined) differences.push({ address, what })
  }
  const then = new Map(reviewed.changes.map((change) => [keyOf(change), change]))
  const seen = new Set<string>()
  for (const change of actual.changes) {
    const key = keyOf(change)
    const old = then.get(key)
    seen.add(key)
    if (isNothing(change)) {
      if (old !== undefined && !isNothing(old)) add(labelOf(old), undoneProblem(old, change, resumed))
      continue
    }
    if (resumed && isRestOfReplacement(change, then)) continue
    if (old === undefined || isNothing(old)) {
      add(labelOf(change), `${verbs[change.action]}, which was not part of the reviewed plan`)
      continue
    }
    add(labelOf(change), changeProblem(old, change, resumed))
  }
  for (const [key, old] of then) {
    if (seen.has(key) || isNothing(old) || (resumed && (old.action === 'delete' || old.action === 'forget'))) continue
    add(labelOf(old), `${verbs[old.action]} according to the reviewed plan, but there is nothing to do for it any more`)
  }
  compareOutputs(reviewed, actual, add)
  return differences
}

/** `undefined`: nothing is different. */
type Add = (address: string, what: string | undefined) => void

function changeProblem(old: ResourceChange, change: ResourceChange, resumed: boolean): string | undefined {
  if (resumed && isReplacement(old.action) && change.action === 'create') return valueProblem(old, change)
  if (old.action !== change.action) return `${verbs[change.action]}, but was reviewed as: ${verbs[old.action]}`
  if (absResourceInstanceToString(old.previousAddress) !== absResourceInstanceToString(change.previousAddress)) {
    return `moves from ${absResourceInstanceToString(change.previousAddress)}, which was not reviewed`
  }
  if (old.importing?.id !== change.importing?.id) return 'is imported by another id than was reviewed'
  const before = firstDifference(old.before, change.before)
  if (before !== undefined) return `has changed since the review${pathText(before)}`
  return valueProblem(old, change)
}

function valueProblem(old: ResourceChange, change: ResourceChange): string | undefined {
  const after = firstDifference(old.after, change.after)
  return after === undefined ? undefined : `gets another value than was reviewed${pathText(after)}`
}

/** An interrupted run had put the new object in its place, and left the old one behind. */
function isRestOfReplacement(change: ResourceChange, reviewed: ReadonlyMap<string, ResourceChange>): boolean {
  if (change.deposed === undefined || change.action !== 'delete') return false
  const old = reviewed.get(keyOf({ ...change, deposed: undefined }))
  return old?.action === 'createThenDelete' && refines(old.before, change.before)
}

/** The reviewed action is not necessary any more: done by an interrupted run, or what was unknown turned out to be what is there. */
function undoneProblem(old: ResourceChange, change: ResourceChange, resumed: boolean): string | undefined {
  const reviewed = `${verbs[old.action]} according to the reviewed plan`
  if (old.action === 'delete' || old.action === 'forget') return `${reviewed}, but is to stay now`
  // Done by the run before; nothing will be done to it, and services fill in what was null.
  if (resumed) return undefined
  if (old.action === 'create') return `${reviewed}, but is there already`
  const difference = firstDifference(old.after, change.after)
  return difference === undefined ? undefined : `${reviewed}, but is something else now${pathText(difference)}`
}

function compareOutputs(reviewed: Plan, actual: Plan, add: Add): void {
  const then = new Map(reviewed.outputChanges.map((output) => [output.name, output]))
  for (const output of actual.outputChanges) {
    const label = `output.${output.name}`
    const old = then.get(output.name)
    if (old === undefined) {
      if (output.action !== 'noop') add(label, 'was not part of the reviewed plan')
    } else if (old.sensitive !== output.sensitive) add(label, 'is as sensitive as was not reviewed')
    else if (firstDifference(old.after, output.after) !== undefined) add(label, 'gets another value than was reviewed')
  }
  for (const [name, old] of then) {
    if (old.action !== 'delete' && old.action !== 'noop' && !actual.outputChanges.some((o) => o.name === name)) {
      add(`output.${name}`, 'is not there any more')
    }
  }
}

/** Whether a change leaves the object and its place alone. */
function isNothing(change: ResourceChange): boolean {
  if (change.action === 'read') return true
  return (
    change.action === 'noop' &&
    change.importing === undefined &&
    absResourceInstanceToString(change.address) === absResourceInstanceToString(change.previousAddress)
  )
}

const verbs: Readonly<Record<Action, string>> = {
  noop: 'is recorded anew',
  read: 'is read',
  create: 'is created',
  update: 'is changed',
  delete: 'is destroyed',
  forget: 'is forgotten',
  deleteThenCreate: 'is replaced',
  createThenDelete: 'is replaced, the new one first',
  forgetThenCreate: 'is forgotten, and made anew',
}

function keyOf(change: ResourceChange): string {
  return `${absResourceInstanceToString(change.address)}\0${change.deposed ?? ''}`
}

function labelOf(change: ResourceChange): string {
  const address = absResourceInstanceToString(change.address)
  return change.deposed === undefined ? address : `${address} (deposed object ${change.deposed})`
}

function pathText(path: Path): string {
  const text = path.map((step) => (step.kind === 'attribute' ? step.name : '[]')).join('.')
  return text === '' ? '' : `: ${text}`
}

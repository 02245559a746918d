import { boolType, numberType, stringType } from '../../cty/index.ts'
import { type Plain, type PlainObject, UNKNOWN } from '../../providers/kit/index.ts'
import { Failure, type SimpleAttributes, type SimpleDraft } from '../../providers/simple/index.ts'
import { atLeast, dice, planKeepers, shuffle } from './_shared.ts'

const digits = '0123456789'
const lowerCase = 'abcdefghijklmnopqrstuvwxyz'
const upperCase = lowerCase.toUpperCase()
const special = '!@#$%&*()-_=+[]{}<>:?'

const yes = { type: boolType, default: true, forceNew: true }
const none = { type: numberType, default: 0, forceNew: true, check: atLeast(0) }

/** What a text is to consist of: the arguments that strings and passwords share. */
export const textArguments: SimpleAttributes = {
  length: { type: numberType, required: true, forceNew: true, check: atLeast(1) },
  special: yes,
  upper: yes,
  lower: yes,
  numeric: yes,
  min_numeric: none,
  min_upper: none,
  min_lower: none,
  min_special: none,
  override_special: { type: stringType, optional: true, forceNew: true },
}

/** The old name of `numeric`, which follows it: what one of them is set to holds for both. */
export const numberArgument: SimpleAttributes = {
  number: { type: boolType, default: true, forceNew: true, deprecated: true, conflictsWith: ['numeric'] },
}

export function planText(draft: SimpleDraft): void {
  planKeepers(draft)
  const { planned, prior, config, replace } = draft
  const given = config.number ?? config.numeric ?? true
  for (const name of ['number', 'numeric']) {
    planned[name] = given
    if (prior === undefined || prior[name] === given) replace.delete(name)
    else replace.add(name)
  }
}

/** Each class at least as often as asked for, the rest from all of them together. @throws Failure when there is nothing to choose from. */
export function makeText(planned: PlainObject): string {
  const length = planned.length as number
  const override = planned.override_special
  const classes: readonly (readonly [name: string, characters: string])[] = [
    ['numeric', digits],
    ['lower', lowerCase],
    ['upper', upperCase],
    ['special', typeof override === 'string' ? override : special],
  ]
  const pool = classes.filter(([name]) => planned[name] !== false).flatMap(([, characters]) => [...characters])
  const roll = dice(null)
  const pick = (from: readonly string[], times: number): string[] => {
    if (times > 0 && from.length === 0) throw new Failure('Random Read Error', 'The character set to choose from is empty.')
    return Array.from({ length: times }, () => from[roll(from.length)]!)
  }
  const asked = classes.flatMap(([name, characters]) => pick([...characters], planned[`min_${name}`] as number))
  return shuffle([...asked, ...pick(pool, length - asked.length)], roll).join('')
}

/** The length must hold all that is asked for at least. */
export function checkLength(config: PlainObject): string | undefined {
  const minimum = (value: Plain | undefined): number => (typeof value === 'number' && value > 0 ? value : 0)
  const sum = ['min_upper', 'min_lower', 'min_numeric', 'min_special'].reduce((n, name) => n + minimum(config[name]), 0)
  const { length } = config
  if (length === UNKNOWN || typeof length !== 'number' || length >= sum) return undefined
  return `Attribute length value must be at least sum of min_upper + min_lower + min_numeric + min_special, got: ${length}`
}

/** The arguments of a text of which only the text is known. */
export function importedArguments(text: string): PlainObject {
  return {
    length: [...text].length,
    special: true,
    upper: true,
    lower: true,
    number: true,
    numeric: true,
    min_numeric: 0,
    min_upper: 0,
    min_lower: 0,
    min_special: 0,
    keepers: null,
    override_special: null,
  }
}

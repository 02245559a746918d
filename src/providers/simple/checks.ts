import { attributeStep, indexStep, intVal, type Path } from '../../cty/index.ts'
import { asArray, asRecord, type Plain, type PlainObject, UNKNOWN } from '../kit/plain.ts'
import type { ProviderDiagnostic } from '../provider.ts'
import type { SimpleAttributes, SimpleBlocks } from './attributes.ts'

/** Problems of a configuration that may hold unknowns, with the attribute they are about. */
export function checkSimple(attributes: SimpleAttributes, blocks: SimpleBlocks, config: PlainObject): ProviderDiagnostic[] {
  return [
    ...checkAttributes(attributes, config, []),
    ...Object.entries(blocks).flatMap(([name, block]) => checkBlocks(name, block, config)),
  ]
}

function checkBlocks(name: string, block: SimpleBlocks[string], config: PlainObject): ProviderDiagnostic[] {
  const value = config[name] ?? null
  if (value === null || value === UNKNOWN) return []
  if (block.nesting === 'single') return checkAttributes(block.attributes, asRecord(value), [attributeStep(name)])
  return asArray(value).flatMap((element, i) => {
    if (element === null || element === UNKNOWN) return []
    const step = block.nesting === 'set' ? [] : [indexStep(intVal(i))]
    return checkAttributes(block.attributes, asRecord(element), [attributeStep(name), ...step])
  })
}

function checkAttributes(attributes: SimpleAttributes, config: PlainObject, at: Path): ProviderDiagnostic[] {
  const isSet = (name: string): boolean => (config[name] ?? null) !== null
  const isKnownSet = (name: string): boolean => isSet(name) && config[name] !== UNKNOWN
  const problems: ProviderDiagnostic[] = []
  const problem = (name: string, summary: string, detail: string): void => {
    problems.push({ severity: 'error', summary, detail, attribute: [...at, attributeStep(name)] })
  }
  for (const [name, { check, conflictsWith = [], exactlyOneOf, alsoRequires = [] }] of Object.entries(attributes)) {
    if (exactlyOneOf !== undefined) {
      const all = [name, ...exactlyOneOf.filter((other) => other !== name)]
      // What is unknown may be null in the end.
      const sure = all.filter(isKnownSet)
      const list = all.map((n) => `"${n}"`).join(', ')
      if (sure.length > 1)
        problem(name, 'Invalid Attribute Combination', `${sure.length} attributes specified when one (and only one) of ${list} is required`)
      else if (!all.some(isSet))
        problem(name, 'Invalid Attribute Combination', `No attribute specified when one (and only one) of ${list} is required`)
    }
    if (!isKnownSet(name)) continue
    for (const other of conflictsWith.filter(isKnownSet)) {
      problem(name, 'Invalid Attribute Combination', `Attribute "${other}" cannot be specified when "${name}" is specified`)
    }
    for (const other of alsoRequires.filter((n) => !isSet(n))) {
      problem(name, 'Invalid Attribute Combination', `Attribute "${other}" must be specified when "${name}" is specified`)
    }
    const text = check?.(config[name] as Plain)
    if (text !== undefined) problem(name, 'Invalid Attribute Value', `Attribute ${name} ${text}`)
  }
  return problems
}

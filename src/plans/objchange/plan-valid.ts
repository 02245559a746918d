import { attributeStep, emptyPath, indexStep, nullVal, numberVal, type Path, stringVal, type Value } from '../../cty/index.ts'
import {
  type AttributeSchema,
  attributeEntries,
  type BlockSchema,
  impliedType,
  type NestedAttributeType,
  type NestedBlockSchema,
  nestedBlockType,
  nestedElementType,
} from '../../schema/index.ts'
import { describe } from './_describe.ts'
import { elements, entries, member, sameValue } from './_members.ts'
import { candidatesAmong, configuredMembers, membersKey, wholeKey } from './_pairing.ts'

/** Where and how a provider's answer breaks the rules. The message holds no value that the schema calls sensitive. */
export interface ObjectProblem {
  readonly path: Path
  readonly message: string
}

/**
 * Whether a provider's plan keeps to what was configured. It may leave what is configured as it is or as it was before
 * (the difference does not matter to it), fill in what is computed and not configured, and nothing else.
 *
 * All values are unmarked and conform to the block's type. An empty answer means that the plan is valid. Answers of the
 * old SDK are known to break these rules: what to make of that is for the caller.
 */
export function assertPlanValid(block: BlockSchema, prior: Value, config: Value, planned: Value): ObjectProblem[] {
  const problems: ObjectProblem[] = []
  checkBlock(block, prior, config, planned, emptyPath, problems)
  return problems
}

function report(problems: ObjectProblem[], path: Path, message: string): void {
  problems.push({ path, message })
}

/** True when both are there and can be compared further. */
function bothPresent(config: Value, planned: Value, path: Path, problems: ObjectProblem[]): boolean {
  if (config.isNull && planned.isNull) return false
  if (planned.isNull) {
    report(problems, path, 'planned for absence but config wants existence')
    return false
  }
  if (config.isNull) {
    report(problems, path, 'planned for existence but config wants absence')
    return false
  }
  return true
}

function checkBlock(block: BlockSchema, prior: Value, config: Value, planned: Value, path: Path, problems: ObjectProblem[]): void {
  if (!bothPresent(config, planned, path, problems)) return
  if (!config.isKnown) {
    // An unknown dynamic block: only its own decoding can say what it is.
    if (!sameValue(planned, config)) report(problems, path, `planned value ${describe(planned)} for unknown dynamic block`)
    return
  }
  if (!planned.isKnown) {
    report(problems, path, 'element representing nested block must not be unknown itself; set nested attribute values to unknown instead')
    return
  }
  checkAttributes(block.attributes, prior, config, planned, path, problems)
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    const type = nestedBlockType(nested)
    const at = [...path, attributeStep(name)]
    checkNestedBlock(nested, member(prior, name, type), member(config, name, type), member(planned, name, type), at, problems)
  }
}

function checkNestedBlock(
  nested: NestedBlockSchema,
  prior: Value,
  config: Value,
  planned: Value,
  path: Path,
  problems: ObjectProblem[],
): void {
  const { nesting, block } = nested
  if (!config.isKnown) {
    if (!sameValue(planned, config)) report(problems, path, `planned value ${describe(planned)} for unknown dynamic block`)
    return
  }
  if (nesting !== 'single' && planned.isNull) {
    const message =
      nesting === 'group'
        ? 'attribute representing a nested block of which there is always one must not be null'
        : `attribute representing a ${nesting} of nested blocks must be empty to indicate no blocks, not null`
    report(problems, path, message)
    return
  }
  if (!planned.isKnown) {
    report(problems, path, 'attribute representing nested block must not be unknown itself; set nested attribute values to unknown instead')
    return
  }
  const absent = nullVal(impliedType(block))
  switch (nesting) {
    case 'single':
    case 'group':
      if (config.isNull && nesting === 'group') return
      checkBlock(block, prior, config, planned, path, problems)
      return
    case 'map': {
      const configured = entries(config)
      const result = entries(planned)
      const before = entries(prior)
      for (const [key, value] of result) {
        const wanted = configured.get(key)
        if (wanted === undefined) report(problems, path, `block key ${JSON.stringify(key)} from plan is not present in config`)
        else checkBlock(block, before.get(key) ?? absent, wanted, value, [...path, indexStep(stringVal(key))], problems)
      }
      for (const key of configured.keys()) {
        if (!result.has(key)) report(problems, path, `block key ${JSON.stringify(key)} from config is not present in plan`)
      }
      return
    }
    case 'list': {
      const configured = elements(config)
      const result = elements(planned)
      const before = elements(prior)
      if (configured.length !== result.length) {
        report(problems, path, `block count in plan (${result.length}) disagrees with count in config (${configured.length})`)
        return
      }
      for (let i = 0; i < result.length; i++) {
        checkBlock(block, before[i] ?? absent, configured[i]!, result[i]!, [...path, indexStep(numberVal(i))], problems)
      }
      return
    }
    default:
      // Elements of sets have nothing to pair them by once a provider has filled in what is computed: it is trusted.
      return
  }
}

function checkAttributes(
  attributes: BlockSchema['attributes'],
  prior: Value,
  config: Value,
  planned: Value,
  path: Path,
  problems: ObjectProblem[],
): void {
  const entries = attributeEntries(attributes)
  for (let i = 0; i < entries.length; i++) {
    const { name, attribute, type } = entries[i]!
    const configured = member(config, name, type)
    const result = member(planned, name, type)
    if (isFaithful(attribute, configured, result)) continue
    checkAttribute(attribute, member(prior, name, type), configured, result, [...path, attributeStep(name)], problems)
  }
}

/** As configured, or left to the provider: there is nothing to compare with what was before. */
function isFaithful(attribute: AttributeSchema, config: Value, planned: Value): boolean {
  if (attribute.writeOnly === true) return planned.isNull
  if (sameValue(planned, config)) return true
  return attribute.computed === true && (attribute.optional !== true || config.isNull)
}

/** An attribute that is not `isFaithful`. */
function checkAttribute(
  attribute: AttributeSchema,
  prior: Value,
  config: Value,
  planned: Value,
  path: Path,
  problems: ObjectProblem[],
): void {
  const sensitive = attribute.sensitive === true
  if (attribute.writeOnly === true) {
    report(problems, path, 'planned value for a write-only attribute must be null')
    return
  }
  if (config.isNull) {
    // Nulls of different types are still nulls.
    if (planned.isNull) return
    report(
      problems,
      path,
      sensitive
        ? 'sensitive planned value for a non-computed attribute'
        : `planned value ${describe(planned)} for a non-computed attribute`,
    )
    return
  }
  if (!prior.isNull && sameValue(planned, prior)) return
  if (attribute.nestedType !== undefined && config.isKnown) {
    checkNestedAttribute(attribute.nestedType, prior, config, planned, path, problems)
    return
  }
  if (sensitive) {
    report(problems, path, `sensitive planned value does not match config value${prior.isNull ? '' : ' nor prior value'}`)
    return
  }
  const nor = prior.isNull ? '' : ` nor prior value ${describe(prior)}`
  report(problems, path, `planned value ${describe(planned)} does not match config value ${describe(config)}${nor}`)
}

function checkNestedAttribute(
  nested: NestedAttributeType,
  prior: Value,
  config: Value,
  planned: Value,
  path: Path,
  problems: ObjectProblem[],
): void {
  if (!bothPresent(config, planned, path, problems)) return
  if (!planned.isKnown) {
    report(problems, path, 'planned as unknown although config sets it; set nested attribute values to unknown instead')
    return
  }
  const absent = nullVal(nestedElementType(nested))
  const object = (p: Value, c: Value, v: Value, at: Path): void => {
    if (!bothPresent(c, v, at, problems)) return
    if (!c.isKnown) {
      if (v.isKnown) report(problems, at, `planned value ${describe(v)} for unknown config value`)
    } else if (!v.isKnown)
      report(problems, at, 'planned as unknown although config sets it; set nested attribute values to unknown instead')
    else checkAttributes(nested.attributes, p, c, v, at, problems)
  }
  switch (nested.nesting) {
    case 'single':
      object(prior, config, planned, path)
      return
    case 'map': {
      const configured = entries(config)
      const result = entries(planned)
      const before = entries(prior)
      for (const [key, value] of result) {
        const wanted = configured.get(key)
        if (wanted === undefined) report(problems, path, `map key ${JSON.stringify(key)} from plan is not present in config`)
        else object(before.get(key) ?? absent, wanted, value, [...path, indexStep(stringVal(key))])
      }
      for (const key of configured.keys()) {
        if (!result.has(key)) report(problems, path, `map key ${JSON.stringify(key)} from config is not present in plan`)
      }
      return
    }
    case 'list': {
      const configured = elements(config)
      const result = elements(planned)
      const before = elements(prior)
      if (configured.length !== result.length) {
        report(problems, path, `count in plan (${result.length}) disagrees with count in config (${configured.length})`)
        return
      }
      for (let i = 0; i < result.length; i++) object(before[i] ?? absent, configured[i]!, result[i]!, [...path, indexStep(numberVal(i))])
      return
    }
    default: {
      const configured = elements(config)
      const result = elements(planned)
      // What is unknown in the configuration may turn out equal to another element.
      const least = config.isWhollyKnown ? configured.length : 1
      if (result.length < Math.min(least, configured.length) || result.length > configured.length) {
        report(problems, path, `count in plan (${result.length}) disagrees with count in config (${configured.length})`)
        return
      }
      const before = elements(prior)
      const priorLike = candidatesAmong(before, wholeKey)
      if (before.length > 0 && result.every((v) => priorLike(v).some((p) => sameValue(p, v)))) return
      checkSet(nested, configured, result, before, path, problems)
    }
  }
}

/** Each planned element must be a valid plan for some configured one, whichever prior element it came from. */
function checkSet(
  nested: NestedAttributeType,
  configured: readonly Value[],
  planned: readonly Value[],
  before: readonly Value[],
  path: Path,
  problems: ObjectProblem[],
): void {
  const absent = [nullVal(nestedElementType(nested))]
  const priors = [...absent, ...before]
  const configuredLike = candidatesAmong(configured, membersKey(configuredMembers(nested.attributes)))
  const valid = (config: Value, value: Value, candidates: readonly Value[]): boolean => {
    if (!config.isKnown || config.isNull || value.isNull || !value.isKnown) return sameValue(config, value) || !config.isKnown
    return candidates.some((prior) => {
      const found: ObjectProblem[] = []
      checkAttributes(nested.attributes, prior, config, value, path, found)
      return found.length === 0
    })
  }
  for (const value of planned) {
    // What was there before counts only for what is neither as configured nor for the provider to fill in.
    if (configuredLike(value).some((config) => valid(config, value, absent))) continue
    if (configured.some((config) => valid(config, value, priors))) continue
    report(problems, path, `planned set element ${describeUnlessSensitive(nested, value)} does not correlate with any element in config`)
  }
}

function describeUnlessSensitive(nested: NestedAttributeType, value: Value): string {
  return Object.values(nested.attributes).some((a) => a.sensitive === true || a.nestedType !== undefined) ? '(not shown)' : describe(value)
}

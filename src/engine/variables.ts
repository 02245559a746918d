import type { InputVariable, VariableInput } from '../config/index.ts'
import { CtyError, convert, EPHEMERAL, SENSITIVE, unknownVal, type Value, withoutOptional } from '../cty/index.ts'
import { Diagnostics, formatRange, type SourceRange } from '../diags/index.ts'
import { applyDefaults } from '../hcl/index.ts'
import { marksWithin } from './_marks.ts'
import type { VariableBlock } from './blocks.ts'
import { warnOfDeprecatedVariable } from './deprecations.ts'
import type { ModuleScope } from './evaluation.ts'
import { noRepetition } from './expansion.ts'
import { checkRules, judgeRules, type RuleSubject } from './rules.ts'
import type { Run } from './run.ts'

/**
 * Gives an input variable its value in every instance of its module, and checks its validation rules.
 *
 * @param validated false leaves the rules out: what is being destroyed need not satisfy them, and what they refer to may not be there.
 */
export function visitVariable(run: Run, block: VariableBlock, diags: Diagnostics, validated = true): boolean {
  const { variable } = block
  let ok = true
  for (const scope of run.evaluation.scopesOf(block.config)) {
    const value = valueIn(run, block, scope, diags)
    if (value === undefined) {
      ok = false
      scope.variables.set(variable.name, unknownVal(withoutOptional(variable.type)))
      continue
    }
    scope.variables.set(variable.name, value)
    if (run.phase === 'validate') {
      judgeArgument(run, block, scope, diags)
      if (validated) {
        const subject = ruleSubject(run, block, scope)
        for (const rule of block.rules) if (judgeRules(run, [rule], subject, diags)) checkRules(run, [rule], subject, diags)
      }
      scope.variables.set(variable.name, value)
      continue
    }
    if (!validated) continue
    if (block.rules.length > 0) run.checks.expanded('var', block.name)
    const held = checkRules(run, block.rules, ruleSubject(run, block, scope), diags)
    if (!held) ok = false
  }
  return ok
}

function ruleSubject(run: Run, block: VariableBlock, scope: ModuleScope): RuleSubject {
  const { variable } = block
  return {
    kind: 'var',
    configAddr: block.name,
    objectAddr: `${scope.prefix}var.${variable.name}`,
    scope,
    repetition: noRepetition,
    summary: 'Invalid value for variable',
    asWarning: false,
    subject: block.argument?.expr.range ?? givenAt(run, scope, variable.name) ?? variable.range,
  }
}

/** Where a value of a root variable stands, if that is a file. */
function givenAt(run: Run, scope: ModuleScope, name: string): SourceRange | undefined {
  return scope.parent === undefined ? run.input.variables.get(name)?.range : undefined
}

function valueIn(run: Run, block: VariableBlock, scope: ModuleScope, diags: Diagnostics): Value | undefined {
  const { variable } = block
  if (run.phase === 'validate') {
    // What holds for every value is all that can be said now.
    return withVariableMarks(variable, unknownVal(withoutOptional(variable.type)))
  }
  if (scope.parent === undefined) {
    const input = run.input.variables.get(variable.name)
    if (input !== undefined && run.phase === 'plan') {
      warnOfDeprecatedVariable(block, input.value, input.range ?? variable.range, run.input, diags)
    }
    return rootValue(variable, input, diags)
  }
  const address = `${scope.prefix}var.${variable.name}`
  if (block.argument === undefined) {
    if (variable.default !== undefined) return withVariableMarks(variable, variable.default)
    diags.error('Missing required argument', `The argument "${variable.name}" is required, but no definition was found.`, {
      subject: variable.range,
    })
    return undefined
  }
  const before = diags.hasErrors
  const given = run.evaluation.evaluate(scope.parent, block.argument.expr, block.argument.needs, scope.repetition, diags)
  if (!before && diags.hasErrors) return undefined
  if (!acceptsEphemeral(block, given, diags)) return undefined
  return finalValue(variable, given, address, block.argument.expr.range, undefined, diags)
}

/** While validating, the argument of a module call is evaluated for its own mistakes; the variable is what is known of it, for its rules. */
function judgeArgument(run: Run, block: VariableBlock, scope: ModuleScope, diags: Diagnostics): void {
  const { argument, variable } = block
  if (argument === undefined || scope.parent === undefined) return
  const own = new Diagnostics()
  const given = run.evaluation.evaluate(scope.parent, argument.expr, argument.needs, scope.repetition, own)
  const address = `${scope.prefix}var.${variable.name}`
  const value = acceptsEphemeral(block, given, own) ? finalValue(variable, given, address, argument.expr.range, undefined, own) : undefined
  diags.addAll(own.items)
  warnOfDeprecatedVariable(block, given, argument.expr.range, run.input, diags)
  if (value === undefined || own.hasErrors) return
  scope.variables.set(variable.name, value)
}

function acceptsEphemeral({ variable, argument }: VariableBlock, given: Value, diags: Diagnostics): boolean {
  if (variable.ephemeral || !given.containsMarked || !marksWithin(given, EPHEMERAL)) return true
  diags.error(
    'Ephemeral value not allowed',
    'This input variable is not declared as accepting a ephemeral values, so it cannot be set to a result derived from an ephemeral value.',
    { subject: argument!.expr.range },
  )
  return false
}

/** The value of a root variable: what was given, or its default. Undefined, and reported, when there is neither or it does not fit. */
export function rootValue(variable: InputVariable, input: VariableInput | undefined, diags: Diagnostics): Value | undefined {
  const given = input?.value
  if (given === undefined) {
    if (variable.default !== undefined) return withVariableMarks(variable, variable.default)
    diags.error(
      'No value for required variable',
      `The root module input variable "${variable.name}" is not set, and has no default value. Use a -var or -var-file command line argument to provide a value for this variable.`,
      { subject: variable.range },
    )
    return undefined
  }
  return finalValue(variable, given, `var.${variable.name}`, input?.range ?? variable.range, input?.sourceDescription, diags)
}

/** Defaults of optional attributes, then conversion, then the rule for null, then marks. */
function finalValue(
  variable: InputVariable,
  given: Value,
  address: string,
  subject: SourceRange,
  source: string | undefined,
  diags: Diagnostics,
): Value | undefined {
  let value = given
  try {
    if (variable.typeDefaults !== undefined && !value.isNull) value = applyDefaults(variable.typeDefaults, value)
    value = convert(value, variable.type)
  } catch (error) {
    if (!(error instanceof CtyError)) throw error
    const detail =
      source === undefined
        ? `The given value is not suitable for ${address} declared at ${formatRange(variable.range)}: ${error.message}.`
        : `Unsuitable value for ${address} set ${source}: ${error.message}.`
    diags.error('Invalid value for input variable', detail, { subject })
    return undefined
  }
  if (value.isNull && !variable.nullable) {
    if (variable.default === undefined) {
      diags.error(
        'Required variable not set',
        `The given value is not suitable for ${address} defined at ${formatRange(variable.range)}: required variable may not be set to null.`,
        { subject },
      )
      return undefined
    }
    value = variable.default
  }
  return withVariableMarks(variable, value)
}

function withVariableMarks(variable: InputVariable, value: Value): Value {
  let marked = value
  if (variable.sensitive) marked = marked.mark(SENSITIVE)
  if (variable.ephemeral) marked = marked.mark(EPHEMERAL)
  return marked
}

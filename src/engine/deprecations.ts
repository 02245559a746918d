import { type InstanceKey, type ModulePath, moduleInstanceToString } from '../addrs/index.ts'
import { type Config, configAt } from '../config/index.ts'
import { type DeprecationMark, type Mark, type Path, pathToString, transformValue, type Value } from '../cty/index.ts'
import type { Diagnostics, SourceRange } from '../diags/index.ts'
import type { Body, Expr } from '../hcl/index.ts'
import { attributeRange, type BlockSchema } from '../schema/index.ts'
import type { VariableBlock } from './blocks.ts'
import type { EngineInput } from './input.ts'

/** About which modules uses of what they declare deprecated are told: all, those of the same tree of folders, or none. */
export type DeprecationLevel = 'all' | 'local' | 'none'

/*
 * L-058: what a module declares with `deprecated = "..."` is told to those who use it, as OpenTofu 1.11 does: an argument that is given for
 * such a variable by every command, a value that comes from such an output when something is planned.
 */

/**
 * The uses of deprecated output values in one walk. Such a value bears a mark within the expression that names it; what is stored of the
 * expression, which may be used again elsewhere, does not: who uses that has nothing to change.
 */
export class DeprecatedUses {
  readonly #root: Config
  readonly #level: DeprecationLevel
  /** By module path and output. */
  readonly #marks = new Map<string, DeprecationMark>()
  /** By place and text: an expression is evaluated for each instance. */
  readonly #told = new Map<string, { readonly detail: string; readonly subject: SourceRange }>()

  constructor(root: Config, level: DeprecationLevel) {
    this.#root = root
    this.#level = level
  }

  /** For the value of an output of one instance of a module; undefined where there is nothing to tell. */
  markOf(child: Config, key: InstanceKey, output: string): DeprecationMark | undefined {
    const deprecated = child.module.outputs.get(output)?.deprecated
    if (deprecated === undefined || !isTold(this.#root, child.path, this.#level)) return undefined
    const name = `${moduleInstanceToString([{ name: child.path.at(-1)!, key }])}.${output}`
    const id = `${child.path.join('.')}\0${name}`
    const known = this.#marks.get(id)
    if (known !== undefined) return known
    const message = `derived from ${name}, which is deprecated with the following message:\n\n${deprecated}`
    const mark: DeprecationMark = { kind: 'deprecation', message }
    this.#marks.set(id, mark)
    return mark
  }

  /** The value of an expression without such marks. */
  usedIn(expr: Expr, value: Value): Value {
    return withoutDeprecations(value, (path, message) => this.#add(describePart(path), message, expr.range))
  }

  /** The same for the arguments in a body. */
  usedInBody(body: Body, schema: BlockSchema, value: Value): Value {
    return withoutDeprecations(value, (path, message) => this.#add('This value', message, attributeRange(body, schema, path)))
  }

  #add(what: string, message: string, subject: SourceRange): void {
    const detail = `${what} is ${message}`
    this.#told.set(`${subject.source.filename}\0${subject.start}\0${subject.end}\0${detail}`, { detail, subject })
  }

  report(diags: Diagnostics): void {
    for (const { detail, subject } of this.#told.values()) diags.warning(derived, detail, { subject })
  }
}

const derived = 'Value derived from a deprecated source'

/** For an expression outside of the configuration: its value without marks of deprecation, which are told at once. */
export function warnOfDeprecatedUse(expr: Expr, value: Value, diags: Diagnostics): Value {
  return withoutDeprecations(value, (path, message) => {
    diags.warning(derived, `${describePart(path)} is ${message}`, { subject: expr.range })
  })
}

function describePart(path: Path): string {
  return path.length === 0 ? 'This value' : `This value's attribute ${pathToString(path).replace(/^\./, '')}`
}

function withoutDeprecations(value: Value, tell: (path: Path, message: string) => void): Value {
  if (!value.containsMarked) return value
  return transformValue(value, (path, part) => {
    const found = [...(part.marks ?? [])].filter(isDeprecation)
    if (found.length === 0) return part
    for (const { message } of found) tell(path, message)
    return part.unmark().withMarks(new Set([...part.marks!].filter((mark) => !isDeprecation(mark))))
  })
}

function isDeprecation(mark: Mark): mark is DeprecationMark {
  return typeof mark !== 'string'
}

/** Undefined where no output value is deprecated, or nobody wants to know: then nothing need be marked. */
export function deprecatedUses({ config, deprecations = 'all' }: EngineInput): DeprecatedUses | undefined {
  return deprecations !== 'none' && hasDeprecatedOutputs(config) ? new DeprecatedUses(config, deprecations) : undefined
}

function hasDeprecatedOutputs({ module, children }: Config): boolean {
  for (const { deprecated } of module.outputs.values()) if (deprecated !== undefined) return true
  return [...children.values()].some(hasDeprecatedOutputs)
}

/** An argument of a module call, or a value of a root variable that somebody has set. Null is the same as not setting it. */
export function warnOfDeprecatedVariable(
  { variable, config }: VariableBlock,
  given: Value,
  subject: SourceRange,
  input: EngineInput,
  diags: Diagnostics,
): void {
  if (variable.deprecated === undefined || given.isNull || !isTold(input.config, config.path, input.deprecations ?? 'all')) return
  diags.warning(
    'Variable marked as deprecated by the module author',
    `Variable ${JSON.stringify(variable.name)} is marked as deprecated with the following message:\n${variable.deprecated}`,
    { subject },
  )
}

/** Whether uses of what a module declares are told. What a module from elsewhere calls is from elsewhere, too. */
function isTold(root: Config, path: ModulePath, level: DeprecationLevel): boolean {
  if (level !== 'local') return level === 'all'
  return path.every((name, i) => {
    const call = configAt(root, path.slice(0, i))?.module.moduleCalls.get(name)
    return call !== undefined && /^\.{1,2}[/\\]/.test(call.source)
  })
}

import { parseReference, type Reference } from '../addrs/index.ts'
import {
  ConversionError,
  convert,
  EPHEMERAL,
  objectVal,
  SENSITIVE,
  stringType,
  stringVal,
  type Value,
  withoutOptional,
} from '../cty/index.ts'
import { Diagnostics, type SourceRange } from '../diags/index.ts'
import { type Attribute, type EvalContext, type Expr, evaluate, justAttributes, traversals } from '../hcl/index.ts'
import { convertDefault } from './_variable.ts'
import type { InputVariable, Module, ModuleCall } from './config.ts'
import type { VariableInput } from './variables.ts'

/** What can be known before anything is planned, for expressions that decide which configuration there is. */
export interface StaticSurroundings {
  /** Values for the root module's input variables; called when one is first needed. */
  readonly variables: (root: Module) => ReadonlyMap<string, VariableInput>
  /** The functions as a module in this folder sees them. */
  readonly functions: (sourceDir: string) => Pick<EvalContext, 'functions' | 'functionNames'>
  readonly workspace: string
  /** Where the user is: `path.cwd`. */
  readonly cwd: string
}

/**
 * Evaluates expressions of one module early: input variables, local values, `path` and `terraform.workspace` may be named,
 * and nothing that comes from planning.
 *
 * @see OpenTofu docs, "Module sources" and "Backend configuration": what OpenTofu 1.8 allows there
 */
export class StaticScope {
  readonly #module: Module
  readonly #surroundings: StaticSurroundings
  readonly #caller: { readonly scope: StaticScope; readonly call: ModuleCall } | undefined
  readonly #root: StaticScope
  readonly #values = new Map<string, Value | undefined>()
  #given: ReadonlyMap<string, VariableInput> | undefined
  #arguments: ReadonlyMap<string, Attribute> | undefined

  constructor(module: Module, surroundings: StaticSurroundings, caller?: { readonly scope: StaticScope; readonly call: ModuleCall }) {
    this.#module = module
    this.#surroundings = surroundings
    this.#caller = caller
    this.#root = caller === undefined ? this : caller.scope.#root
  }

  /** The value of an expression that `needer` needs early, such as `module.a.source`; undefined when it has none, which is reported. */
  evaluate(expr: Expr, needer: string, diags: Diagnostics): Value | undefined {
    // What has to be worked out first is on top; a name is open from its first visit to its second.
    const pending: { readonly expr: Expr; readonly key: string | undefined; readonly range: SourceRange }[] = [
      { expr, key: undefined, range: expr.range },
    ]
    const open = new Set<string>()
    for (;;) {
      const current = pending.at(-1)!
      const references = this.#references(current.expr, needer, diags)
      if (references === undefined) return undefined
      const first = references.find(({ subject }) => subject.kind === 'local' && !this.#values.has(`local.${subject.name}`))
      if (first?.subject.kind === 'local') {
        const key = `local.${first.subject.name}`
        if (open.has(key)) {
          diags.error('Circular reference', `${key} is needed to work out its own value, which is required by ${needer}.`, {
            subject: first.range,
          })
          return undefined
        }
        open.add(key)
        pending.push({ expr: this.#module.locals.get(first.subject.name)!.expr, key, range: first.range })
        continue
      }
      const value = this.#evaluateKnown(current.expr, references, needer, diags)
      if (value === undefined) return undefined
      pending.pop()
      if (current.key === undefined) return value
      open.delete(current.key)
      this.#values.set(current.key, value)
    }
  }

  /** What an expression refers to, as far as that can be known early; undefined when it refers to something else. */
  #references(expr: Expr, needer: string, diags: Diagnostics): readonly Reference[] | undefined {
    const references: Reference[] = []
    let fine = true
    for (const traversal of traversals(expr)) {
      const reference = parseReference(traversal, diags)
      if (reference === undefined) {
        fine = false
        continue
      }
      const problem = this.#problemOf(reference, needer)
      if (problem === undefined) references.push(reference)
      else {
        diags.error(...problem, { subject: reference.range })
        fine = false
      }
    }
    return fine ? references : undefined
  }

  #problemOf({ subject, range }: Reference, needer: string): readonly [summary: string, detail: string] | undefined {
    switch (subject.kind) {
      case 'variable': {
        const variable = this.#module.variables.get(subject.name)
        if (variable === undefined) return ['Undefined variable', `Undefined variable var.${subject.name}`]
        if (variable.constant) return undefined
        const detail = `var.${subject.name} is declared with "const = false", so its value may not be used before planning, and ${needer} requires it.`
        return ['Dynamic value in static context', detail]
      }
      case 'local':
        return this.#module.locals.has(subject.name) ? undefined : ['Undefined local', `Undefined local local.${subject.name}`]
      case 'path':
        return undefined
      case 'terraform':
        if (subject.name === 'workspace') return undefined
    }
    const text = range.source.text.slice(range.start, range.end)
    return ['Dynamic value in static context', `Unable to use ${text} in static context, which is required by ${needer}.`]
  }

  #evaluateKnown(expr: Expr, references: readonly Reference[], needer: string, diags: Diagnostics): Value | undefined {
    const named = new Map<string, Map<string, Value>>()
    for (const { subject, range } of references) {
      if (!('name' in subject)) continue
      const value = this.#valueOf(subject, needer, range, diags)
      if (value === undefined) return undefined
      const root = subject.kind === 'variable' ? 'var' : subject.kind
      const group = named.get(root) ?? new Map<string, Value>()
      named.set(root, group.set(subject.name, value))
    }
    const variables = new Map([...named].map(([root, values]) => [root, objectVal(values)] as const))
    const terraform = variables.get('terraform')
    if (terraform !== undefined) variables.set('tofu', terraform)
    const own = new Diagnostics()
    const value = evaluate(expr, { variables, ...this.#surroundings.functions(this.#module.sourceDir) }, own)
    diags.addAll(own.items)
    return own.hasErrors ? undefined : value
  }

  #valueOf(subject: Reference['subject'] & { name: unknown }, needer: string, range: SourceRange, diags: Diagnostics): Value | undefined {
    const name = subject.name as string
    switch (subject.kind) {
      case 'local':
        return this.#values.get(`local.${name}`)
      case 'path':
        return stringVal(
          name === 'module' ? this.#module.sourceDir : name === 'root' ? this.#root.#module.sourceDir : this.#surroundings.cwd,
        )
      case 'terraform':
        return stringVal(this.#surroundings.workspace)
      default:
        return this.#variable(this.#module.variables.get(name)!, needer, range, diags)
    }
  }

  #variable(variable: InputVariable, needer: string, range: SourceRange, diags: Diagnostics): Value | undefined {
    const key = `var.${variable.name}`
    if (!this.#values.has(key)) this.#values.set(key, this.#findVariable(variable, needer, range, diags))
    const value = this.#values.get(key)
    const marks = [...(variable.sensitive ? [SENSITIVE] : []), ...(variable.ephemeral ? [EPHEMERAL] : [])]
    return value && (marks.length === 0 ? value : value.withMarks(new Set(marks)))
  }

  #findVariable(variable: InputVariable, needer: string, range: SourceRange, diags: Diagnostics): Value | undefined {
    const { name } = variable
    let given: Value | undefined
    if (this.#caller === undefined) given = (this.#given ??= this.#surroundings.variables(this.#module)).get(name)?.value
    else {
      const { scope, call } = this.#caller
      this.#arguments ??= justAttributes(call.body, new Diagnostics())
      const argument = this.#arguments.get(name)
      if (argument !== undefined) {
        given = scope.evaluate(argument.expr, needer, diags)
        if (given === undefined) return undefined
      }
    }
    const usesDefault = given === undefined || (given.isNull && !variable.nullable)
    if (usesDefault && variable.default !== undefined) return variable.default
    if (given === undefined) {
      const detail = `The input variable "${name}" has no default value and none was given, and ${needer} requires its value before planning. Use a -var or -var-file command line option or the environment variable TF_VAR_${name} to give one.`
      diags.error('No value for required variable', detail, { subject: range })
      return undefined
    }
    const converted = convertDefault(given, variable.type, variable.typeDefaults)
    if ('value' in converted) return converted.value
    diags.error('Invalid value for input variable', `The given value is not suitable for var.${name}: ${converted.problem}.`, {
      subject: range,
    })
    return undefined
  }
}

/** A known text from a static value, or the reason why it is none: to go on after "The value ...". */
export function staticText(value: Value): { readonly text: string | undefined } | { readonly problem: string } {
  if (value.isNull) return { text: undefined }
  if (!value.isKnown) return { problem: 'is not known before planning' }
  try {
    return { text: convert(value, withoutOptional(stringType)).asString() }
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return { problem: `is not suitable: ${error.message}` }
  }
}

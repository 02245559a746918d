import {
  type Config,
  collectVariables,
  parseVariableValue,
  type VariableArgument,
  type VariableFile,
  type VariableInput,
} from '../config/index.ts'
import { stringVal, type Value } from '../cty/index.ts'
import { Diagnostics, rangeBetween, type SourceRange } from '../diags/index.ts'
import { type Attribute, type Traversal, traversals } from '../hcl/index.ts'
import { type TestNames, valueOfExpr } from './scope.ts'
import type { TestFile, TestRun } from './test-file.ts'

/** Values from outside of the test files; later ones win, files before the command line. */
export interface GlobalVariables {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly files: readonly VariableFile[]
  readonly cli: readonly VariableArgument[]
}

/** The values for a module, as far as it declares variables for them: nobody minds the others. */
export function globalsFor(globals: GlobalVariables, config: Config, diags: Diagnostics): ReadonlyMap<string, VariableInput> {
  const declared = config.module.variables
  const only = (file: VariableFile): VariableFile => ({ ...file, values: new Map([...file.values].filter(([name]) => declared.has(name))) })
  return collectVariables(
    {
      env: globals.environment,
      files: globals.files.map(only),
      cli: globals.cli.flatMap((given): readonly VariableArgument[] => {
        if (given.kind === 'file') return [{ kind: 'file', file: only(given.file) }]
        const name = given.text.split('=', 1)[0]!
        return given.text.includes('=') && !declared.has(name) ? [] : [given]
      }),
    },
    config,
    diags,
  )
}

/** The same values by name for expressions of test files; text for variables that the root module does not declare stays text. */
export function globalNames(globals: GlobalVariables, root: Config): ReadonlyMap<string, Value> {
  const names = new Map<string, Value>()
  const addText = (name: string, text: string): void => {
    const variable = root.module.variables.get(name)
    const value = variable === undefined ? stringVal(text) : parseVariableValue(variable, text, new Diagnostics())
    if (value !== undefined) names.set(name, value)
  }
  const addFile = (file: VariableFile): void => {
    for (const [name, { value }] of file.values) names.set(name, value)
  }
  for (const [key, text] of Object.entries(globals.environment)) {
    if (key.startsWith('TF_VAR_') && text !== undefined) addText(key.slice('TF_VAR_'.length), text)
  }
  globals.files.forEach(addFile)
  for (const given of globals.cli) {
    if (given.kind === 'file') addFile(given.file)
    else addText(given.text.split('=', 1)[0]!, given.text.slice(given.text.indexOf('=') + 1))
  }
  return names
}

export interface RunVariables {
  /** For the module under test. */
  readonly inputs: ReadonlyMap<string, VariableInput>
  /** For expressions of the test file. */
  readonly names: ReadonlyMap<string, Value>
}

/**
 * The values a run is made with: its own, else those of its file, else those from outside. Expressions are evaluated as far as the run needs them.
 * Undefined when that is not possible, which is reported.
 */
export function runVariables(
  run: TestRun,
  file: TestFile,
  config: Config,
  outside: { readonly inputs: ReadonlyMap<string, VariableInput>; readonly names: ReadonlyMap<string, Value> },
  runs: Pick<TestNames, 'runs' | 'allRuns'>,
  diags: Diagnostics,
): RunVariables | undefined {
  const own = new Diagnostics()
  const declared = config.module.variables
  const inputs = new Map(outside.inputs)
  const names = new Map(outside.names)
  const ownNames = ownNamesOf(run)
  const needed = neededNames(ownNames, file)
  const take = (name: string, { expr }: Attribute, known: ReadonlyMap<string, Value>): void => {
    const value = valueOfExpr(expr, { ...runs, variables: known }, own)
    if (value === undefined) return
    names.set(name, value)
    if (declared.has(name)) inputs.set(name, { value, range: expr.range })
  }
  for (const [name, attribute] of file.variables) {
    const named = traversals(attribute.expr).find(({ root }) => root === 'run')
    if (named !== undefined) {
      own.error('Invalid reference', 'You can not reference run blocks from within the file variables block.', {
        subject: namedRange(named),
      })
    } else if (declared.has(name) || needed.has(name))
      if (!run.variables.has(name) || needed.has(name)) take(name, attribute, outside.names)
  }
  // A run that sets a variable from the one of its file means the file's.
  const known = new Map(names)
  for (const [name, attribute] of run.variables) {
    take(name, attribute, known)
    if (!declared.has(name) && !ownNames.has(name)) {
      own.warning(
        'Value for undeclared variable',
        `The module under test does not declare a variable named "${name}", but it is declared in run block "${run.name}".`,
        { subject: attribute.expr.range },
      )
    }
  }
  const failed = own.hasErrors
  for (const variable of declared.values()) {
    if (inputs.has(variable.name) || variable.default !== undefined || failed) continue
    own.error(
      'No value for required variable',
      `The module under test for run block "${run.name}" has a required variable "${variable.name}" with no set value. Use a -var or -var-file command line argument or add this variable into a "variables" block within the test file or run block.`,
      { subject: variable.range },
    )
  }
  diags.addAll(own.items)
  return own.hasErrors ? undefined : { inputs, names }
}

/** Of the root with the name after it. */
function namedRange({ rootRange, range, steps }: Traversal): SourceRange {
  return steps[0] === undefined ? range : rangeBetween(rootRange, steps[0].range)
}

/** Input variables that a run's own expressions name. */
function ownNamesOf(run: TestRun): ReadonlySet<string> {
  const exprs = [...[...run.variables.values()].map((a) => a.expr), ...run.asserts.flatMap((a) => [a.condition, a.errorMessage])]
  const names = new Set<string>()
  for (const { root, steps } of exprs.flatMap((expr) => traversals(expr))) {
    const [step] = steps
    if (root === 'var' && step?.kind === 'attr') names.add(step.name)
  }
  return names
}

/** With those that the providers of its file may name: they are configured through their schemas, which nobody has here. */
function neededNames(own: ReadonlySet<string>, file: TestFile): ReadonlySet<string> {
  const isConfigured = [...file.providers.values()].some((provider) => provider.kind === 'real')
  return isConfigured ? new Set([...own, ...file.variables.keys()]) : own
}

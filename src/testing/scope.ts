import { suggest } from '../base/index.ts'
import { dynamicVal, objectVal, type Value } from '../cty/index.ts'
import { Diagnostics, rangeBetween, type SourceRange } from '../diags/index.ts'
import type { RootScope } from '../engine/index.ts'
import { type EvalContext, type Expr, evaluate, type Traversal, type TraversalStep, traversals } from '../hcl/index.ts'
import { functionTable } from '../lang/functions/index.ts'
import { needsOf } from '../lang/index.ts'

/** What expressions of a test file can name beside the module under test. */
export interface TestNames {
  /** Input variables of the file and of the command line, whether or not the module declares them. */
  readonly variables: ReadonlyMap<string, Value>
  /** Output values of the runs so far, as objects. */
  readonly runs: ReadonlyMap<string, Value>
  /** All runs of the file. */
  readonly allRuns: readonly string[]
}

type Place = 'run' | 'provider'

const placeWords = {
  run: { runs: 'earlier run blocks', inside: 'a run block', what: 'run block', before: 'current run block' },
  provider: { runs: 'run blocks', inside: 'provider configurations', what: 'provider configuration', before: 'provider is required' },
} as const satisfies Readonly<Record<Place, unknown>>

/** For values of variables and arguments of providers: input variables and earlier runs, nothing of a module. */
export function valueContext(all: readonly Traversal[], names: TestNames, diags: Diagnostics, place: Place = 'run'): EvalContext {
  const words = placeWords[place]
  const table = functionTable({ baseDir: '.', pure: false })
  const found = new Map<string, Map<string, Value>>([
    ['var', new Map()],
    ['run', new Map()],
  ])
  for (const traversal of all) {
    const { root } = traversal
    const named = nameIn(traversal)
    if ((root !== 'var' && root !== 'run') || named === undefined) {
      diags.error(
        'Invalid reference',
        `You can only reference ${words.runs}, file level, and global variables while defining variables from inside ${words.inside}.`,
        { subject: traversal.range },
      )
      // Whoever goes on evaluating has been told.
      found.set(root, found.get(root) ?? new Map())
      continue
    }
    const value = (root === 'var' ? names.variables : names.runs).get(named.name)
    found.get(root)!.set(named.name, value ?? dynamicVal)
    if (value !== undefined) continue
    if (root === 'var') {
      diags.error(
        'Reference to unavailable variable',
        `The input variable "${named.name}" is not available to the current ${words.what}. You can only reference variables defined at the file or global levels.`,
        { subject: named.range },
      )
    } else {
      const later = names.allRuns.includes(named.name)
      diags.error(
        later ? 'Reference to unavailable run block' : 'Reference to unknown run block',
        `The run block "${named.name}" ${later ? 'has not executed yet' : 'does not exist within this test file'}. You can only reference run blocks that are in the same test file and will execute before the ${words.before}.`,
        { subject: named.range },
      )
    }
  }
  const others = [...found.keys()].filter((root) => root !== 'var' && root !== 'run').map((root) => [root, dynamicVal] as const)
  return { variables: new Map([...objectsOf(found), ...others]), functions: table.lookUp, functionNames: table.names }
}

/** The value of such an expression; undefined when there is none, which is reported. */
export function valueOfExpr(expr: Expr, names: TestNames, diags: Diagnostics): Value | undefined {
  const own = new Diagnostics()
  const context = valueContext(traversals(expr), names, own)
  const value = own.hasErrors ? dynamicVal : evaluate(expr, context, own)
  diags.addAll(own.items)
  return own.hasErrors ? undefined : value
}

/** For assertions: everything in the module under test, its output values, earlier runs, and variables that only the test file has. */
export function assertionContext(
  all: readonly Traversal[],
  scope: RootScope,
  outputs: ReadonlySet<string>,
  names: TestNames,
  diags: Diagnostics,
): EvalContext {
  const own = new Map<string, Map<string, Value>>()
  const add = (root: string, name: string, value: Value): void => {
    const group = own.get(root) ?? new Map<string, Value>()
    own.set(root, group.set(name, value))
  }
  const rest: Traversal[] = []
  for (const traversal of all) {
    const named = nameIn(traversal)
    if (traversal.root === 'run' && named !== undefined) add('run', named.name, runValue(named, names, diags))
    else if (traversal.root === 'output' && named !== undefined) add('output', named.name, outputValue(named, scope, outputs, diags))
    else if (traversal.root === 'var' && named !== undefined && !scope.variables.has(named.name) && names.variables.has(named.name)) {
      add('var', named.name, names.variables.get(named.name)!)
    } else rest.push(traversal)
  }
  const base = scope.context(needsOf(rest), diags)
  const variables = new Map(base.variables)
  for (const [root, group] of own) {
    const known = variables.get(root)
    variables.set(root, objectVal(new Map([...(known === undefined ? [] : known.asMap()), ...group])))
  }
  return { ...base, variables }
}

function objectsOf(groups: ReadonlyMap<string, ReadonlyMap<string, Value>>): ReadonlyMap<string, Value> {
  return new Map([...groups].filter(([, group]) => group.size > 0).map(([root, group]) => [root, objectVal(group)]))
}

interface Named {
  readonly name: string
  readonly range: SourceRange
  readonly next: TraversalStep | undefined
}

/** The name after the root, with the part of the source that both take. */
function nameIn({ root, rootRange, steps }: Traversal): Named | undefined {
  const [step, next] = steps
  if ((root !== 'run' && root !== 'output' && root !== 'var') || step?.kind !== 'attr') return undefined
  return { name: step.name, range: rangeBetween(rootRange, step.range), next }
}

function runValue({ name, range }: Named, names: TestNames, diags: Diagnostics): Value {
  const value = names.runs.get(name)
  if (value !== undefined) return value
  if (names.allRuns.includes(name)) {
    diags.error(
      'Reference to unevaluated run block',
      `The run "${name}" block has not yet been evaluated, so its results are not available here.`,
      { subject: range },
    )
  } else {
    const meant = suggest(name, names.allRuns)
    const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`
    diags.error('Reference to undeclared run block', `There is no run "${name}" declared in this test suite.${hint}`, { subject: range })
  }
  return dynamicVal
}

function outputValue({ name, range }: Named, scope: RootScope, outputs: ReadonlySet<string>, diags: Diagnostics): Value {
  const value = scope.outputs.get(name)
  if (value !== undefined) return value
  // One that could not be evaluated has been reported.
  if (!outputs.has(name)) {
    const meant = suggest(name, outputs)
    const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`
    diags.error('Reference to undeclared output value', `An output value with the name "${name}" has not been declared.${hint}`, {
      subject: range,
    })
  }
  return dynamicVal
}

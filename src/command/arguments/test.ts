import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import type { Dialect } from '../views/dialect.ts'
import { allFlags, flag, optionalFlag, parseFlags } from './flags.ts'
import {
  checkViewArguments,
  jsonFlags,
  type VariableArgument,
  type ViewArguments,
  variableArguments,
  variableFlags,
  viewArguments,
  viewFlags,
} from './operation.ts'

export interface TestArguments {
  readonly view: ViewArguments
  readonly filters: readonly string[]
  readonly testDir: string
  readonly verbose: boolean
  readonly variables: readonly VariableArgument[]
  /** Concurrent calls of providers in a run. */
  readonly parallelism: number
  /** Runs at the same time, where files allow it. */
  readonly parallelRuns: number
  readonly junitPath: string | undefined
}

export function parseTestArguments(
  args: readonly string[],
  dialect?: Pick<Dialect, 'kind' | 'isOwn'>,
): { value: TestArguments; diags: readonly Diagnostic[] } {
  const parsed = parseFlags(
    args,
    {
      ...viewFlags,
      ...variableFlags,
      ...jsonFlags,
      filter: { kind: 'string', repeatable: true },
      'test-directory': { kind: 'string' },
      // As terraform-exec still calls it.
      'tests-directory': { kind: 'string' },
      verbose: { kind: 'bool' },
      parallelism: { kind: 'int' },
      'run-parallelism': { kind: 'int' },
      'junit-xml': { kind: 'string' },
      'cloud-run': { kind: 'string' },
    },
    dialect,
  )
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  const view = viewArguments(parsed)
  checkViewArguments(view, diags)
  const positive = (name: string): number => {
    const value = flag(parsed, name, 10)
    if (value < 1) diags.error('Invalid parallelism value', `The -${name} option must be a positive value, so ${value} is not valid.`)
    return value
  }
  if (optionalFlag(parsed, 'cloud-run') !== undefined) {
    diags.error('Remote test runs are not supported', 'Landform runs tests where it is called; the option -cloud-run is not available.')
  }
  return {
    value: {
      view,
      filters: allFlags(parsed, 'filter'),
      testDir: flag(parsed, 'test-directory', flag(parsed, 'tests-directory', 'tests')),
      verbose: flag(parsed, 'verbose', false),
      variables: variableArguments(parsed),
      parallelism: positive('parallelism'),
      parallelRuns: positive('run-parallelism'),
      junitPath: optionalFlag<string>(parsed, 'junit-xml'),
    },
    diags: diags.items,
  }
}

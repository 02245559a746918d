import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import type { RunOrder } from '../../ops/comment/index.ts'
import { allFlags, type FlagSpec, flag, optionalFlag, parseFlags } from './flags.ts'

/** A plan as JSON, and what its environment and stack are called. */
export interface NamedPlan {
  readonly path: string
  readonly environment: string
  readonly stack: string
}

/** What `landform comment` is told. */
export interface CommentArguments {
  readonly colour: boolean
  readonly plans: readonly NamedPlan[]
  readonly reports: readonly string[]
  readonly pullRequest: number | undefined
  readonly file: string | undefined
  readonly artefactDir: string | undefined
  readonly check: boolean | undefined
  readonly checkName: string
  readonly summary: boolean | undefined
  readonly repository: string | undefined
  readonly apiUrl: string | undefined
  readonly tokenFile: string | undefined
  readonly id: string
  readonly run: RunOrder | undefined
  readonly runUrl: string | undefined
  readonly simulated: boolean
  readonly mostParts: number
}

const flags: Readonly<Record<string, FlagSpec>> = {
  'no-color': { kind: 'bool' },
  'plan-json': { kind: 'string', repeatable: true },
  report: { kind: 'string', repeatable: true },
  pr: { kind: 'string' },
  file: { kind: 'string' },
  artefact: { kind: 'string' },
  check: { kind: 'bool' },
  'check-name': { kind: 'string' },
  summary: { kind: 'bool' },
  repo: { kind: 'string' },
  'api-url': { kind: 'string' },
  'token-file': { kind: 'string' },
  id: { kind: 'string' },
  run: { kind: 'string' },
  'run-url': { kind: 'string' },
  simulated: { kind: 'bool' },
  'max-parts': { kind: 'int' },
}

export function parseCommentArguments(args: readonly string[]): {
  readonly value: CommentArguments
  readonly diags: readonly Diagnostic[]
} {
  const parsed = parseFlags(args, flags)
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  const [extra] = parsed.positional
  if (extra !== undefined) {
    diags.error(
      'Too many command line arguments',
      `The command "comment" takes options only; ${JSON.stringify(extra)} is too much. Plans are named with -plan-json.`,
    )
  }
  const pr = optionalFlag<string>(parsed, 'pr')
  if (pr !== undefined && !/^[1-9]\d{0,8}$/.test(pr)) {
    diags.error('Invalid pull request', `-pr must be the number of a pull request, as in -pr=7, not ${JSON.stringify(pr)}.`)
  }
  const run = optionalFlag<string>(parsed, 'run')
  if (run !== undefined && !/^\d{1,15}(\.\d{1,15}){0,3}$/.test(run)) {
    diags.error('Invalid run', `-run must be a number that is greater for later runs, such as 1234 or 1234.2, not ${JSON.stringify(run)}.`)
  }
  const id = flag(parsed, 'id', 'plan')
  if (!/^[\w.-]{1,50}$/.test(id)) diags.error('Invalid id', '-id must be a word of letters, digits, dots and dashes.')
  const mostParts = flag(parsed, 'max-parts', 4)
  if (mostParts < 1 || mostParts > 50) diags.error('Invalid number of parts', '-max-parts must be from 1 to 50.')
  return {
    value: {
      colour: !flag(parsed, 'no-color', false),
      plans: allFlags(parsed, 'plan-json').map(namedPlan),
      reports: allFlags(parsed, 'report'),
      pullRequest: pr === undefined ? undefined : Number(pr),
      file: optionalFlag(parsed, 'file'),
      artefactDir: optionalFlag(parsed, 'artefact'),
      check: optionalFlag(parsed, 'check'),
      checkName: flag(parsed, 'check-name', 'landform plan'),
      summary: optionalFlag(parsed, 'summary'),
      repository: optionalFlag(parsed, 'repo'),
      apiUrl: optionalFlag(parsed, 'api-url'),
      tokenFile: optionalFlag(parsed, 'token-file'),
      id,
      run: run?.split('.').map(Number),
      runUrl: optionalFlag(parsed, 'run-url'),
      simulated: flag(parsed, 'simulated', false),
      mostParts,
    },
    diags: diags.items,
  }
}

/** `stage=plan.json`, `stage/network=plan.json`, or a path alone, whose file gives the name. */
function namedPlan(text: string): NamedPlan {
  const named = /^([\w.-]+)(?:\/([\w.-]+))?=(.+)$/s.exec(text)
  if (named !== null) return { path: named[3]!, environment: named[1]!, stack: named[2] ?? named[1]! }
  const stem =
    text
      .split(/[\\/]/)
      .at(-1)!
      .replace(/\.[^.]*$/, '') || 'plan'
  return { path: text, environment: stem, stack: stem }
}

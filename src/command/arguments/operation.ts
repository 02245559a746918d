import { readFileSync } from 'node:fs'
import { parseAbsResourceInstance, parseTarget } from '../../addrs/index.ts'
import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import type { DeprecationLevel } from '../../engine/index.ts'
import type { PlanMode } from '../../plans/index.ts'
import type { Dialect } from '../views/dialect.ts'
import { allFlags, type FlagSpec, flag, optionalFlag, type ParsedFlags, parseFlags } from './flags.ts'

/** A `-var` or `-var-file`, in the order given: later ones win. */
export interface VariableArgument {
  readonly kind: 'var' | 'file'
  readonly value: string
}

export interface ViewArguments {
  readonly colour: boolean
  readonly compactWarnings: boolean
  /** Similar warnings are told once. */
  readonly consolidateWarnings: boolean
  readonly consolidateErrors: boolean
  /** Nothing is told of the progress. */
  readonly concise: boolean
  /** What is sensitive is shown as well. */
  readonly showSensitive: boolean
  readonly json: boolean
  /** A file that gets what `-json` would print. */
  readonly jsonInto: string | undefined
}

export interface StateArguments {
  readonly lock: boolean
  readonly lockTimeoutMs: number
  readonly statePath: string | undefined
  readonly stateOutPath: string | undefined
  readonly backupPath: string | undefined
}

/** What plan, apply and destroy have in common. */
export interface OperationArguments {
  readonly mode: PlanMode
  readonly refresh: boolean
  readonly targets: readonly string[]
  /** Never together with targets. */
  readonly excludes: readonly string[]
  readonly forceReplace: readonly string[]
  readonly parallelism: number
  readonly variables: readonly VariableArgument[]
  /** About which modules uses of what they declare deprecated are told. */
  readonly deprecations: DeprecationLevel
}

export const viewFlags: Readonly<Record<string, FlagSpec>> = {
  'no-color': { kind: 'bool' },
  'compact-warnings': { kind: 'bool' },
  'consolidate-warnings': { kind: 'bool', beyondTerraform: true },
  'consolidate-errors': { kind: 'bool', beyondTerraform: true },
  concise: { kind: 'bool', beyondTerraform: true },
  deprecation: { kind: 'deprecation', beyondTerraform: true },
}

/** For commands that show values. */
export const sensitiveFlags: Readonly<Record<string, FlagSpec>> = { 'show-sensitive': { kind: 'bool', beyondTerraform: true } }

export const jsonFlags: Readonly<Record<string, FlagSpec>> = {
  json: { kind: 'bool' },
  'json-into': { kind: 'string', beyondTerraform: true },
}

export const variableFlags: Readonly<Record<string, FlagSpec>> = {
  var: { kind: 'string', repeatable: true },
  'var-file': { kind: 'string', repeatable: true },
}

export const lockFlags: Readonly<Record<string, FlagSpec>> = { lock: { kind: 'bool' }, 'lock-timeout': { kind: 'durationMs' } }

export const stateFlags: Readonly<Record<string, FlagSpec>> = {
  state: { kind: 'string' },
  'state-out': { kind: 'string' },
  backup: { kind: 'string' },
}

export const operationFlags: Readonly<Record<string, FlagSpec>> = {
  ...viewFlags,
  ...sensitiveFlags,
  ...jsonFlags,
  ...variableFlags,
  ...lockFlags,
  ...stateFlags,
  destroy: { kind: 'bool' },
  'refresh-only': { kind: 'bool' },
  refresh: { kind: 'bool' },
  target: { kind: 'string', repeatable: true },
  'target-file': { kind: 'string', repeatable: true, beyondTerraform: true },
  exclude: { kind: 'string', repeatable: true, beyondTerraform: true },
  'exclude-file': { kind: 'string', repeatable: true, beyondTerraform: true },
  replace: { kind: 'string', repeatable: true },
  parallelism: { kind: 'int' },
  input: { kind: 'bool' },
}

export function viewArguments(parsed: ParsedFlags): ViewArguments {
  return {
    colour: !flag(parsed, 'no-color', false),
    compactWarnings: flag(parsed, 'compact-warnings', false),
    consolidateWarnings: flag(parsed, 'consolidate-warnings', true),
    consolidateErrors: flag(parsed, 'consolidate-errors', false),
    concise: flag(parsed, 'concise', false),
    showSensitive: flag(parsed, 'show-sensitive', false),
    json: flag(parsed, 'json', false),
    jsonInto: optionalFlag<string>(parsed, 'json-into') || undefined,
  }
}

/** What cannot be asked for together. */
export function checkViewArguments({ json, jsonInto }: ViewArguments, diags: Diagnostics): void {
  if (json && jsonInto !== undefined)
    diags.error('Invalid combination of arguments', 'The -json and -json-into options are mutually-exclusive: use one of them.')
}

export function variableArguments(parsed: ParsedFlags): readonly VariableArgument[] {
  return parsed.given
    .filter((g) => g.name === 'var' || g.name === 'var-file')
    .map((g) => ({ kind: g.name === 'var' ? 'var' : 'file', value: String(g.value) }))
}

export function stateArguments(parsed: ParsedFlags): StateArguments {
  return {
    lock: flag(parsed, 'lock', true),
    lockTimeoutMs: flag(parsed, 'lock-timeout', 0),
    statePath: optionalFlag<string>(parsed, 'state') || undefined,
    stateOutPath: optionalFlag<string>(parsed, 'state-out') || undefined,
    backupPath: optionalFlag<string>(parsed, 'backup') || undefined,
  }
}

/** Addresses from the command line and from files with one on each line, in which `#` starts a comment. */
function addressFlags(parsed: ParsedFlags, name: 'target' | 'exclude', diags: Diagnostics): readonly string[] {
  const found = [...allFlags(parsed, name)]
  for (const path of allFlags(parsed, `${name}-file`)) {
    try {
      const lines = readFileSync(path, 'utf8').split(/\r?\n/)
      found.push(...lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== ''))
    } catch (error) {
      diags.error(`Invalid ${name} file`, `The file ${path} could not be read: ${(error as Error).message}.`)
    }
  }
  return found
}

function checkAddresses(texts: readonly string[], noun: 'target' | 'exclude', diags: Diagnostics): void {
  for (const text of texts) {
    const own = new Diagnostics()
    parseTarget(text, own)
    if (own.hasErrors) diags.error(`Invalid ${noun} ${JSON.stringify(text)}`, own.items[0]!.detail)
  }
}

function checkReplaced(text: string, diags: Diagnostics): void {
  const own = new Diagnostics()
  const address = parseAbsResourceInstance(text, own)
  const summary = `Invalid force-replace address ${JSON.stringify(text)}`
  if (own.hasErrors) diags.error(summary, own.items[0]!.detail)
  else if (address?.resource.mode !== 'managed') diags.error(summary, 'Only managed resources can be used with the -replace=... option.')
}

/** Terraform 1.10 and later would have the path in the configuration. */
export function stateFlagWarnings({ statePath }: StateArguments, { kind }: Pick<Dialect, 'kind'>): readonly Diagnostic[] {
  if (statePath === undefined || kind !== 'terraform') return []
  const detail =
    'Use `path` attribute within the `local` backend instead: https://developer.hashicorp.com/terraform/language/v1.10.x/settings/backends/local#path'
  return [{ severity: 'warning', summary: 'Deprecated flag: -state', detail }]
}

export function operationArguments(parsed: ParsedFlags, diags: Diagnostics): OperationArguments {
  const destroy = flag(parsed, 'destroy', false)
  const refreshOnly = flag(parsed, 'refresh-only', false)
  const refresh = flag(parsed, 'refresh', true)
  const forceReplace = allFlags(parsed, 'replace')
  const incompatible = 'Incompatible plan mode options'
  if (destroy && refreshOnly) diags.error(incompatible, 'The -destroy and -refresh-only options are mutually-exclusive.')
  if (refreshOnly && !refresh)
    diags.error(
      'Incompatible refresh options',
      "It doesn't make sense to use -refresh-only at the same time as -refresh=false, because Terraform would have nothing to do.",
    )
  if (forceReplace.length > 0 && (destroy || refreshOnly)) {
    diags.error(
      'Unsupported plan mode',
      'Forcing resource instance replacement (with -replace=...) is allowed only in normal planning mode.',
    )
  }
  const targets = addressFlags(parsed, 'target', diags)
  const excludes = addressFlags(parsed, 'exclude', diags)
  checkAddresses(targets, 'target', diags)
  checkAddresses(excludes, 'exclude', diags)
  for (const text of forceReplace) checkReplaced(text, diags)
  if (targets.length > 0 && excludes.length > 0) {
    diags.error(
      'Invalid combination of arguments',
      'The -target and -exclude planning options are mutually-exclusive. Please use either the target flag, or the exclude flag, but not both in the same plan.',
    )
  }
  // None is as many as there are without the option.
  const parallelism = flag(parsed, 'parallelism', 10) || 10
  if (parallelism < 0) diags.error('Invalid parallelism value', `The parallelism must be a positive value. Not ${parallelism}.`)
  return {
    mode: destroy ? 'destroy' : refreshOnly ? 'refreshOnly' : 'normal',
    refresh,
    targets,
    excludes,
    forceReplace,
    parallelism,
    variables: variableArguments(parsed),
    deprecations: (optionalFlag<string>(parsed, 'deprecation')?.slice('module:'.length) ?? 'all') as DeprecationLevel,
  }
}

export interface PlanArguments {
  readonly view: ViewArguments
  readonly state: StateArguments
  readonly operation: OperationArguments
  readonly input: boolean
  readonly outPath: string | undefined
  /** A file that does not exist yet. */
  readonly generateConfigOut: string | undefined
  readonly detailedExitCode: boolean
}

export function parsePlanArguments(
  args: readonly string[],
  dialect?: Pick<Dialect, 'kind' | 'isOwn'>,
): { value: PlanArguments; help: boolean; diags: readonly Diagnostic[] } {
  const parsed = parseFlags(
    args,
    {
      ...operationFlags,
      out: { kind: 'string' },
      'detailed-exitcode': { kind: 'bool' },
      'generate-config-out': { kind: 'string' },
    },
    dialect,
  )
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  const operation = operationArguments(parsed, diags)
  if (parsed.positional.length > 0) {
    diags.error('Too many command line arguments', 'To specify a working directory for the plan, use the global -chdir flag.')
  }
  const view = viewArguments(parsed)
  checkViewArguments(view, diags)
  return {
    value: {
      view,
      state: stateArguments(parsed),
      operation,
      input: flag(parsed, 'input', true) && !view.json,
      outPath: optionalFlag<string>(parsed, 'out') || undefined,
      generateConfigOut: optionalFlag<string>(parsed, 'generate-config-out') || undefined,
      detailedExitCode: flag(parsed, 'detailed-exitcode', false),
    },
    help: parsed.help,
    diags: diags.items,
  }
}

export interface ApplyArguments {
  readonly view: ViewArguments
  readonly state: StateArguments
  readonly operation: OperationArguments
  readonly input: boolean
  readonly autoApprove: boolean
  /** Objects that stay behind are no error of a destruction. */
  readonly suppressForgetErrors: boolean
  /** Addresses of protected changes that are agreed to. */
  readonly approve: readonly string[]
  readonly planPath: string | undefined
}

export function parseApplyArguments(
  args: readonly string[],
  destroy: boolean,
  dialect?: Pick<Dialect, 'kind' | 'isOwn'>,
): { value: ApplyArguments; help: boolean; diags: readonly Diagnostic[] } {
  const own: Readonly<Record<string, FlagSpec>> = dialect?.isOwn === true ? { approve: { kind: 'string', repeatable: true } } : {}
  const applying: Readonly<Record<string, FlagSpec>> = {
    'auto-approve': { kind: 'bool' },
    'suppress-forget-errors': { kind: 'bool', beyondTerraform: true },
  }
  const parsed = parseFlags(args, { ...operationFlags, ...own, ...applying }, dialect)
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  const operation = operationArguments(parsed, diags)
  const view = viewArguments(parsed)
  checkViewArguments(view, diags)
  const [planPath, ...more] = parsed.positional
  const autoApprove = flag(parsed, 'auto-approve', false)
  if (more.length > 0) diags.error('Too many command line arguments', 'Expected at most one positional argument.')
  if (destroy && operation.mode === 'refreshOnly') {
    diags.error('Invalid mode option', 'The -refresh-only option is not valid for "terraform destroy".')
  }
  if (view.json && !autoApprove && planPath === undefined) {
    diags.error(
      'Plan file or auto-approve required',
      'Terraform cannot ask for interactive approval when -json is set. You can either apply a saved plan file, or enable the -auto-approve option.',
    )
  }
  return {
    value: {
      view,
      state: stateArguments(parsed),
      operation: destroy ? { ...operation, mode: 'destroy' } : operation,
      input: flag(parsed, 'input', true) && !view.json,
      autoApprove,
      suppressForgetErrors: flag(parsed, 'suppress-forget-errors', false),
      approve: dialect?.isOwn ? allFlags(parsed, 'approve') : [],
      planPath,
    },
    help: parsed.help,
    diags: diags.items,
  }
}

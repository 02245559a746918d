import type { Diagnostics } from '../../diags/index.ts'

/** A document of JSON. Numbers that JavaScript would round are texts with `bigNumberMark` before them. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** Where a value is sensitive or unknown: the shape of the value with true in places; see reference/plan-json.md 1.2. */
export type Mask = boolean | undefined | readonly Mask[] | { readonly [name: string]: Mask }

export interface PlanJsonChange {
  readonly actions: readonly string[]
  readonly before?: Json
  readonly after?: Json
  readonly after_unknown?: Mask
  readonly before_sensitive?: Mask
  readonly after_sensitive?: Mask
  readonly replace_paths?: Json
  readonly importing?: { readonly id?: string } | null
}

export interface PlanJsonResource {
  readonly address: string
  readonly previous_address?: string
  readonly module_address?: string
  readonly mode: string
  readonly type: string
  readonly name: string
  readonly deposed?: string
  readonly change: PlanJsonChange
  readonly action_reason?: string
}

/** The parts of `terraform show -json PLAN` that are used here, whichever tool wrote it. */
export interface PlanJson {
  readonly format_version: string
  readonly resource_changes?: readonly PlanJsonResource[]
  readonly resource_drift?: readonly PlanJsonResource[]
  readonly output_changes?: Readonly<Record<string, PlanJsonChange>>
  readonly relevant_attributes?: Json
  readonly errored?: boolean
  readonly variables?: Readonly<Record<string, { readonly value?: Json }>>
  readonly planned_values?: Json
  readonly prior_state?: Json
  readonly configuration?: Json
}

export const bigNumberMark = '\u0001#'

/** JSON in which no number loses digits. @throws SyntaxError when it is none */
export function parseJson(text: string): Json {
  const bare = text.startsWith('\ufeff') ? text.slice(1) : text
  if (!/[\d.]{16}/.test(bare)) return JSON.parse(bare) as Json
  const kept = bare.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]{15,}/gs, (token) =>
    token.startsWith('"') ? token : `"${JSON.stringify(bigNumberMark).slice(1, -1)}${token}"`,
  )
  return JSON.parse(kept) as Json
}

/** A plan in the words of `show -json`. Undefined with a diagnostic when the text is something else. @param name for messages */
export function parsePlanJson(text: string, name: string, diags: Diagnostics): PlanJson | undefined {
  const fail = (reason: string): undefined => {
    diags.error(
      'Not a plan',
      `${name} ${reason}. Write the plan as JSON with the tool that made it:\n    terraform show -json tfplan > plan.json`,
    )
  }
  let root: Json
  try {
    root = parseJson(text)
  } catch (error) {
    // The message of JSON.parse quotes the text, which may be anything.
    const at = /position \d+/.exec((error as Error).message)?.[0]
    return fail(text.trim() === '' ? 'is empty' : `is no JSON${at === undefined ? '' : ` (${at})`}`)
  }
  if (!isObject(root)) return fail('holds JSON, but no plan')
  if (typeof root.format_version !== 'string') {
    if (root.terraform_version !== undefined && root.resources !== undefined) return fail('is a state file, not a plan')
    return fail('holds JSON, but has no format_version as plans have')
  }
  if (!/^[01]\./.test(root.format_version)) {
    return fail(`has the format version ${root.format_version.slice(0, 20)}; known are 0 and 1`)
  }
  if (root.values !== undefined && root.planned_values === undefined) return fail('is a state, not a plan')
  const bad =
    listProblem(root.resource_changes, 'resource_changes') ??
    listProblem(root.resource_drift, 'resource_drift') ??
    outputProblem(root.output_changes)
  if (bad !== undefined) return fail(`is not what a plan must be: ${bad}`)
  return root as unknown as PlanJson
}

function listProblem(list: Json | undefined, name: string): string | undefined {
  if (list === undefined || list === null) return undefined
  if (!Array.isArray(list)) return `${name} is no list`
  for (const [i, item] of list.entries()) {
    if (!isObject(item) || typeof item.address !== 'string' || typeof item.type !== 'string' || !isChange(item.change)) {
      return `${name}[${i}] has no address, type and change`
    }
  }
  return undefined
}

function outputProblem(outputs: Json | undefined): string | undefined {
  if (outputs === undefined || outputs === null) return undefined
  if (!isObject(outputs)) return 'output_changes is no object'
  return Object.values(outputs).every(isChange) ? undefined : 'output_changes has an entry without actions'
}

function isChange(change: Json | undefined): boolean {
  return isObject(change) && Array.isArray(change.actions) && change.actions.every((a) => typeof a === 'string')
}

export function isObject(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

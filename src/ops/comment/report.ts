import type { Diagnostics } from '../../diags/index.ts'
import { isObject, type Json } from './plan-json.ts'

/**
 * What plans are about to do, or what an apply did, as data without secrets: made by a run that may know them, rendered by one that need not. It may come
 * from a job that ran somebody else's code, so whoever renders it trusts nothing in it.
 */
export interface PlanReport {
  readonly world: 'sandbox' | 'aws' | undefined
  /** Of the sources, hexadecimal. */
  readonly commit: string | undefined
  /** The sources had changes beside the commit. */
  readonly dirty: boolean
  readonly stacks: readonly StackReport[]
}

export type StackStatus = 'planned' | 'partial' | 'failed' | 'applied' | 'applyFailed' | 'notBegun'

export interface StackReport {
  readonly environment: string
  readonly stack: string
  readonly status: StackStatus
  /** What is worth showing, in the plan's order. */
  readonly changes: readonly ChangeReport[]
  readonly outputs: readonly OutputReport[]
  /** Found changed outside. */
  readonly drift: readonly ChangeReport[]
  readonly diagnostics: readonly DiagnosticReport[]
}

export const changeActions = ['create', 'update', 'replace', 'delete', 'forget', 'move', 'import'] as const
export type ChangeAction = (typeof changeActions)[number]

export interface ChangeReport {
  readonly address: string
  /** Where it was before, when it moves. */
  readonly from: string | undefined
  readonly deposed: string | undefined
  /** Path of its construct. */
  readonly construct: string | undefined
  readonly source: SourceLine | undefined
  readonly action: ChangeAction
  /** The id it is imported by. */
  readonly importing: string | undefined
  /** The new object comes before the old one goes. */
  readonly createFirst: boolean
  /** A sentence fragment such as `cannot be updated in place`. */
  readonly reason: string | undefined
  readonly protection: ProtectionReport | undefined
  /** See `diffLines`. */
  readonly lines: readonly string[]
}

export interface ProtectionReport {
  readonly on: string
  readonly reason: string
  readonly approvers: readonly string[]
  readonly approved: boolean
  /** ISO 8601 date and time since when this change has been waiting. */
  readonly pendingSince: string | undefined
}

export interface OutputReport {
  readonly name: string
  readonly lines: readonly string[]
}

/** A line of the sources, relative to the repository. */
export interface SourceLine {
  readonly path: string
  readonly line: number
}

export interface DiagnosticReport {
  readonly severity: 'error' | 'warning'
  readonly summary: string
  readonly detail: string
  readonly address: string | undefined
  readonly source: SourceLine | undefined
}

const kind = 'landform-plan-report'
const version = 1

export function writeReport(report: PlanReport): string {
  return `${JSON.stringify({ kind, version, ...report })}\n`
}

/** Reads what `writeReport` wrote. Undefined with a diagnostic when it is something else. @param name for messages */
export function readReport(text: string, name: string, diags: Diagnostics): PlanReport | undefined {
  const fail = (reason: string): undefined => {
    diags.error('Not a report', `${name} ${reason}. Reports are written by:\n    landform env plan all -report=FILE`)
  }
  let root: Json
  try {
    root = JSON.parse(text) as Json
  } catch {
    return fail(text.trim() === '' ? 'is empty' : 'is no JSON')
  }
  if (!isObject(root) || root.kind !== kind) return fail('holds JSON, but no report of plans')
  if (root.version !== version)
    return fail(`has the version ${JSON.stringify(root.version)?.slice(0, 20)}; this release of Landform reads ${version}`)
  try {
    return {
      world: root.world === 'sandbox' || root.world === 'aws' ? root.world : undefined,
      commit: optional(root.commit, text40),
      dirty: root.dirty === true,
      stacks: list(root.stacks, stackFrom),
    }
  } catch (error) {
    if (error instanceof ShapeError) return fail(`is not what a report must be: ${error.message}`)
    throw error
  }
}

class ShapeError extends Error {
  override readonly name = 'ShapeError'
}

function stackFrom(json: Json): StackReport {
  const o = object(json)
  const status = text(o.status)
  if (!isStatus(status)) throw new ShapeError('a stack has an unknown status')
  return {
    environment: text(o.environment),
    stack: text(o.stack),
    status,
    changes: list(o.changes, changeFrom),
    outputs: list(o.outputs, (item) => ({ name: text(object(item).name), lines: list(object(item).lines, text) })),
    drift: list(o.drift, changeFrom),
    diagnostics: list(o.diagnostics, diagnosticFrom),
  }
}

function isStatus(status: string): status is StackStatus {
  return ['planned', 'partial', 'failed', 'applied', 'applyFailed', 'notBegun'].includes(status)
}

function changeFrom(json: Json): ChangeReport {
  const o = object(json)
  const action = text(o.action) as ChangeAction
  if (!changeActions.includes(action)) throw new ShapeError('a change has an unknown action')
  return {
    address: text(o.address),
    from: optional(o.from, text),
    deposed: optional(o.deposed, text),
    construct: optional(o.construct, text),
    source: optional(o.source, sourceFrom),
    action,
    importing: optional(o.importing, text),
    createFirst: o.createFirst === true,
    reason: optional(o.reason, text),
    protection: optional(o.protection, protectionFrom),
    lines: list(o.lines, text),
  }
}

function protectionFrom(json: Json): ProtectionReport {
  const o = object(json)
  return {
    on: text(o.on),
    reason: text(o.reason),
    approvers: list(o.approvers, text),
    approved: o.approved === true,
    pendingSince: optional(o.pendingSince, text),
  }
}

function diagnosticFrom(json: Json): DiagnosticReport {
  const o = object(json)
  return {
    severity: o.severity === 'warning' ? 'warning' : 'error',
    summary: text(o.summary),
    detail: text(o.detail),
    address: optional(o.address, text),
    source: optional(o.source, sourceFrom),
  }
}

function sourceFrom(json: Json): SourceLine {
  const o = object(json)
  const path = text(o.path)
  // Annotations must not point outside the repository.
  if (path.startsWith('/') || path.split('/').includes('..') || typeof o.line !== 'number' || !Number.isSafeInteger(o.line) || o.line < 1) {
    throw new ShapeError('a source is no line of the repository')
  }
  return { path, line: o.line }
}

function object(json: Json | undefined): Readonly<Record<string, Json>> {
  if (!isObject(json)) throw new ShapeError('something is no object')
  return json
}

function text(json: Json | undefined): string {
  if (typeof json !== 'string') throw new ShapeError('something is no text')
  return json
}

function text40(json: Json | undefined): string {
  const value = text(json)
  if (!/^[0-9a-f]{7,64}$/.test(value)) throw new ShapeError('the commit is no hexadecimal number')
  return value
}

function optional<T>(json: Json | undefined, read: (json: Json) => T): T | undefined {
  return json === undefined || json === null ? undefined : read(json)
}

function list<T>(json: Json | undefined, read: (json: Json) => T): readonly T[] {
  if (json === undefined || json === null) return []
  if (!Array.isArray(json)) throw new ShapeError('something is no list')
  return json.map((item) => read(item as Json))
}

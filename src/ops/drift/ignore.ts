import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Diagnostics } from '../../diags/index.ts'
import { addressPattern } from '../protection.ts'
import type { DriftClass } from './classify.ts'

/** Differences that are known and left alone for a while. */
export interface IgnoreRule {
  /** Address or pattern of addresses, as for protections. */
  readonly address: string
  /** Only these attributes; all when there are none. */
  readonly attributes: readonly string[]
  readonly reason: string
  /** Date after which it does not hold any more: what is ignored for ever is forgotten. */
  readonly until: string
}

/** The rules of `landform.json` in a folder; none where there is no such file. */
export function readIgnoreRules(dir: string, diags: Diagnostics): readonly IgnoreRule[] {
  let text: string
  try {
    text = readFileSync(join(dir, 'landform.json'), 'utf8')
  } catch {
    return []
  }
  const fail = (detail: string): readonly IgnoreRule[] => {
    diags.error(
      'Invalid settings',
      `landform.json: ${detail}. An example:\n    { "drift": { "ignore": [ { "address": "aws_autoscaling_group.*", "attributes": ["desired_capacity"], "reason": "scales by itself", "until": "2027-01-31" } ] } }`,
    )
    return []
  }
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch (error) {
    return fail(`it is no JSON: ${(error as Error).message}`)
  }
  const drift = (root as { drift?: unknown } | null)?.drift
  if (drift === undefined) return []
  const list = (drift as { ignore?: unknown } | null)?.ignore ?? []
  if (!Array.isArray(list)) return fail('"drift.ignore" must be a list')
  const rules: IgnoreRule[] = []
  for (const [i, item] of list.entries()) {
    const o = (typeof item === 'object' && item !== null ? item : {}) as Readonly<Record<string, unknown>>
    const attributes = o.attributes ?? []
    const problem =
      typeof o.address !== 'string' || o.address === ''
        ? '"address" must be an address or a pattern of addresses'
        : !Array.isArray(attributes) || !attributes.every((a) => typeof a === 'string')
          ? '"attributes" must be a list of names'
          : typeof o.reason !== 'string' || o.reason.trim() === ''
            ? '"reason" must say why'
            : typeof o.until !== 'string' || !isDate(o.until)
              ? '"until" must be a date such as 2027-01-31: nothing is ignored for ever'
              : undefined
    if (problem !== undefined) return fail(`drift.ignore[${i}]: ${problem}`)
    rules.push({ address: o.address as string, attributes: attributes as string[], reason: o.reason as string, until: o.until as string })
  }
  return rules
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text)
}

/** Whether a difference is ignored. An object that is gone is ignored only by a rule about all of it. */
export function findIgnore(
  rules: readonly IgnoreRule[],
  address: string,
  kind: DriftClass,
  attributes: readonly string[],
  today: string,
): { readonly ignored: IgnoreRule | undefined; readonly expired: IgnoreRule | undefined } {
  const fits = (rule: IgnoreRule): boolean => {
    if (!addressPattern(rule.address).test(address)) return false
    if (rule.attributes.length === 0) return true
    // What follows from an attribute goes with it.
    return (
      kind !== 'gone' &&
      attributes.every((name) => rule.attributes.includes(name) || (name === 'tags_all' && rule.attributes.includes('tags')))
    )
  }
  const fitting = rules.filter(fits)
  const ignored = fitting.find((rule) => rule.until >= today)
  return { ignored, expired: ignored === undefined ? fitting[0] : undefined }
}

import type { Diagnostics } from '../../diags/index.ts'
import { redactorOf } from './from-plan-json.ts'
import { bigNumberMark, isObject, type Json, type Mask, parsePlanJson } from './plan-json.ts'
import { memberMask, type Redactor, sensitiveText } from './redact.ts'

/**
 * The document of `show -json` without its secrets, for artefacts: what a mask calls sensitive, what equals such a value elsewhere, and what looks like a
 * secret is replaced by text. Everything else stays. Undefined with a diagnostic when it is no plan.
 */
export function redactPlanJson(text: string, name: string, diags: Diagnostics): string | undefined {
  const plan = parsePlanJson(text, name, diags)
  if (plan === undefined) return undefined
  const redactor = redactorOf(plan)
  const result = redact(plan as unknown as Json, redactor, '', 0)
  const json = JSON.stringify(result)
  return `${json.replaceAll(new RegExp(`"${JSON.stringify(bigNumberMark).slice(1, -1).replace('\\', '\\\\')}(-?[\\d.eE+-]+)"`, 'g'), '$1')}\n`
}

/** Deeper than any document of a plan, and shallow enough for the stack. */
const deepest = 400

/** Values and the masks that go with them stand beside each other in several places of a plan. */
const masksOf: Readonly<Record<string, string>> = { before: 'before_sensitive', after: 'after_sensitive', values: 'sensitive_values' }

function redact(value: Json, redactor: Redactor, name: string, depth: number): Json {
  if (typeof value === 'string') return value.startsWith(bigNumberMark) ? value : redactor.text(value, name)
  if (typeof value !== 'object' || value === null) return value
  if (depth > deepest) return '(nested too deep)'
  if (Array.isArray(value)) return value.map((item: Json) => redact(item, redactor, name, depth + 1))
  const object = value as Readonly<Record<string, Json>>
  const members: [string, Json][] = []
  // Variables and outputs have one mark for all of their value.
  const hidden = object.sensitive === true
  const beside = typeof object.name === 'string' ? object.name : ''
  for (const [key, member] of Object.entries(object)) {
    const mask = masksOf[key]
    if (hidden && (key === 'value' || key === 'default')) members.push([key, hide(member)])
    else if (mask !== undefined && object[mask] !== undefined) {
      members.push([key, masked(member, object[mask] as Mask, redactor, key, depth + 1)])
    } else members.push([key, redact(member, redactor, nameOf(key, name, beside), depth + 1)])
  }
  return Object.fromEntries(members)
}

/** What tells whether a member is a secret: its key, or where that is only `value` or `constant_value`, what it is the value of. */
function nameOf(key: string, outer: string, beside: string): string {
  if (key === 'constant_value') return outer
  return key === 'value' && beside !== '' ? beside : key
}

function masked(value: Json, mask: Mask, redactor: Redactor, name: string, depth: number): Json {
  if (mask === true) return hide(value)
  if (mask === undefined || mask === false || typeof value !== 'object' || value === null) return redact(value, redactor, name, depth)
  if (depth > deepest) return '(nested too deep)'
  if (Array.isArray(value)) {
    return value.map((item: Json, i) =>
      masked(item, Array.isArray(mask) ? ((mask as readonly Mask[])[i] ?? false) : false, redactor, name, depth + 1),
    )
  }
  const beside = isObject(value) && typeof value.name === 'string' ? value.name : ''
  return Object.fromEntries(
    Object.entries(value).map(([key, member]): [string, Json] => [
      key,
      masked(member, memberMask(mask, key), redactor, key === 'value' && beside !== '' ? beside : key, depth + 1),
    ]),
  )
}

function hide(value: Json): Json {
  return value === null ? null : sensitiveText
}

import { type AbsResourceInstance, absResourceInstanceToString } from '../../addrs/index.ts'
import { unmarkDeep, type Value } from '../../cty/index.ts'
import type { Action, Importing } from '../../plans/index.ts'
import { toJson } from '../json/json-text.ts'
import { knownJson } from '../json/value-json.ts'

export function instanceText(address: AbsResourceInstance, deposed: string | undefined): string {
  const text = absResourceInstanceToString(address)
  return deposed === undefined ? text : `${text} (deposed object ${deposed})`
}

const identifying = ['id', 'name']

/** What people know an object by: its id, or else its name. Nothing secret, nothing unknown. */
export function identifyingAttribute(value: Value | undefined): { readonly key: string; readonly value: string } | undefined {
  if (value === undefined || !value.hasContent || value.isMarked || value.type.kind !== 'object') return undefined
  for (const key of identifying) {
    if (!value.type.attributes.has(key)) continue
    const attribute = value.getAttr(key)
    if (attribute.isMarked || typeof attribute.payload !== 'string' || attribute.payload === '') continue
    return { key, value: attribute.payload }
  }
  return undefined
}

export function elapsedText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds % 60}s`
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`
}

/** `id=x`, or the members of an identity. */
export function importText({ id, identity }: Importing): string {
  if (identity === undefined) return `id=${id}`
  return [...unmarkDeep(identity).asMap()].flatMap(([name, v]) => (v.isNull ? [] : [`${name}=${valueText(v)}`])).join(',')
}

function valueText(value: Value): string {
  return value.type.kind === 'string' && value.isKnown ? value.asString() : (toJson(knownJson(value) ?? null) ?? '')
}

export const ephemeralVerbs = { open: 'Opening', renew: 'Renewing', close: 'Closing' } as const
/** What has been done, in OpenTofu's words. */
export const ephemeralNouns = { open: 'Open', renew: 'Renew', close: 'Close' } as const

export interface OperationVerbs {
  readonly start: string
  readonly still: string
  readonly complete: string
  readonly errored: string
  /** The word of the JSON stream. */
  readonly json: string
}

export function verbsFor(action: Action): OperationVerbs {
  switch (action) {
    case 'create':
    case 'createThenDelete':
    case 'forgetThenCreate':
      return { start: 'Creating', still: 'creating', complete: 'Creation', errored: 'Creation', json: 'create' }
    case 'update':
      return { start: 'Modifying', still: 'modifying', complete: 'Modifications', errored: 'Modifications', json: 'update' }
    case 'delete':
    case 'deleteThenCreate':
      return { start: 'Destroying', still: 'destroying', complete: 'Destruction', errored: 'Destruction', json: 'delete' }
    case 'forget':
      return { start: 'Removing', still: 'removing', complete: 'Removal', errored: 'Removal', json: 'remove' }
    default:
      return { start: 'Refreshing', still: 'refreshing', complete: 'Refresh', errored: 'Refresh', json: 'read' }
  }
}

/** Tells at intervals that something is still at work. */
export class ProgressTimers {
  readonly #running = new Map<string, { readonly start: number; readonly timer: NodeJS.Timeout }>()

  start(key: string, tell: (elapsedMs: number) => void, everyMs = 10_000): void {
    const start = performance.now()
    // Ticks count in whole intervals: a late timer still says 10s, 20s and so on.
    let ticks = 0
    const timer = setInterval(() => tell(++ticks * everyMs), everyMs)
    timer.unref()
    this.#running.set(key, { start, timer })
  }

  /** @returns the time that passed, in milliseconds. */
  end(key: string): number {
    const entry = this.#running.get(key)
    if (entry === undefined) return 0
    clearInterval(entry.timer)
    this.#running.delete(key)
    return performance.now() - entry.start
  }
}

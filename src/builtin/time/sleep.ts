import { setTimeout as sleep } from 'node:timers/promises'
import { stringType } from '../../cty/index.ts'
import { parseDurationMs } from '../../providers/kit/index.ts'
import { Failure, type SimpleContext, type SimpleResource } from '../../providers/simple/index.ts'
import { type Clock, formatTimestamp, triggers } from './_timestamp.ts'

const duration = { type: stringType, optional: true, check: checkDuration }

/** `time_sleep`: waits when it is created or destroyed. */
export const timeSleep: SimpleResource<Clock> = {
  attributes: {
    create_duration: duration,
    destroy_duration: duration,
    triggers,
    id: { type: stringType, computed: true, stable: true },
  },
  validate(config) {
    if (['create_duration', 'destroy_duration'].some((name) => (config[name] ?? null) !== null)) return []
    const detail = 'At least one of these attributes must be configured: [create_duration,destroy_duration]'
    return [{ severity: 'error', summary: 'Missing Attribute Configuration', detail }]
  },
  async create({ create_duration: text }, context) {
    await wait(text, context)
    return { id: formatTimestamp(context.api()) }
  },
  delete: ({ destroy_duration: text }, context) => wait(text, context),
  /** `CREATE_DURATION,DESTROY_DURATION`, one of which may be empty. */
  import(id, { api: now }) {
    const parts = id.split(',')
    const bad = parts.find((text) => text !== '' && parseDurationMs(text) === undefined)
    if (parts.length !== 2 || parts.every((text) => text === '') || bad !== undefined) {
      throw new Failure('Import time sleep error', `"${id}" is not of the form CREATE_DURATION,DESTROY_DURATION, such as "30s,".`)
    }
    return { create_duration: parts[0] || null, destroy_duration: parts[1] || null, triggers: null, id: formatTimestamp(now()) }
  },
}

async function wait(text: unknown, { signal }: SimpleContext<Clock>): Promise<void> {
  if (typeof text !== 'string') return
  try {
    await sleep(parseDurationMs(text) ?? 0, undefined, { signal })
  } catch (error) {
    if (signal.aborted) throw new Failure('Waiting was interrupted', 'The operation was stopped before the time was over.')
    throw error
  }
}

function checkDuration(value: unknown): string | undefined {
  return typeof value === 'string' && parseDurationMs(value) === undefined
    ? `must be a number immediately followed by ms (milliseconds), s (seconds), m (minutes), or h (hours), such as "30s" or "5m", got: "${value}"`
    : undefined
}

import { appendFileSync } from 'node:fs'
import type { Environment } from '../workdir/settings.ts'
import type { Streams } from './views/streams.ts'

const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const
type Level = (typeof levels)[number]

/** What TF_LOG asks for. Lines have Terraform's form, which programs that collect logs know. */
export type Log = (level: Level, message: string) => void

/**
 * The log of a run: to the error output, or to the file that TF_LOG_PATH names. Undefined when none is asked for, which costs nothing. Values of
 * variables and attributes never go there.
 */
export function openLog(environment: Environment, streams: Streams, now: () => Date = () => new Date()): Log | undefined {
  const wanted = (environment.TF_LOG || environment.TF_LOG_CORE || '').toUpperCase()
  if (wanted === '' || wanted === 'OFF') return undefined
  const asJson = wanted === 'JSON'
  const known = levels.indexOf(wanted as Level)
  const least = Math.max(0, known)
  const path = environment.TF_LOG_PATH
  const write = (text: string): void => {
    if (!path) streams.err(text)
    else {
      try {
        appendFileSync(path, text)
      } catch (error) {
        streams.err(`Error opening log file: ${(error as Error).message}\n`)
      }
    }
  }
  const log: Log = (level, message) => {
    if (levels.indexOf(level) < least) return
    const at = now().toISOString()
    if (asJson) write(`${JSON.stringify({ '@level': level.toLowerCase(), '@message': message, '@timestamp': at.replace('Z', '000Z') })}\n`)
    else write(`${at} ${`[${level}]`.padEnd(7)} ${message}\n`)
  }
  if (known < 0 && !asJson)
    log('WARN', `Invalid log level: ${JSON.stringify(wanted)}. Defaulting to level: TRACE. Valid levels are: ${levels.join(' ')}`)
  return log
}

import { closeSync, openSync, writeSync } from 'node:fs'
import type { Environment } from './environment.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof levels)[number]

export interface LogRecord {
  readonly level: LogLevel
  readonly message: string
  /** Further keys of a record, in their order. */
  readonly fields: readonly (readonly [name: string, value: unknown])[]
}

/** Told what a plugin writes, as it writes it. */
export type LogSink = (name: string, record: LogRecord) => void

/**
 * Where logs of providers go: TF_LOG_PROVIDER, or else TF_LOG, says from which level on (`JSON`: all, as objects), TF_LOG_PATH to
 * which file instead of stderr. Undefined: nobody wants them.
 */
export function logSinkFor(environment: Environment, now: () => Date = () => new Date()): LogSink | undefined {
  const wanted = (environment.TF_LOG_PROVIDER || environment.TF_LOG || '').toLowerCase()
  if (wanted === '' || wanted === 'off') return undefined
  const isJson = wanted === 'json'
  // What is no level asks for everything, as in Terraform.
  const least = Math.max(0, levels.indexOf(wanted as LogLevel))
  const path = environment.TF_LOG_PATH
  return (name, record) => {
    if (levels.indexOf(record.level) < least) return
    const time = now().toISOString()
    const line = isJson ? jsonLine(time, name, record) : textLine(time, name, record)
    append(path, `${line}\n`)
  }
}

function jsonLine(time: string, name: string, { level, message, fields }: LogRecord): string {
  return JSON.stringify({ '@level': level, '@message': message, '@module': name, '@timestamp': time, ...Object.fromEntries(fields) })
}

function textLine(time: string, name: string, { level, message, fields }: LogRecord): string {
  const rest = fields.map(([key, value]) => ` ${key}=${typeof value === 'string' && !/[\s"]/.test(value) ? value : JSON.stringify(value)}`)
  return `${time} [${level.toUpperCase()}] ${name}: ${message}${rest.length > 0 ? `:${rest.join('')}` : ''}`
}

/** Logs are written at once, so that a crash of ours does not lose the lines before it. A file that cannot be written is no reason to fail. */
function append(path: string | undefined, text: string): void {
  try {
    if (path === undefined || path === '') {
      writeSync(2, text)
      return
    }
    const file = openSync(path, 'a', 0o600)
    writeSync(file, text)
    closeSync(file)
  } catch {
    // Nobody could be told.
  }
}

/** The end of a plugin's log, for the message about its failure. */
const TAIL_LINES = 20
/** More of a line than this is no use to anybody. */
const MAX_LINE = 64 * 1024

const prefixed = /^\[(TRACE|DEBUG|INFO|WARN|ERROR)\]\s*/

/** Makes records of the bytes that a plugin writes to its stderr, and keeps the last lines. */
export class PluginLog {
  readonly #name: string
  readonly #sink: LogSink | undefined
  #rest: Buffer[] = []
  #restLength = 0
  #isPanicking = false
  #panic: string[] = []
  readonly #last: string[] = []

  constructor(name: string, sink: LogSink | undefined) {
    this.#name = name
    this.#sink = sink
  }

  push(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      this.#keep(chunk.subarray(start, end))
      this.#endLine()
      start = end + 1
    }
    this.#keep(chunk.subarray(start))
  }

  /** After the last chunk. */
  end(): void {
    if (this.#restLength > 0) this.#endLine()
  }

  /** The beginning of a panic where there was one, else the last lines that matter. Empty when nothing was written. */
  tail(): string {
    return (this.#panic.length > 0 ? this.#panic : this.#last).join('\n')
  }

  #keep(part: Buffer): void {
    const room = MAX_LINE - this.#restLength
    if (room <= 0 || part.length === 0) return
    // A copy: the chunk's memory is used again.
    const kept = Buffer.from(part.subarray(0, room))
    this.#rest.push(kept)
    this.#restLength += kept.length
  }

  #endLine(): void {
    const line = Buffer.concat(this.#rest, this.#restLength).toString('utf8').replace(/\r$/, '')
    this.#rest = []
    this.#restLength = 0
    if (line !== '') this.#line(line)
  }

  #line(line: string): void {
    const record = this.#parse(line)
    this.#sink?.(this.#name, record)
    if (this.#isPanicking) {
      if (this.#panic.length < TAIL_LINES) this.#panic.push(line)
    } else if (record.level !== 'trace' && record.level !== 'debug') {
      this.#last.push(record.message)
      if (this.#last.length > TAIL_LINES) this.#last.shift()
    }
  }

  #parse(line: string): LogRecord {
    if (line.startsWith('{')) {
      const record = recordFromJson(line)
      if (record !== undefined) return record
    }
    if (line.startsWith('panic: ') || line.startsWith('fatal error: ')) this.#isPanicking = true
    if (this.#isPanicking) return { level: 'error', message: line, fields: [] }
    const prefix = prefixed.exec(line)
    if (prefix === null) return { level: 'info', message: line, fields: [] }
    return { level: prefix[1]!.toLowerCase() as LogLevel, message: line.slice(prefix[0].length), fields: [] }
  }
}

function recordFromJson(line: string): LogRecord | undefined {
  try {
    const {
      '@level': level,
      '@message': message,
      '@timestamp': _time,
      '@module': module,
      ...fields
    } = JSON.parse(line) as Record<string, unknown>
    if (typeof message !== 'string') return undefined
    return {
      level: levels.find((l) => l === level) ?? 'debug',
      message,
      fields: [...(module === undefined ? [] : [['@module', module] as const]), ...Object.entries(fields)],
    }
  } catch {
    return undefined
  }
}

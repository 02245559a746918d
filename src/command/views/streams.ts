import { isatty } from 'node:tty'

/** Where a command's output goes and its input comes from; the only way commands reach a terminal. */
export interface Streams {
  out(text: string): void
  err(text: string): void
  /**
   * One line of input without its newline; undefined at the end of the input. On a terminal it is asked for with `prompt`, and a secret one
   * is not shown while it is typed.
   */
  readLine(prompt?: string, options?: { readonly secret?: boolean }): Promise<string | undefined>
  /** Completes a line on a terminal: what it may become, and the part of it that was completed. To be set before the first line is read. */
  complete?: ((line: string) => [completions: string[], part: string]) | undefined
  /** All of the input; not to be mixed with `readLine`. */
  readAll(): Promise<string>
  /** Stops listening to the input, which would keep the process alive. */
  close(): void
  readonly outIsTerminal: boolean
  readonly inIsTerminal: boolean
  /** Columns of the terminal; 78 where there is none. */
  readonly columns: number
}

/** So much text is written at once. */
const chunkUnits = 16 * 1024

/**
 * Text for the standard output, written at the end of a turn of the event loop: a command that has a line to say of each of ten
 * thousand resources would otherwise spend a good part of its time with writing them.
 */
class Output {
  #text = ''
  #isScheduled = false

  constructor() {
    process.on('exit', () => this.flush())
  }

  write(text: string): void {
    this.#text += text
    if (this.#text.length >= chunkUnits) this.flush()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(() => {
        this.#isScheduled = false
        this.flush()
      })
    }
  }

  flush(): void {
    if (this.#text === '') return
    const text = this.#text
    this.#text = ''
    process.stdout.write(text)
  }
}

/** A line from the terminal that is not shown. The terminal leaves to the program what it otherwise does itself: Ctrl-C, Ctrl-D, backspace. */
async function withoutEcho(lines: AsyncIterator<string>): Promise<string | undefined> {
  const { stdin } = process
  const keys = (chunk: Buffer): void => {
    if (chunk.includes(3)) process.kill(process.pid, 'SIGINT')
    if (chunk.includes(4)) stdin.emit('end')
  }
  stdin.setRawMode(true)
  stdin.on('data', keys)
  try {
    const next = await lines.next()
    if (next.done) return undefined
    let typed = ''
    for (const character of next.value) typed = character === '\x7f' || character === '\b' ? typed.slice(0, -1) : typed + character
    return typed
  } finally {
    stdin.off('data', keys)
    stdin.setRawMode(false)
    // The end of the line is not shown either.
    process.stdout.write('\n')
  }
}

/** The streams of this process. */
export function processStreams(): Streams {
  const output = new Output()
  let lines: AsyncIterator<string> | undefined
  let close: (() => void) | undefined
  let ask: ((prompt: string) => void) | undefined
  const streams: Streams = {
    out: (text) => output.write(text),
    err: (text) => {
      output.flush()
      process.stderr.write(text)
    },
    async readLine(prompt = '', { secret = false } = {}) {
      if (lines === undefined) {
        const { createInterface } = await import('node:readline')
        // Only where lines are edited does readline have to draw them.
        const { complete } = streams
        const edits = complete !== undefined && streams.inIsTerminal && streams.outIsTerminal
        const reader = createInterface({ input: process.stdin, ...(edits ? { output: process.stdout, completer: complete } : {}) })
        lines = reader[Symbol.asyncIterator]()
        ask = (text) => {
          output.flush()
          if (!edits) {
            process.stdout.write(text)
            return
          }
          reader.setPrompt(text)
          reader.prompt()
        }
        close = () => {
          reader.close()
          process.stdin.destroy()
        }
      }
      if (prompt !== '') ask?.(prompt)
      if (secret && streams.inIsTerminal) {
        output.flush()
        return withoutEcho(lines)
      }
      const next = await lines.next()
      return next.done ? undefined : next.value
    },
    async readAll() {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
    close: () => {
      output.flush()
      close?.()
    },
    outIsTerminal: process.stdout.isTTY === true,
    // Asking process.stdin would open it, which takes ten milliseconds even where nothing is read.
    inIsTerminal: isatty(0),
    columns: process.stdout.isTTY === true && process.stdout.columns > 0 ? process.stdout.columns : 78,
  }
  return streams
}

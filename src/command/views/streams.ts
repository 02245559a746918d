import { isatty } from 'node:tty'

/** Where a command's output goes and its input comes from; the only way commands reach a terminal. */
export interface Streams {
  out(text: string): void
  err(text: string): void
  /** One line of input without its newline; undefined at the end of the input. */
  readLine(): Promise<string | undefined>
  /** All of the input; not to be mixed with `readLine`. */
  readAll(): Promise<string>
  /** Stops listening to the input, which would keep the process alive. */
  close(): void
  readonly outIsTerminal: boolean
  readonly inIsTerminal: boolean
  /** Columns of the terminal; 78 where there is none. */
  readonly columns: number
}

/** The streams of this process. */
export function processStreams(): Streams {
  let lines: AsyncIterator<string> | undefined
  let close: (() => void) | undefined
  return {
    out: (text) => {
      process.stdout.write(text)
    },
    err: (text) => {
      process.stderr.write(text)
    },
    async readLine() {
      if (lines === undefined) {
        const { createInterface } = await import('node:readline')
        const reader = createInterface({ input: process.stdin })
        lines = reader[Symbol.asyncIterator]()
        close = () => {
          reader.close()
          process.stdin.destroy()
        }
      }
      const next = await lines.next()
      return next.done ? undefined : next.value
    },
    async readAll() {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
    close: () => close?.(),
    outIsTerminal: process.stdout.isTTY === true,
    // Asking process.stdin would open it, which takes ten milliseconds even where nothing is read.
    inIsTerminal: isatty(0),
    columns: process.stdout.isTTY === true && process.stdout.columns > 0 ? process.stdout.columns : 78,
  }
}

/** The last part of what a command wrote: more than this helps nobody who reads the error. */
export class Tail {
  #chunks: Buffer[] = []
  #size = 0

  add(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    while (this.#chunks.length > 1 && this.#size - this.#chunks[0]!.length >= 8192) this.#size -= this.#chunks.shift()!.length
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}

/** Tells whole lines, however they arrive. */
export class Lines {
  readonly #tell: (line: string) => void
  #rest = ''

  constructor(tell: (line: string) => void) {
    this.#tell = tell
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) this.#tell(line.replace(/\r$/, ''))
  }

  end(): void {
    if (this.#rest !== '') this.#tell(this.#rest)
    this.#rest = ''
  }
}

/** Bytes of JSON that one text may have: V8 knows no text of more than half a gigabyte. */
export const largestText = 256 * 1024 * 1024

/** As many bytes of resources are read at a time. */
const batchBytes = 32 * 1024 * 1024

/** A stretch of the file: from the first byte to the one after the last. */
interface Stretch {
  readonly from: number
  readonly to: number
}

export interface SplitFile {
  /** The file with an empty array in the place of its resources. */
  readonly rest: string
  /** A number of resources each, in the order of the file, as elements of an array without its brackets. */
  readonly batches: readonly Stretch[]
}

/**
 * Takes a file apart that is too long for one text. Only as much of its syntax is looked at as it takes to find the resources; undefined
 * when even that cannot be made sense of. The name is taken for a top-level member by its place, not by its text alone.
 */
export function splitStateFile(bytes: Buffer): SplitFile | undefined {
  let at = skipSpace(bytes, 0)
  if (bytes[at] !== openBrace) return undefined
  at = skipSpace(bytes, at + 1)
  while (bytes[at] === quote) {
    const nameEnd = stringEnd(bytes, at)
    const name = bytes.toString('utf8', at + 1, nameEnd - 1)
    at = skipSpace(bytes, nameEnd)
    if (bytes[at] !== colon) return undefined
    at = skipSpace(bytes, at + 1)
    if (name === 'resources' && bytes[at] === openBracket) {
      const found = batchesOf(bytes, at)
      if (found === undefined) return undefined
      return { rest: `${bytes.toString('utf8', 0, at)}[]${bytes.toString('utf8', found.end)}`, batches: found.batches }
    }
    at = skipSpace(bytes, valueEnd(bytes, at))
    if (bytes[at] !== comma) return undefined
    at = skipSpace(bytes, at + 1)
  }
  return undefined
}

function batchesOf(bytes: Buffer, bracket: number): { readonly batches: readonly Stretch[]; readonly end: number } | undefined {
  const batches: Stretch[] = []
  let from = skipSpace(bytes, bracket + 1)
  if (bytes[from] === closeBracket) return { batches, end: from + 1 }
  for (let at = from; at < bytes.length; ) {
    const to = valueEnd(bytes, at)
    at = skipSpace(bytes, to)
    const isLast = bytes[at] === closeBracket
    if (!isLast && bytes[at] !== comma) return undefined
    if (isLast || to - from > batchBytes) batches.push({ from, to })
    if (isLast) return { batches, end: at + 1 }
    at = skipSpace(bytes, at + 1)
    if (batches.at(-1)?.to === to) from = at
  }
  return undefined
}

/**
 * The same for a file that comes in pieces: hands out the elements of its `resources` in texts of moderate length as they come, and
 * remembers the rest. Which bytes are whose is told by nesting alone; whether all of it is JSON is for the readers of the parts to say.
 */
export class StateSplitter {
  /** All before the resources. */
  head = ''
  /** What has been seen of the file, but for resources. */
  readonly #rest: Buffer[] = []
  /** What has been seen of elements that have not been handed out. */
  #elements: Buffer[] = []
  #elementBytes = 0
  #depth = 0
  #inString = false
  #isEscaped = false
  /** The member of the file whose name or value is being read. */
  #name = ''
  #isName = false
  #inResources = false
  #hasResources = false

  /** Takes the next bytes. @returns texts of elements, separated by commas. */
  push(piece: Uint8Array): readonly string[] {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    const texts: string[] = []
    let depth = this.#depth
    let from = 0
    for (let at = this.#inString ? this.#string(bytes, 0, depth) + 1 : 0; at < bytes.length; at++) {
      switch (bytes[at]) {
        case quote:
          this.#inString = true
          if (this.#isName && depth === 1) this.#name = ''
          at = this.#string(bytes, at + 1, depth)
          break
        case openBrace:
          if (++depth === 1) this.#isName = true
          break
        case openBracket:
          if (++depth === 2 && this.#name === 'resources' && !this.#hasResources) {
            this.#rest.push(Buffer.from(bytes.subarray(from, at + 1)))
            this.head = Buffer.concat(this.#rest).toString('utf8')
            from = at + 1
            this.#inResources = true
            this.#hasResources = true
          }
          break
        case closeBrace:
        case closeBracket:
          if (--depth === 1 && this.#inResources) {
            this.#take(bytes.subarray(from, at), texts)
            from = at
            this.#inResources = false
          }
          break
        case colon:
          if (depth === 1) this.#isName = false
          break
        case comma:
          if (depth === 1) this.#isName = true
          else if (depth === 2 && this.#inResources && this.#elementBytes + at - from > pieceBytes) {
            this.#take(bytes.subarray(from, at), texts)
            from = at + 1
          }
          break
      }
    }
    this.#depth = depth
    // A copy: what comes later may be written into the same memory.
    const left = Buffer.from(bytes.subarray(from))
    if (!this.#inResources) this.#rest.push(left)
    else {
      this.#elements.push(left)
      this.#elementBytes += left.length
    }
    return texts
  }

  /** The file with an empty array in the place of its resources; undefined when it has no end or no resources. */
  end(): string | undefined {
    return this.#depth === 0 && this.#hasResources ? Buffer.concat(this.#rest).toString('utf8') : undefined
  }

  /** Goes to the quote that ends a string, or to the end of the bytes. `from` is the offset after its first quote or of what is left of it. */
  #string(bytes: Buffer, from: number, depth: number): number {
    let at = this.#isEscaped ? from + 1 : from
    if (from < bytes.length) this.#isEscaped = false
    for (;;) {
      const found = bytes.indexOf(quote, at)
      const end = found === -1 ? bytes.length : found
      let backslashes = 0
      while (end - 1 - backslashes >= at && bytes[end - 1 - backslashes] === backslash) backslashes++
      const isEscaped = backslashes % 2 === 1
      if (found !== -1 && isEscaped) {
        at = end + 1
        continue
      }
      if (found === -1) this.#isEscaped ||= isEscaped
      else this.#inString = false
      if (this.#isName && depth === 1) this.#name += bytes.toString('latin1', from, end)
      return end
    }
  }

  #take(last: Buffer, texts: string[]): void {
    const text = Buffer.concat([...this.#elements, last]).toString('utf8')
    this.#elements = []
    this.#elementBytes = 0
    if (text.trim() !== '') texts.push(text)
  }
}

/** As many bytes of elements are handed out at a time, if there are no larger ones. */
const pieceBytes = 4 * 1024 * 1024

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

function skipSpace(bytes: Buffer, from: number): number {
  let at = from
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}

/** The offset after a string that begins at `from`. */
function stringEnd(bytes: Buffer, from: number): number {
  for (let end = bytes.indexOf(quote, from + 1); end !== -1; end = bytes.indexOf(quote, end + 1)) {
    let backslashes = 0
    while (bytes[end - 1 - backslashes] === backslash) backslashes++
    if (backslashes % 2 === 0) return end + 1
  }
  return bytes.length
}

/** The offset after a value that begins at `from`: where its brackets are closed again. */
function valueEnd(bytes: Buffer, from: number): number {
  let depth = 0
  for (let at = from; at < bytes.length; at++) {
    switch (bytes[at]) {
      case quote:
        at = stringEnd(bytes, at) - 1
        if (depth === 0) return at + 1
        break
      case openBrace:
      case openBracket:
        depth++
        break
      case closeBrace:
      case closeBracket:
        if (depth === 0) return at
        if (--depth === 0) return at + 1
        break
      case comma:
        if (depth === 0) return at
        break
    }
  }
  return bytes.length
}

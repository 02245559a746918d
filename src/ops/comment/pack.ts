import { codePoints } from './escape.ts'

/** A collapsible section or a table that blocks stand in; it is closed at the end of a part and opened again in the next one. */
export interface Frame {
  readonly open: string
  /** How it begins when it goes on from an earlier part. */
  readonly reopen: string
  readonly close: string
}

/** A piece of a comment that is never divided. */
export interface Block {
  /** From the outside inwards; the same object is the same frame. */
  readonly frames: readonly Frame[]
  readonly text: string
  /** Has its place whatever happens; others are left out when all parts are full. */
  readonly essential: boolean
}

export interface Packed {
  readonly parts: readonly string[]
  /** Blocks that found no place, in order. */
  readonly left: readonly Block[]
}

export type Measure = (text: string) => number

export const inCodePoints: Measure = codePoints
export const inBytes: Measure = (text) => Buffer.byteLength(text, 'utf8')

/** Fills parts with blocks in order, each to its budget. @param room of a part by its number, after what the caller adds to it */
export function packBlocks(blocks: readonly Block[], room: (part: number) => number, mostParts: number, measure: Measure): Packed {
  const parts: string[] = []
  const left: Block[] = []
  let text = ''
  let used = 0
  let open: Frame[] = []
  const opened = new Set<Frame>()
  const costs = new Map<string, number>()
  const cost = (piece: string): number => {
    let known = costs.get(piece)
    if (known === undefined) costs.set(piece, (known = measure(piece)))
    return known
  }
  const sum = (pieces: readonly string[]): number => pieces.reduce((total, piece) => total + cost(piece), 0)
  const closing = (frames: readonly Frame[]): string[] => [...frames].reverse().map((frame) => frame.close)
  const endPart = (): void => {
    text += closing(open).join('')
    parts.push(text)
    text = ''
    used = 0
    open = []
  }
  for (const block of blocks) {
    // What comes after something that was left out is left out, too, so that the order stays.
    if (left.length > 0 && !block.essential) {
      left.push(block)
      continue
    }
    const size = measure(block.text)
    for (let fresh = false; ; fresh = true) {
      let shared = 0
      while (shared < open.length && open[shared] === block.frames[shared]) shared++
      const closed = closing(open.slice(shared))
      const begun = block.frames.slice(shared).map((frame) => (opened.has(frame) ? frame.reopen : frame.open))
      const total = used + sum(closed) + sum(begun) + size + sum(closing(block.frames))
      if (total <= room(parts.length) || (fresh && text === '' && block.essential)) {
        text += closed.join('') + begun.join('') + block.text
        used += sum(closed) + sum(begun) + size
        open = [...block.frames]
        for (const frame of block.frames) opened.add(frame)
        break
      }
      if (fresh || (!block.essential && parts.length + 1 >= mostParts)) {
        left.push(block)
        break
      }
      endPart()
    }
  }
  if (text !== '' || parts.length === 0) endPart()
  return { parts, left }
}

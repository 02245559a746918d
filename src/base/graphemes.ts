/*
 * User-perceived characters: extended grapheme clusters of Unicode. Node's segmenter keeps a copy of the whole text for each
 * cluster, which takes the square of its length, so it is only shown short stretches, and of plain ASCII none.
 */

let segmenter: Intl.Segmenter | undefined

/** Length of the stretches shown to the segmenter, unless one cluster is longer. */
const stretch = 64

const CR = 0x0d
const LF = 0x0a

/** Calls back with the place of each cluster, in order. Returning false ends it. */
export function forEachGrapheme(text: string, visit: (start: number, end: number) => boolean | void): void {
  let at = 0
  while (at < text.length) {
    // Between two ASCII characters a cluster ends, except within a Windows line end.
    const code = text.charCodeAt(at)
    const next = at + 1 < text.length ? text.charCodeAt(at + 1) : 0
    if (code < 0x80 && next < 0x80) {
      const end = code === CR && next === LF ? at + 2 : at + 1
      if (visit(at, end) === false) return
      at = end
      continue
    }
    const reached = visitStretch(text, at, visit)
    if (reached === undefined) return
    at = reached
  }
}

/** Visits the clusters of a stretch but for the last one, which may go on behind it. Undefined when the visit is over. */
function visitStretch(text: string, from: number, visit: (start: number, end: number) => boolean | void): number | undefined {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  for (let length = stretch; ; length *= 2) {
    // Half a character would hide that the whole one belongs to the cluster before it.
    const to = from + length + ((text.charCodeAt(from + length - 1) & 0xfc00) === 0xd800 ? 1 : 0)
    const isRest = to >= text.length
    let at = from
    for (const { segment } of segmenter.segment(text.slice(from, to))) {
      const end = at + segment.length
      if (!isRest && end === to) break
      if (visit(at, end) === false) return undefined
      at = end
    }
    if (at > from) return at
  }
}

/** Whether every UTF-16 unit of a text is sure to be a cluster: nothing below U+0300, where combining marks begin, joins its neighbours but CR and LF. */
function isPlain(text: string): boolean {
  return !/[^\x00-\u02ff]/.test(text) && !text.includes('\r\n')
}

/** Number of user-perceived characters in a text. */
export function countGraphemes(text: string): number {
  if (isPlain(text)) return text.length
  let count = 0
  forEachGrapheme(text, () => {
    count++
  })
  return count
}

/** The user-perceived characters of a text. */
export function graphemes(text: string): string[] {
  const found: string[] = []
  forEachGrapheme(text, (start, end) => {
    found.push(text.slice(start, end))
  })
  return found
}

/** The text between two counts of user-perceived characters; `to` may be infinite. */
export function sliceGraphemes(text: string, from: number, to: number = Number.POSITIVE_INFINITY): string {
  if (to <= from) return ''
  if (isPlain(text)) return text.slice(from, to)
  let start: number | undefined
  let end = text.length
  let count = 0
  forEachGrapheme(text, (at) => {
    if (count === from) start = at
    if (count === to) {
      end = at
      return false
    }
    count++
    return true
  })
  return start === undefined ? '' : text.slice(start, end)
}

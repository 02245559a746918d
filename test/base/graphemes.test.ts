import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countGraphemes, graphemes, sliceGraphemes } from '../../src/base/index.ts'

/** What Node's segmenter says of the whole text at once. */
function whole(text: string): string[] {
  return Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), (s) => s.segment)
}

const pieces = [
  'a',
  ' ',
  '\r',
  '\n',
  '\r\n',
  'é',
  'e\u0301',
  '\u0301',
  '\u200d',
  '👨',
  '👨‍👩‍👧',
  '🇩',
  '🇩🇪',
  '각',
  'ᄀ',
  'ᅡ',
  'ᆨ',
  '\ufe0f',
  '한',
  'नि',
  '\ud800',
]

describe('graphemes', () => {
  test('are those of the whole text, wherever the stretches end', () => {
    const text = fc
      .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'grapheme' })), { maxLength: 200 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, fc.nat(20), fc.nat(20), (s, from, length) => {
        const want = whole(s)
        expect(graphemes(s)).toEqual(want)
        expect(countGraphemes(s)).toBe(want.length)
        expect(sliceGraphemes(s, from, from + length)).toBe(want.slice(from, from + length).join(''))
        expect(sliceGraphemes(s, from)).toBe(want.slice(from).join(''))
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    ['é', 200_000, 200_000],
    ['🇩🇪', 50_000, 50_000],
    ['\u0301', 20_000, 1],
  ])('of %s many times take no time that grows faster than the text', (piece, times, want) => {
    expect(countGraphemes(piece.repeat(times))).toBe(want)
  })
})

test('nothing below U+0300 joins its neighbours but CR and LF: as the segmenter has it', () => {
  const segmenter = new Intl.Segmenter()
  const differing: string[] = []
  for (let code = 0; code < 0x300; code++) {
    for (const beside of [0x0a, 0x0d, 0x41, 0xa9, 0xad, 0x2ff, code]) {
      const text = String.fromCharCode(beside, code, beside)
      if (countGraphemes(text) !== [...segmenter.segment(text)].length) differing.push(text)
    }
  }
  expect(differing).toEqual([])
})

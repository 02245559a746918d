import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Decoded,
  decodeMessage,
  encodeMessage,
  lazyMapOf,
  mapOf,
  nested,
  optional,
  repeated,
  repeatedScalar,
  scalar,
  stringMap,
  WireError,
} from '../../src/plugin/wire/codec.ts'
import { protocolOf } from '../../src/plugin/wire/index.ts'

const Inner = { a: scalar(1, 'int64') }
const Sample = {
  a: scalar(1, 'int64'),
  b: scalar(2, 'string'),
  c: nested(3, () => Inner),
  d: scalar(4, 'bytes'),
  e: optional(5, 'int64'),
  f: repeatedScalar(6, 'int64'),
  g: mapOf(7, () => Inner),
  h: stringMap(8),
  i: repeated(9, () => Inner),
  j: scalar(10, 'bool'),
  k: optional(11, 'string'),
  l: lazyMapOf(20, () => Inner),
}
const empty = decodeMessage(Sample, new Uint8Array(0))
const hex = (text: string) => Buffer.from(text.replace(/ /g, ''), 'hex')

describe('messages and their bytes', () => {
  // Bytes from the encoding guide of Protocol Buffers where it has them, else worked out by its rules.
  const cases: { name: string; bytes: string; value: Partial<Decoded<typeof Sample>> }[] = [
    { name: 'nothing', bytes: '', value: {} },
    { name: 'a number of two bytes', bytes: '08 96 01', value: { a: 150 } },
    { name: 'a negative number', bytes: '08 fe ff ff ff ff ff ff ff ff 01', value: { a: -2 } },
    { name: 'the largest safe number', bytes: '08 ff ff ff ff ff ff ff 0f', value: { a: Number.MAX_SAFE_INTEGER } },
    { name: 'a number beyond 32 bits', bytes: '08 80 80 80 80 10', value: { a: 2 ** 32 } },
    { name: 'text', bytes: '12 07 74 65 73 74 69 6e 67', value: { b: 'testing' } },
    { name: 'a message', bytes: '1a 03 08 96 01', value: { c: { a: 150 } } },
    { name: 'an empty message is not its absence', bytes: '1a 00', value: { c: { a: 0 } } },
    { name: 'an optional zero is not its absence', bytes: '28 00', value: { e: 0 } },
    { name: 'packed numbers', bytes: '32 06 03 8e 02 9e a7 05', value: { f: [3, 270, 86942] } },
    { name: 'a map of messages', bytes: '3a 07 0a 01 78 12 02 08 01', value: { g: new Map([['x', { a: 1 }]]) } },
    { name: 'a map of texts', bytes: '42 06 0a 01 78 12 01 79', value: { h: new Map([['x', 'y']]) } },
    { name: 'repeated messages', bytes: '4a 02 08 01 4a 00', value: { i: [{ a: 1 }, { a: 0 }] } },
    { name: 'a truth', bytes: '50 01', value: { j: true } },
    { name: 'an optional empty text', bytes: '5a 00', value: { k: '' } },
    { name: 'a map left as bytes', bytes: 'a2 01 07 0a 01 78 12 02 08 01', value: { l: new Map([['x', hex('0801')]]) } },
  ]
  test.each(cases)('$name', ({ bytes, value }) => {
    expect(Buffer.from(encodeMessage(Sample, value)).toString('hex')).toBe(hex(bytes).toString('hex'))
    expect(decodeMessage(Sample, hex(bytes))).toEqual({ ...empty, ...value })
  })
})

describe('decoding what others may write', () => {
  const cases: { name: string; bytes: string; value: Partial<Decoded<typeof Sample>> }[] = [
    { name: 'unknown fields of every wire type', bytes: '78 05 79 0000000000000000 7a 01 00 7d 00000000 08 01', value: { a: 1 } },
    { name: 'numbers that are not packed', bytes: '30 03 30 04', value: { f: [3, 4] } },
    { name: 'the last of several', bytes: '08 01 08 02', value: { a: 2 } },
    { name: 'a message in parts', bytes: '1a 02 08 05 1a 00', value: { c: { a: 5 } } },
    { name: 'an entry without value', bytes: '3a 03 0a 01 78', value: { g: new Map([['x', { a: 0 }]]) } },
  ]
  test.each(cases)('$name', ({ bytes, value }) => {
    expect(decodeMessage(Sample, hex(bytes))).toEqual({ ...empty, ...value })
  })

  const damaged = [
    ['a cut number', '08'],
    ['a cut text', '12 07 74'],
    ['a number as text', '10 01'],
    ['text as a number', '0a 01 00'],
    ['field number zero', '00'],
    ['a wire type that is not in use', '7f'],
    ['a number of eleven bytes', '08 ff ff ff ff ff ff ff ff ff ff 01'],
    ['a length beyond everything', '12 ff ff ff ff ff ff ff ff 7f'],
  ] as const
  test.each(damaged)('%s is refused', (_name, bytes) => {
    expect(() => decodeMessage(Sample, hex(bytes))).toThrow(WireError)
  })

  test('any bytes are a message or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeMessage(Sample, bytes)
          decodeMessage(protocolOf(6).Schema, bytes)
        } catch (e) {
          expect(e).toBeInstanceOf(WireError)
        }
      }),
    )
  })
})

test('decoding is the inverse of encoding', () => {
  const inner = fc.record({ a: fc.maxSafeInteger() })
  const bytes = fc.uint8Array({ maxLength: 400 }).map((b) => Buffer.from(b))
  const text = fc.string({ maxLength: 300, unit: 'grapheme' })
  const sample = fc.record({
    a: fc.maxSafeInteger(),
    b: text,
    c: fc.option(inner, { nil: undefined }),
    d: bytes,
    e: fc.option(fc.maxSafeInteger(), { nil: undefined }),
    f: fc.array(fc.maxSafeInteger()),
    g: fc.array(fc.tuple(text, inner)).map((entries) => new Map(entries)),
    h: fc.array(fc.tuple(text, text)).map((entries) => new Map(entries)),
    i: fc.array(inner),
    j: fc.boolean(),
    k: fc.option(text, { nil: undefined }),
    l: fc.array(fc.tuple(text, bytes)).map((entries) => new Map(entries)),
  })
  fc.assert(
    fc.property(sample, (value) => {
      const decoded = decodeMessage(Sample, Buffer.from(encodeMessage(Sample, value)))
      expect({ ...decoded, d: Buffer.from(decoded.d) }).toEqual(value)
    }),
  )
})

test('a schema nests as deep as real ones and no deeper than is safe', () => {
  const { Block } = protocolOf(6)
  const nest = (depth: number): Uint8Array => {
    let bytes = encodeMessage(Block, { attributes: [{ name: 'leaf' }] })
    for (let i = 0; i < depth; i++) bytes = encodeMessage(Block, { blockTypes: [{ typeName: 'b' }] }).length ? wrap(bytes) : bytes
    return bytes
  }
  const wrap = (bytes: Uint8Array): Uint8Array => {
    const inner = Buffer.concat([Buffer.from([0x12]), varint(bytes.length), bytes])
    return Buffer.concat([Buffer.from([0x1a]), varint(inner.length), inner])
  }
  const varint = (n: number): Buffer => Buffer.from(n < 0x80 ? [n] : n < 0x4000 ? [(n & 0x7f) | 0x80, n >> 7] : [])
  expect(decodeMessage(Block, nest(50)).blockTypes).toHaveLength(1)
  expect(() => decodeMessage(Block, nest(150))).toThrow('too deeply')
})

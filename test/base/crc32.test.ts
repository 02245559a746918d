import { expect, test } from 'vitest'
import { crc32, ownCrc32 } from '../../src/base/crc32.ts'

test.each([
  ['', 0],
  ['123456789', 0xcbf43926],
  ['0.0.0.0/0', 1080289494],
  ['The quick brown fox jumps over the lazy dog', 0x414fa339],
])('%j', (text, checksum) => {
  expect(ownCrc32(Buffer.from(text))).toBe(checksum)
  expect(crc32(text)).toBe(checksum)
})

test('texts are their UTF-8 bytes', () => {
  expect(crc32('ü')).toBe(ownCrc32(new Uint8Array([0xc3, 0xbc])))
})

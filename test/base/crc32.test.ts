import { expect, test } from 'vitest'
import { crc32, ownCrc32 } from '../../src/base/crc32.ts'

test.each([
  ['', 0],
  ['123456789', 0xcbf43926],
  ['The quick brown fox jumps over the lazy dog', 0x414fa339],
])('%j', (text, checksum) => {
  expect(ownCrc32(Buffer.from(text))).toBe(crc32(text))
  expect(crc32(text)).toBe(checksum)
})

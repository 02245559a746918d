/** CRC-64 with the polynomial of ISO 3309, least significant bit first, as Go's hash/crc64 has it. */
export function crc64(bytes: Uint8Array): bigint {
  const ones = (1n << 64n) - 1n
  let crc = ones
  for (const byte of bytes) {
    crc ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ 0xd800_0000_0000_0000n : crc >> 1n
  }
  return crc ^ ones
}

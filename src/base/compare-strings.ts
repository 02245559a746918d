const surrogate = /[\ud800-\udfff]/

/** So many units are looked at one by one before the engine's own comparison takes over. */
const nearUnits = 4

/**
 * Orders strings by their UTF-8 bytes, which is the order of their code points. JavaScript's own order is by UTF-16
 * units and differs for characters beyond the basic plane.
 */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  const near = Math.min(a.length, b.length, nearUnits)
  for (let i = 0; i < near; i++) {
    const order = compareUnits(a.charCodeAt(i), b.charCodeAt(i))
    if (order !== 0) return order
  }
  if (near < nearUnits) return a.length - b.length
  // Addresses have long beginnings in common, which are compared much faster from within the engine.
  return surrogate.test(a) || surrogate.test(b) ? compareByUnits(a, b) : a < b ? -1 : 1
}

function compareByUnits(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = nearUnits; i < length; i++) {
    const order = compareUnits(a.charCodeAt(i), b.charCodeAt(i))
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareUnits(x: number, y: number): number {
  if (x === y) return 0
  // A surrogate stands for a code point above every other unit of the basic plane.
  const xSurrogate = x >= 0xd800 && x <= 0xdfff
  const ySurrogate = y >= 0xd800 && y <= 0xdfff
  if (xSurrogate !== ySurrogate) return xSurrogate ? 1 : -1
  return x - y
}

/**
 * Rows as JSON text: dates and bytes, which JSON lacks, are written as objects with one telling key; objects that have
 * such a key themselves, as a list of their members.
 */
export function rowToText(row: unknown): string {
  return JSON.stringify(row, function (this: Record<string, unknown>, key, value: unknown) {
    // `value` has been through Date.toJSON already.
    const original = this[key]
    if (typeof original !== 'object' || original === null || Array.isArray(original)) return value
    if (original instanceof Date) return { $date: original.getTime() }
    if (original instanceof Uint8Array) return { $bytes: Buffer.from(original).toString('base64') }
    return isTelling(original) ? { $members: Object.entries(original) } : value
  })
}

function isTelling(value: object): boolean {
  return '$date' in value || '$bytes' in value || '$members' in value
}

export function rowFromText(text: string): unknown {
  const value: unknown = JSON.parse(text)
  // Most rows have none of them; a reviver would cost several times the parsing.
  return text.includes('{"$') ? restored(value) : value
}

function restored(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(restored)
  if ('$date' in value) return new Date(value.$date as number)
  if ('$bytes' in value) return new Uint8Array(Buffer.from(value.$bytes as string, 'base64'))
  if ('$members' in value) return Object.fromEntries((value.$members as [string, unknown][]).map(([k, v]) => [k, restored(v)]))
  const object = value as Record<string, unknown>
  for (const key of Object.keys(object)) {
    const item = object[key]
    if (typeof item === 'object' && item !== null) object[key] = restored(item)
  }
  return object
}

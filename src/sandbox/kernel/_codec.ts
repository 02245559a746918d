/** Rows as JSON text: dates and bytes, which JSON lacks, are written as objects with one telling key. */
export function rowToText(row: unknown): string {
  return JSON.stringify(row, function (this: Record<string, unknown>, key, value: unknown) {
    // `value` has been through Date.toJSON already.
    const original = this[key]
    if (original instanceof Date) return { $date: original.getTime() }
    if (original instanceof Uint8Array) return { $bytes: Buffer.from(original).toString('base64') }
    return value
  })
}

export function rowFromText(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('$date' in value) return new Date(value.$date as number)
    if ('$bytes' in value) return new Uint8Array(Buffer.from(value.$bytes as string, 'base64'))
    return value
  })
}

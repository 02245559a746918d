let counter = 0

/** `PREFIX` + time to a tenth of a millisecond + a counter of this process: names that sort by age and never repeat. The form is that of the Go SDK, 26 characters. */
export function uniqueName(prefix: string, now: Date = new Date()): string {
  counter = (counter + 1) >>> 0
  const digits = now.toISOString().replace(/\D/g, '')
  return `${prefix}${digits}0${counter.toString(16).padStart(8, '0')}`
}

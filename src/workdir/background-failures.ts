/**
 * What code of injected providers throws when nobody has asked it anything: in timers, or in promises that nobody waits for. Node would end the
 * process in the middle of what it does; instead that is brought to its end, and the command fails.
 */
const failures: string[] = []
const files = new Set<string>()

/** From now on failures in the background are collected. */
export function watchBackground(file: string): void {
  if (files.size === 0) {
    process.on('uncaughtException', (error: unknown) => void failures.push(placeOf(error)))
    process.on('unhandledRejection', (error: unknown) => void failures.push(placeOf(error)))
  }
  files.add(file)
}

/** A sentence for each, without what was said there, which may hold secrets. */
export function takeBackgroundFailures(): readonly string[] {
  return failures.splice(0)
}

function placeOf(error: unknown): string {
  const { name, stack } = error instanceof Error ? error : { name: 'A value that is no Error', stack: undefined }
  const line = stack?.split('\n').find((l) => /^\s+at /.test(l) && [...files].some((file) => l.includes(file)))
  const place = line === undefined ? ` in one of ${[...files].join(', ')}` : ` ${line.trim().replace(/^at (?:async )?/, 'at ')}`
  return `${name} was thrown${place}, where nothing was waiting for it.`
}

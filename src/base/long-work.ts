/**
 * Work that turns out to be long can be told to the program that runs it, which may have set up the engine below for commands that are
 * over in a moment: `bin/landform` does, and provides this. In other programs nothing happens.
 */
export function announceLongWork(isLong: boolean): void {
  const announce = (globalThis as Record<symbol, unknown>)[key] as ((isLong: boolean) => void) | undefined
  announce?.(isLong)
}

const key = Symbol.for('landform.long-work')

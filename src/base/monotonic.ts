/**
 * Milliseconds on a clock that only goes forward. `performance.now()` tells the same, but the first mention of `performance` makes
 * Node load a dozen modules.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/** Calls of providers that are waiting for an answer, by what ends them without one. */
export const pendingCalls = new Set<() => void>()

/**
 * Ends the calls that wait for an answer: for when nothing is left in the process that could ever give one.
 *
 * @returns whether there were any.
 */
export function giveUpPendingCalls(): boolean {
  const all = [...pendingCalls]
  for (const giveUp of all) giveUp()
  return all.length > 0
}

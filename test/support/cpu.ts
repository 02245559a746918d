/** Milliseconds of CPU that this process has used: what a test takes on a machine that has other things to do, too. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

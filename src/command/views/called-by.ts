import type { Diagnostic } from '../../diags/index.ts'

const ownCommands = /(^|["\n] *)landform (?=(?:apply|force-unlock|init|plan|refresh|state push)\b)/g

/**
 * A diagnostic whose commands to copy can be typed: what lies below the command line calls this program by its own name, and people
 * type the one that they called it by.
 */
export function calledBy(command: string, diagnostic: Diagnostic): Diagnostic {
  if (command === 'landform' || !diagnostic.detail.includes('landform ')) return diagnostic
  return { ...diagnostic, detail: diagnostic.detail.replace(ownCommands, `$1${command} `) }
}

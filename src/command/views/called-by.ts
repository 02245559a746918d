import type { Diagnostic } from '../../diags/index.ts'
import type { Dialect } from './dialect.ts'

const ownCommands = /(^|["\n] *)landform (?=(?:apply|force-unlock|init|plan|refresh|state push)\b)/g
const ownProduct = /(^|\n)Landform (?=acquires a state lock )/g

/**
 * A diagnostic whose commands to copy can be typed, and that names the product people know: what lies below the command line calls this
 * program by its own name, and people type the one that they called it by.
 */
export function calledBy({ command, product }: Pick<Dialect, 'command' | 'product'>, diagnostic: Diagnostic): Diagnostic {
  const detail = diagnostic.detail.replace(ownProduct, `$1${product} `)
  return { ...diagnostic, detail: command === 'landform' ? detail : detail.replace(ownCommands, `$1${command} `) }
}

import { relative } from 'node:path'
import { Diagnostics } from '../diags/index.ts'
import { stackIdText, synthesise, synthPath } from '../ops/index.ts'
import { beginEnvironments } from './_environments.ts'
import type { CommandContext } from './context.ts'

/** Writes the configuration of environments as JSON of Terraform, for whoever wants to read it or to use it with other tools. */
export async function envSynthCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = await beginEnvironments(argv, 'env synth', context)
  if (typeof run === 'number') return run
  const { view, prepared, names } = run
  const diags = new Diagnostics()
  for (const name of names) {
    for (const stack of (await synthesise(prepared, name, diags)) ?? []) {
      const addresses = Object.keys(stack.constructs)
      const data = addresses.filter((address) => address.startsWith('data.')).length
      const path = relative(context.originalDir, synthPath(prepared.project, stack))
      const title = view.palette.bold(stackIdText({ environment: name, stack: stack.name }))
      view.print(`${title}: ${addresses.length - data} resources and ${data} data sources in ${path}\n`)
    }
  }
  view.diagnostics(diags.items)
  return diags.hasErrors ? 1 : 0
}

import { resolve } from 'node:path'
import { Diagnostics } from '../diags/index.ts'
import { redactState, writeSnapshot } from '../ops/snapshot.ts'
import { diagnosticsOf, loadSchemas, neededProviders, providerFactories } from '../workdir/index.ts'
import { beginEnvironments, inWorld, openStacks } from './_environments.ts'
import { type CommandContext, failUsage } from './context.ts'

/** Writes the states of stacks without their secrets into a folder, for plans that are made without credentials. */
export async function envSnapshotCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = await beginEnvironments(argv, 'env snapshot', context)
  if (typeof run === 'number') return run
  const { view, args } = run
  if (args.out === undefined) {
    return failUsage(
      view,
      [{ severity: 'error', summary: 'Where to?', detail: 'Name a folder for the snapshots:\n    landform env snapshot all -out=DIR' }],
      'env snapshot',
    )
  }
  const dir = resolve(context.originalDir, args.out)
  return inWorld(run, context, async (world) => {
    const opened = await openStacks(run, 'plan', world)
    if (opened === undefined) return false
    const diags = new Diagnostics()
    for (const [name, open] of opened.stacks) {
      try {
        const file = await open.manager.read()
        if (file === undefined) continue
        const { config } = open.loaded
        const schemas = await loadSchemas(neededProviders(config, file.state), providerFactories(open.settings, config))
        writeSnapshot(dir, name, redactState(file, schemas))
        view.print(`${name}: ${file.state.resources.size} resources\n`)
      } catch (error) {
        diags.addAll(diagnosticsOf(error))
      }
    }
    view.diagnostics(diags.items)
    return !diags.hasErrors
  })
}

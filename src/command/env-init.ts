import { Diagnostics } from '../diags/index.ts'
import { installSettings, synthesise, synthesisedFile } from '../ops/index.ts'
import { loadSavedConfiguration } from '../workdir/index.ts'
import { installChosen } from './_environment-plugins.ts'
import { beginEnvironments } from './_environments.ts'
import type { CommandContext } from './context.ts'

/** Chooses the plugins of environments, records the choice in the lock file beside the Makefile, and installs them. */
export async function envInitCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const run = await beginEnvironments(argv, 'env init', context)
  if (typeof run === 'number') return run
  const { args, view, prepared, names } = run
  const { project, organization } = prepared
  const diags = new Diagnostics()
  const configs = []
  for (const name of names) {
    for (const { text } of (await synthesise(prepared, name, diags)) ?? [])
      configs.push(loadSavedConfiguration(new Map([[synthesisedFile, text]]), diags).config)
  }
  if (!diags.hasErrors) {
    view.print(`Initializing provider plugins of ${names.join(', ')}...\n`)
    const settings = installSettings(project, organization, context.environment, context.originalDir)
    const lockFile = await installChosen(configs, settings, args.upgrade, view, diags)
    if (!diags.hasErrors && lockFile !== 'unchanged')
      view.print(`\nThe choice is recorded in .terraform.lock.hcl. Commit it, so that everybody and CI use the same plugins.\n`)
  }
  view.diagnostics(diags.items)
  return diags.hasErrors ? 1 : 0
}

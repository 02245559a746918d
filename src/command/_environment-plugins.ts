import type { Config } from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { Settings } from '../workdir/index.ts'
import { humanOutput, installReporter, sayInProcess } from './init.ts'
import type { View } from './views/view.ts'

interface UsesProviders {
  readonly loaded: { readonly config: Config }
  readonly settings: Settings
}

/**
 * Installs the plugins that the lock file of environments has chosen and that are not there yet, as on a machine of CI: nothing is decided by it. Whatever else is missing
 * is told by whoever needs it.
 */
export async function installLocked(stacks: readonly UsesProviders[], view: View, diags: Diagnostics): Promise<void> {
  const settings = stacks[0]?.settings
  if (settings === undefined) return
  const configs = stacks.map(({ loaded }) => loaded.config)
  const { selectProviders } = await import('../workdir/index.ts')
  // Nearly always all is there, and what installs need not be loaded.
  if (!configs.some((config) => selectProviders(config, undefined, settings).some((s) => s.kind === 'missing'))) return
  const { initProvidersOf, onlyLackLocked } = await import('../workdir/init-providers.ts')
  if (!onlyLackLocked(configs, settings)) return
  const output = humanOutput(view)
  output.log('Installing the plugins that .terraform.lock.hcl has chosen...')
  const { product, command } = view.dialect
  const options = {
    upgrade: false,
    readonlyLockFile: true,
    keepOthers: true,
    pluginDirs: undefined,
    onInProcess: () => {},
    onEvent: installReporter(output, view),
    product,
    command,
  }
  await initProvidersOf(configs, undefined, settings, options, diags)
  output.gap()
}

/** Chooses, locks and installs what these configurations need. Whether all went well is in `diags`. */
export async function installChosen(
  configs: readonly Config[],
  settings: Settings,
  upgrade: boolean,
  view: View,
  diags: Diagnostics,
): Promise<'unchanged' | 'created' | 'updated'> {
  const { initProvidersOf } = await import('../workdir/init-providers.ts')
  const output = humanOutput(view)
  const { product, command } = view.dialect
  const options = {
    upgrade,
    readonlyLockFile: false,
    keepOthers: true,
    pluginDirs: undefined,
    onInProcess: (selection: Parameters<typeof sayInProcess>[0]) => sayInProcess(selection, product, output),
    onEvent: installReporter(output, view),
    product,
    command,
  }
  return (await initProvidersOf(configs, undefined, settings, options, diags)).lockFile
}

import { collectVariables, type VariableInput } from '../config/index.ts'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import type { PlanFile } from '../plans/planfile/index.ts'
import type { StateManager } from '../statemgr/index.ts'
import { type BackendSettings, type LoadedConfig, loadSavedConfiguration, type Settings } from '../workdir/index.ts'
import { locateDiagnostics, synthesisedFile } from './locate.ts'
import { type AccountSettings, accountOf } from './organization.ts'
import { findPlan } from './saved-plan.ts'
import { openState } from './state.ts'
import { type Prepared, type SynthesisedStack, synthesise } from './synth.ts'
import type { World } from './world.ts'

/** An environment with all that planning or applying it takes. */
export interface OpenEnvironment {
  readonly name: string
  readonly account: AccountSettings
  /** Name of the role that is assumed in the account. */
  readonly role: string
  readonly settings: Settings
  readonly loaded: LoadedConfig
  readonly backend: BackendSettings
  readonly manager: StateManager
  readonly variables: ReadonlyMap<string, VariableInput>
  /** What the constructs of a saved plan are called is known from the sources as they are now, as far as those still make it. */
  readonly stack: SynthesisedStack | undefined
  /** The saved plan that it was opened by. */
  readonly saved: PlanFile | undefined
  /** Diagnostics of the engine at the lines that made the constructs. */
  locate(diags: readonly Diagnostic[]): readonly Diagnostic[]
}

/** Opens an environment as its sources make it. Undefined with diagnostics, which are placed already. */
export async function openEnvironment(
  prepared: Prepared,
  name: string,
  role: 'plan' | 'apply',
  world: World,
  diags: Diagnostics,
): Promise<OpenEnvironment | undefined> {
  const account = accountOf(prepared.organization, name, diags)
  const stack = account === undefined ? undefined : await synthesise(prepared, name, diags)
  if (account === undefined || stack === undefined) return undefined
  const own = new Diagnostics()
  const settings = world.settingsFor(account, role)
  const loaded = loadSavedConfiguration(new Map([[synthesisedFile, stack.text]]), own)
  const state = own.hasErrors ? undefined : openState(loaded, settings, own)
  const variables = own.hasErrors ? undefined : collectVariables({ env: settings.environment, files: [], cli: [] }, loaded.config, own)
  const locate = (found: readonly Diagnostic[]): readonly Diagnostic[] => locateDiagnostics(found, stack, prepared)
  diags.add(...locate(own.items))
  if (own.hasErrors || state === undefined || variables === undefined) return undefined
  const { backend, manager } = state
  return { name, account, role: account.roles[role], settings, loaded, backend, manager, variables, stack, saved: undefined, locate }
}

/** Opens an environment as its saved plan has it, whatever the sources say by now. */
export async function openSavedEnvironment(
  prepared: Prepared,
  name: string,
  world: World,
  diags: Diagnostics,
): Promise<OpenEnvironment | undefined> {
  const account = accountOf(prepared.organization, name, diags)
  const saved = account === undefined ? undefined : await findPlan(prepared.project, name, prepared.organization, account, diags)
  if (account === undefined || saved === undefined) return undefined
  const settings = world.settingsFor(account, 'apply')
  const loaded = loadSavedConfiguration(saved.configFiles, diags)
  if (diags.hasErrors) return undefined
  const variables = collectVariables({ env: settings.environment, files: [], cli: [] }, loaded.config, diags)
  const state = openState(loaded, settings, diags)
  if (state === undefined) return undefined
  // Only to name things: a source that does not work any more is no reason not to apply what was planned.
  const stack = await synthesise(prepared, name, new Diagnostics())
  const locate = (found: readonly Diagnostic[]): readonly Diagnostic[] =>
    stack === undefined ? found : locateDiagnostics(found, stack, prepared)
  const { backend, manager } = state
  return { name, account, role: account.roles.apply, settings, loaded, backend, manager, variables, stack, saved, locate }
}

/** How many instances of each module a plan touches: the first part of the construct's path, in the order of the sources. */
export function countByModule(
  addresses: readonly { readonly address: string; readonly counts: boolean }[],
  stack: SynthesisedStack | undefined,
): readonly (readonly [module: string, count: number])[] {
  const counts = new Map<string, number>()
  for (const path of Object.values(stack?.constructs ?? {})) counts.set(path.split('/')[0]!, 0)
  for (const { address, counts: isCounted } of addresses) {
    if (!isCounted) continue
    const module = stack?.constructs[address.replace(/\[.*$/, '')]?.split('/')[0] ?? 'others'
    counts.set(module, (counts.get(module) ?? 0) + 1)
  }
  return [...counts].filter(([, count]) => count > 0)
}

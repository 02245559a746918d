import { collectVariables } from '../config/index.ts'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import type { PlanFile } from '../plans/planfile/index.ts'
import { loadSavedConfiguration } from '../workdir/index.ts'
import { FrameMap } from './_frames.ts'
import type { SourceLine } from './comment/index.ts'
import { locateDiagnostics, synthesisedFile } from './locate.ts'
import { type AccountSettings, accountOf } from './organization.ts'
import { type SetStack, type StackId, stackIdText } from './plan-set/index.ts'
import { type Protection, protectionsOfStack } from './protection.ts'
import { findPlan } from './saved-plan.ts'
import { openState } from './state.ts'
import { type Prepared, type SynthesisedStack, synthesise } from './synth.ts'
import type { World } from './world.ts'

/** A stack of an environment with all that planning or applying it takes. */
export interface OpenEnvironment extends SetStack {
  /** `stage`, or `stage/network` where the environment has several stacks. */
  readonly name: string
  readonly account: AccountSettings
  /** Name of the role that is assumed in the account. */
  readonly role: string
  /** What the constructs of a saved plan are called is known from the sources as they are now, as far as those still make it. */
  readonly stack: SynthesisedStack | undefined
  /** The saved plan that it was opened by. */
  readonly saved: PlanFile | undefined
  /** What its sources protect. */
  readonly protections: readonly Protection[]
  /** Diagnostics of the engine at the lines that made the constructs. */
  locate(diags: readonly Diagnostic[]): readonly Diagnostic[]
  /** The line of the sources that made what has this address, without instance key. */
  sourceOf(address: string): SourceLine | undefined
}

/** Opens the stacks of an environment as its sources make them. Undefined with diagnostics, which are placed already. @param types as of `synthesise` */
export async function openEnvironment(
  prepared: Prepared,
  name: string,
  role: 'plan' | 'apply',
  world: World,
  diags: Diagnostics,
  types: 'checked' | 'pending' = 'checked',
): Promise<readonly OpenEnvironment[] | undefined> {
  const account = accountOf(prepared.organization, name, diags)
  const stacks = account === undefined ? undefined : await synthesise(prepared, name, diags, types)
  if (account === undefined || stacks === undefined) return undefined
  const opened: OpenEnvironment[] = []
  for (const stack of stacks) {
    const own = new Diagnostics()
    const settings = world.settingsFor(account, role)
    const loaded = loadSavedConfiguration(new Map([[synthesisedFile, stack.text]]), own)
    const state = own.hasErrors ? undefined : openState(loaded, settings, own)
    const variables = own.hasErrors ? undefined : collectVariables({ env: settings.environment, files: [], cli: [] }, loaded.config, own)
    const located = locating(stack, prepared)
    diags.addAll(located.locate(own.items))
    if (own.hasErrors || state === undefined || variables === undefined) continue
    const id = { environment: name, stack: stack.name }
    const protections = protectionsOfStack(stack.text)
    opened.push({
      id,
      name: stackIdText(id),
      account,
      role: account.roles[role],
      loaded,
      ...state,
      variables,
      stack,
      saved: undefined,
      protections,
      ...located,
    })
  }
  return opened.length === stacks.length ? opened : undefined
}

/** Opens a stack as its saved plan has it, whatever the sources say by now. */
export async function openSavedEnvironment(
  prepared: Prepared,
  id: StackId,
  world: World,
  diags: Diagnostics,
): Promise<OpenEnvironment | undefined> {
  const account = accountOf(prepared.organization, id.environment, diags)
  const saved = account === undefined ? undefined : await findPlan(prepared.project, id, prepared.organization, account, diags)
  if (account === undefined || saved === undefined) return undefined
  const settings = world.settingsFor(account, 'apply')
  const loaded = loadSavedConfiguration(saved.configFiles, diags)
  if (diags.hasErrors) return undefined
  const variables = collectVariables({ env: settings.environment, files: [], cli: [] }, loaded.config, diags)
  const state = openState(loaded, settings, diags)
  if (state === undefined) return undefined
  // Only to name things: a source that does not work any more is no reason not to apply what was planned.
  const stack = (await synthesise(prepared, id.environment, new Diagnostics()))?.find((s) => s.name === id.stack)
  const text = saved.configFiles.get(synthesisedFile)
  const protections = text === undefined ? [] : protectionsOfStack(text)
  return {
    id,
    name: stackIdText(id),
    account,
    role: account.roles.apply,
    loaded,
    ...state,
    variables,
    stack,
    saved,
    protections,
    ...locating(stack, prepared),
  }
}

function locating(stack: SynthesisedStack | undefined, prepared: Prepared): Pick<OpenEnvironment, 'locate' | 'sourceOf'> {
  if (stack === undefined) return { locate: (found) => found, sourceOf: () => undefined }
  let map: FrameMap | undefined
  return {
    locate: (found) => locateDiagnostics(found, stack, prepared),
    sourceOf(address) {
      const frames = stack.frames[address]
      if (frames === undefined) return undefined
      map ??= new FrameMap(prepared.project.root, prepared.bundle)
      const own = map.own(frames)
      // The line that somebody wrote for this environment says more than the one in the module.
      const frame = own.find((f) => f.path.startsWith('environments/')) ?? own[0]
      return frame === undefined ? undefined : { path: frame.path, line: frame.line }
    },
  }
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

import { Diagnostics } from '../diags/index.ts'
import {
  openProject,
  openStore,
  openWorld,
  type Prepared,
  prepareEnvironments,
  type StoreStack,
  settleStore,
  type World,
} from '../ops/index.ts'
import { applyOperation, planOperation } from '../workdir/index.ts'
import { changeState } from './_change-state.ts'
import { installLocked } from './_environment-plugins.ts'
import { adviseFor, modulesOf, printPlan, waitingFor } from './_environments.ts'
import { parseFlags } from './arguments/flags.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'
import { askForApproval } from './prompt.ts'
import { planHasChanges } from './views/plan-text.ts'
import type { View } from './views/view.ts'

/** Creates the store of the states, or brings it up to date. */
export async function envStateCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, { 'no-color': { kind: 'bool' } }, context.dialect)
  const view = makeView(context, { colour: parsed.given.length === 0, compactWarnings: false })
  if (parsed.diags.length > 0) return failUsage(view, parsed.diags, 'env state')
  const diags = new Diagnostics()
  const project = openProject(context.originalDir, diags)
  const prepared = project === undefined ? undefined : await prepareEnvironments(project, diags)
  const world =
    prepared === undefined
      ? undefined
      : await openWorld(prepared.project, prepared.organization, context.environment, context.originalDir, waitingFor(view), diags)
  view.diagnostics(diags.items)
  if (prepared === undefined || world === undefined) return 1
  try {
    return await settle(prepared, world, context, view)
  } finally {
    await world.close()
  }
}

async function settle(prepared: Prepared, world: World, context: CommandContext, view: View): Promise<number> {
  const { store } = prepared.organization
  const place = `s3://${store.bucket} in the account ${store.account.name} (${store.account.id})`
  if (world.target === 'sandbox') {
    view.print(`The sandbox has its store from the start: ${place}. There is nothing to do.\n`)
    return 0
  }
  const diags = new Diagnostics()
  const stack = await openStore(prepared, world, diags)
  if (stack !== undefined) await installLocked([stack], view, diags)
  if (stack === undefined || diags.hasErrors) {
    view.diagnostics(diags.items)
    return 1
  }
  view.print(
    `${view.palette.bold('state')}\n  target   ${view.palette.bold('AWS')}\n  store    ${place}\n  state    ${stack.manager.describe()}\n`,
  )
  const done = await bringAbout(stack, context, view, diags)
  if (done && !diags.hasErrors) await settleStore(stack, diags)
  view.diagnostics(adviseFor('state', stack.locate(diags.items)))
  if (!done || diags.hasErrors) return 1
  view.print(`\nThe states of all environments are kept in ${place}.\n`)
  return 0
}

/** Plans the stack of the store, asks and applies. */
async function bringAbout(stack: StoreStack, context: CommandContext, view: View, diags: Diagnostics): Promise<boolean> {
  const yes = context.environment.YES === '1'
  const options = { lockTimeoutMs: 0, parallelism: 10 }
  const done = await changeState(stack, options, view, diags, async (session, operation, _counts, onPersister) => {
    const request = { mode: 'normal', refresh: true, targets: [], forceReplace: [] } as const
    const { value, diags: found } = await planOperation(stack.loaded.config, session, stack.variables, request, operation)
    diags.addAll(found)
    if (value === undefined || diags.hasErrors) return false
    const { plan } = value
    await printPlan(plan, stack, modulesOf(plan, stack, view), view)
    if (!planHasChanges(plan)) return true
    if (!yes && !context.streams.inIsTerminal) {
      diags.error(
        'Nobody to ask',
        'Before anything is created somebody has to agree, and there is no terminal to ask at. Where it has been agreed already, say so:\n    YES=1 make state',
      )
      return false
    }
    const question = { question: 'Do you want to create this store on AWS?', explanation: ["Only 'yes' will be accepted to approve."] }
    if (!yes && (await askForApproval(question, view, operation.stop)) !== true) {
      diags.error('Cancelled', 'Nothing was changed: the answer was not "yes".')
      return false
    }
    view.print('\n')
    await applyOperation(stack.loaded.config, session, plan, stack.variables, operation, diags, onPersister)
    return !diags.hasErrors
  })
  return done === true
}

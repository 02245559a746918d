import { existsSync, writeFileSync } from 'node:fs'
import { Diagnostics } from '../diags/index.ts'
import { generatedFileText } from '../engine/index.ts'
import { devOverrideWarnings, runtimeConsequence } from '../workdir/dev-overrides.ts'
import { openStateManager, planOperation, savePlan, withStateSession } from '../workdir/index.ts'
import { failOperation, onLockWaiting, operationView, prepareOperation, schemasOfPlan } from './_operation.ts'
import { type PlanArguments, parsePlanArguments, stateFlagWarnings } from './arguments/operation.ts'
import type { CommandContext } from './context.ts'
import { withInterrupts } from './interrupts.ts'
import { fileProblem } from './views/file-problem.ts'
import { planHasChanges } from './views/plan-text.ts'

export async function planCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { value: args, diags: usage } = parsePlanArguments(argv, context.dialect)
  if (usage.length > 0) return failOperation(context, args.view, usage, 'plan')
  const { view, output } = operationView(context, args.view)
  output.diagnostics([...stateFlagWarnings(args.state, context.dialect), ...devOverrideWarnings(context.devOverrides, runtimeConsequence)])
  const diags = new Diagnostics()
  const generatedPath = args.generateConfigOut
  if (generatedPath !== undefined) checkGeneration(generatedPath, args, view.dialect, diags)
  if (diags.hasErrors) {
    output.diagnostics(diags.items)
    return 1
  }
  const prepared = await prepareOperation('Plan', args.operation, args.input, context, view, diags)
  if (prepared === undefined) {
    output.diagnostics(diags.items)
    return 1
  }
  const { settings, loaded, backend, variables, planSeal } = prepared
  const interrupts = { onFirst: () => output.interrupted(), onSecond: async () => output.interruptedAgain() }
  let changed = false
  let worthwhile = false
  let generated = false
  await withInterrupts(interrupts, (stop) => {
    const manager = openStateManager(backend, settings.workspace, args.state, settings.environment, settings.dataDir)
    const lock = { ...args.state, signal: stop, onWaiting: onLockWaiting(view, args.view.json) }
    return withStateSession(manager, 'OperationTypePlan', lock, diags, async (session) => {
      const operation = { settings, hooks: output.hooks(), parallelism: args.operation.parallelism, stop }
      const { value, diags: found } = await planOperation(
        loaded.config,
        session,
        variables,
        { ...args.operation, generateConfig: generatedPath === undefined ? undefined : { fileName: generatedPath } },
        operation,
      )
      diags.addAll(found)
      if (value === undefined) return
      const { plan } = value
      if (generatedPath !== undefined && value.generated.length > 0) {
        try {
          writeFileSync(generatedPath, generatedFileText(value.generated, view.dialect.product), { flag: 'wx' })
          generated = true
        } catch (error) {
          diags.error('Failed to save generated config', `The generated configuration could not be written: ${(error as Error).message}.`)
        }
        diags.warning(
          'Config generation is experimental',
          'Generating configuration during import is currently experimental, and the generated configuration format may change in future versions.',
        )
      }
      changed = planHasChanges(plan)
      worthwhile = changed && !diags.hasErrors
      if (args.outPath !== undefined) {
        try {
          await savePlan(args.outPath, plan, loaded, session.file, backend, settings, planSeal)
        } catch (error) {
          diags.error('Failed to write plan file', `The plan file could not be written: ${fileProblem('open', args.outPath, error)}.`)
          return
        }
      }
      output.plan(plan, loaded.config, await schemasOfPlan(plan, loaded.config, settings))
      if (context.dialect.isOwn && !args.view.json && existsSync('landform.json')) {
        const { listProtected } = await import('./_protection.ts')
        await listProtected(plan, context, view, diags)
      }
    })
  })
  output.diagnostics(diags.items)
  if (diags.hasErrors) return 1
  output.nextStep(args.outPath, worthwhile, generated ? generatedPath : undefined)
  return args.detailedExitCode && changed ? 2 : 0
}

function checkGeneration(path: string, { operation }: PlanArguments, { product }: CommandContext['dialect'], diags: Diagnostics): void {
  if (operation.mode !== 'normal') {
    diags.error(
      'Invalid generate-config-out flag',
      'Config can only be generated during a normal plan operation, and not during a refresh-only or destroy plan.',
    )
  } else if (existsSync(path)) {
    diags.error(
      'Target generated file already exists',
      `${product} can only write generated config into a new file. Either choose a different target location or move all existing configuration out of the target file, delete it and try again.`,
    )
  }
}

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Diagnostics } from '../diags/index.ts'
import type { Verdict } from '../ops/plan-set/manifest.ts'
import { Protections, readProtectionFile } from '../ops/protection.ts'
import type { Plan } from '../plans/index.ts'
import type { CommandContext } from './context.ts'
import { askForApproval } from './prompt.ts'
import { protectedText } from './views/environment-text.ts'
import type { View } from './views/view.ts'

export interface ProtectedOptions {
  /** Whether somebody has said yes to this one already. */
  readonly isAgreed: (verdict: Verdict) => Promise<boolean>
  /** There is a terminal with somebody at it, who has not said yes to everything beforehand. */
  readonly mayAsk: boolean
  /** What to run with flags that name addresses. */
  readonly command: (flags: string) => string
  /** How one agrees, before the command. */
  readonly remedy: string
}

/**
 * Lists protected changes, and sees to it that somebody has said yes to each.
 *
 * @returns their addresses; undefined with a diagnostic when one is not agreed to
 */
export async function agreeToProtected(
  verdicts: readonly Verdict[],
  { isAgreed, mayAsk, command, remedy }: ProtectedOptions,
  view: View,
  stop: AbortSignal,
  diags: Diagnostics,
): Promise<readonly string[] | undefined> {
  const missing: Verdict[] = []
  for (const verdict of verdicts) if (!(await isAgreed(verdict))) missing.push(verdict)
  if (missing.length > 0 && !mayAsk) {
    const flags = missing.map(({ address }) => ` -approve='${address.replaceAll("'", "'\\''")}'`).join('')
    diags.error(
      'Protected changes need approval',
      `Nothing was changed. These are protected and nobody has agreed to them:\n${missing.map(({ address, protection }) => `  - ${address}: ${protection.reason}`).join('\n')}\n\n${remedy}\n    ${command(flags)}`,
    )
    return undefined
  }
  for (const { address, protection } of missing) {
    const question = {
      question: `Do you really want this for ${address}?`,
      explanation: [`It is protected: ${protection.reason}.`, "Only 'yes' will be accepted to approve."],
    }
    if ((await askForApproval(question, view, stop)) !== true) {
      diags.error('Protected change not approved', `Nothing was changed: the answer for ${address} was not "yes".`)
      return undefined
    }
  }
  return verdicts.map(({ address }) => address)
}

/**
 * What `landform.json` of the current folder protects of a plan. Only under our own name: as `terraform`, Landform does what Terraform does.
 *
 * Since when each waits is remembered in the data folder, by address: it is told, and nothing depends on it.
 */
export async function protectedInFolder(plan: Plan, context: CommandContext, diags: Diagnostics): Promise<readonly Verdict[]> {
  const rules = context.dialect.isOwn ? readProtectionFile('.', diags) : []
  if (rules.length === 0) return []
  const { verdictsOf } = await import('./_report.ts')
  const path = join(context.environment.TF_DATA_DIR || '.terraform', 'protected.json')
  const waiting = readWaiting(path)
  const verdicts = verdictsOf(plan, new Protections(rules), waiting, new Date().toISOString().replace(/\.\d+Z$/, 'Z'))
  const text = JSON.stringify(Object.fromEntries(verdicts.map(({ address, since }) => [address, since])))
  if (text === JSON.stringify(waiting)) return verdicts
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } catch {
    // A folder that cannot be written to forgets.
  }
  return verdicts
}

function readWaiting(path: string): Readonly<Record<string, string>> {
  try {
    const kept = Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>)
    return Object.fromEntries(kept.filter((entry): entry is [string, string] => typeof entry[1] === 'string' && isTime(entry[1])))
  } catch {
    return {}
  }
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)
}

/** Lists what is protected of a plan, for whoever reads it. */
export async function listProtected(plan: Plan, context: CommandContext, view: View, diags: Diagnostics): Promise<void> {
  const verdicts = await protectedInFolder(plan, context, diags)
  if (verdicts.length > 0) view.print(protectedText(verdicts, new Date(), view.palette))
}

/** Lists what is protected and asks for it, in a folder of plain Terraform. @returns whether the plan may be applied */
export async function mayChangeFolder(
  plan: Plan,
  context: CommandContext,
  args: { readonly approve: readonly string[]; readonly autoApprove: boolean; readonly input: boolean; readonly json: boolean },
  command: (flags: string) => string,
  view: View,
  stop: AbortSignal,
  diags: Diagnostics,
): Promise<boolean> {
  const verdicts = await protectedInFolder(plan, context, diags)
  if (diags.hasErrors) return false
  if (verdicts.length === 0) return true
  if (!args.json) view.print(protectedText(verdicts, new Date(), view.palette))
  const options = {
    isAgreed: async ({ address }: Verdict) => args.approve.includes(address),
    mayAsk: context.streams.inIsTerminal && args.input && !args.autoApprove,
    command,
    remedy: 'Whoever may agree does so by naming them:',
  }
  return (await agreeToProtected(verdicts, options, view, stop, diags)) !== undefined
}

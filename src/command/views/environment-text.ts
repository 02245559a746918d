import type { ResourceChange } from '../../plans/index.ts'
import type { Dialect } from './dialect.ts'
import type { Palette } from './palette.ts'
import { countChanges, planSummary } from './plan-text.ts'

/** What stands at the head of all that is done to an environment. */
export interface EnvironmentHead {
  readonly name: string
  /** What is being done, such as `plan`. */
  readonly verb: string
  readonly target: 'sandbox' | 'aws'
  readonly account: string
  readonly region: string
  readonly role: string
  /** Name of the account from which the role is assumed. */
  readonly hub: string
  /** Where the state is. */
  readonly state: string
}

export function environmentHeadText(head: EnvironmentHead, palette: Palette): string {
  const { bold, yellow, cyan } = palette
  const target = head.target === 'sandbox' ? cyan('SANDBOX (no AWS account)') : yellow('AWS')
  return [
    `${bold(`${head.verb} ${head.name}`)}\n`,
    `  target   ${bold(target)}\n`,
    `  account  ${head.account}, ${head.region}\n`,
    `  role     ${head.role}, assumed from ${head.hub}\n`,
    `  state    ${head.state}\n`,
  ].join('')
}

/** `Modules: network 27, bastion 5`. Empty when nothing is counted. */
export function modulesText(modules: readonly (readonly [module: string, count: number])[], palette: Palette): string {
  if (modules.length === 0) return ''
  return `${palette.bold('Modules:')} ${modules.map(([name, count]) => `${name} ${count}`).join(', ')}\n`
}

/** Puts the count per module before the sentence that sums the plan up. */
export function withModules(
  planText: string,
  changes: readonly ResourceChange[],
  modules: string,
  dialect: Dialect,
  palette: Palette,
): string {
  const summary = planSummary(countChanges(changes), dialect).replace(/^Plan:/, palette.bold('Plan:'))
  const at = planText.lastIndexOf(`\n${summary}`)
  return at < 0 || modules === '' ? planText : `${planText.slice(0, at + 1)}${modules}${planText.slice(at + 1)}`
}

/** `1.2 s, 24 AWS calls`. */
export function effortText(seconds: number, awsCalls: number): string {
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s, ${awsCalls} AWS call${awsCalls === 1 ? '' : 's'}`
}

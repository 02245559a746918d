import type { Organization } from '../organization.ts'
import type { Detection } from '../watching.ts'
import { sumOf } from './budget.ts'

/** Something that a team chooses in `environments/accounts.ts`, and what AWS asks for it. */
export interface Choice {
  readonly name: keyof Detection | 'budget'
  readonly isOn: boolean
  /** By AWS's price lists for us-east-1. */
  readonly price: string
}

const prices: Readonly<Record<keyof Detection, string>> = {
  trail: 'nothing for the first trail; $0.023 a month for each GB of logs in S3',
  accessAnalyzer: 'nothing: it looks at what is open to others, not at what is unused',
  config: '$0.003 for each change that is recorded',
  guardDuty: '$4.00 for a million calls, $1.00 for a GB of network and DNS logs; the first 30 days nothing',
  securityHub: '$0.0010 for each check; the first 30 days nothing',
}

/** What is chosen for an account, by name. */
export function choicesOf({ detection, budget }: Organization, account: string): readonly Choice[] {
  const names = Object.keys(prices) as (keyof Detection)[]
  return [
    ...names.map((name) => ({ name, isOn: detection[name] !== false, price: prices[name] })),
    {
      name: 'budget',
      isOn: budget !== undefined,
      price: budget === undefined ? 'nothing' : `nothing; somebody is told at $${sumOf(budget, account)} a month`,
    },
  ]
}

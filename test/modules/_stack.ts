import { App } from 'cdktf'
import { type Account, Environment } from '../../modules/environment/index.ts'
import { Network } from '../../modules/network/index.ts'

export const account: Account = {
  name: 'stage',
  id: '333344445555',
  email: 'aws+stage@example.com',
  region: 'us-east-1',
  domain: 'stage.example.com',
  roles: { plan: 'landform-plan', apply: 'landform-apply' },
}

/** An environment to put modules into. */
export function testEnvironment(): Environment {
  return new Environment(new App(), {
    account,
    backend: { bucket: 'states', key: 'stage' },
    alerts: { warning: '@slack-ops', critical: '@pagerduty-ops' },
    assumeRole: false,
  })
}

export function testNetwork(env: Environment): Network {
  return new Network(env, 'network', { cidr: '10.30.0.0/16' })
}

type Block = Record<string, unknown>
interface Json {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Block>>>>
  readonly data?: Readonly<Record<string, Readonly<Record<string, Block>>>>
}

/** Managed resources of a stack by address, as synthesised. */
export function blocks(env: Environment): ReadonlyMap<string, Block> {
  const found = new Map<string, Block>()
  const { resource = {} } = env.toTerraform() as Json
  for (const [type, byName] of Object.entries(resource))
    for (const [name, block] of Object.entries(byName)) found.set(`${type}.${name}`, block)
  return found
}

/** How many there are of each type. */
export function countTypes(addresses: Iterable<string>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const address of [...addresses].sort()) {
    const type = address.split('.')[0]!
    counts[type] = (counts[type] ?? 0) + 1
  }
  return counts
}

import type { App, TerraformStack } from 'cdktf'
import { Environment } from '../modules/environment/index.ts'
import { EnvironmentRoles, environmentRoleArn, roleNames } from '../modules/environment-roles/index.ts'
import { People } from '../modules/people/index.ts'
import { PrivateBucket } from '../modules/private-bucket/index.ts'
import { backendOf } from '../state/index.ts'
import { hub, ops, prod, stage } from './accounts.ts'

/** `stage-admin` and so on: each role of each environment can be granted by itself. */
const groups = Object.fromEntries(
  [ops, stage, prod].flatMap(({ name, id }) => roleNames.map((role) => [`${name}-${role}`, [environmentRoleArn(id, role)]])),
)

export default (app: App): TerraformStack[] => {
  const env = new Environment(app, { account: ops, backend: backendOf(ops) })
  new EnvironmentRoles(env, 'roles', { trustedAccountId: hub.id })
  new People(env, 'people', {
    groups,
    people: {
      alice: ['ops-admin', 'stage-admin', 'prod-admin'],
      // Since the day a load balancer of prod was deleted.
      bob: ['ops-readonly'],
    },
  })
  new PrivateBucket(env, 'audit', { bucket: 'example-ops-audit' })
  return [env]
}

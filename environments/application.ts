import type { App, TerraformStack } from 'cdktf'
import { Bastion } from '../modules/bastion/index.ts'
import { EcsCluster } from '../modules/ecs-cluster/index.ts'
import { EcsService } from '../modules/ecs-service/index.ts'
import { type Account, Environment } from '../modules/environment/index.ts'
import { EnvironmentRoles, environmentRoleArn } from '../modules/environment-roles/index.ts'
import { Network } from '../modules/network/index.ts'
import { People } from '../modules/people/index.ts'
import { PrivateBucket } from '../modules/private-bucket/index.ts'
import { StateStore } from '../modules/state-store/index.ts'
import { backendOf } from '../state/index.ts'
import { hub } from './accounts.ts'

/** In what stage and prod differ: numbers alone. */
export interface Sizes {
  /** Addresses of the VPC; no two environments share any. */
  readonly cidr: string
  readonly zones: number
  readonly nat: 'single' | 'per-zone'
  readonly cluster: { readonly instanceType: string; readonly min: number; readonly max: number }
  readonly api: { readonly desired: number }
  readonly web: { readonly desired: number }
  /** How long load balancers let requests finish. */
  readonly drainingSeconds: number
  /** How long logs are kept. */
  readonly logDays: number
}

/** Networks of the offices, from which bastions are reached. */
const offices = ['198.51.100.0/24']

/** All that runs in an environment of the application. */
export function application(app: App, account: Account, sizes: Sizes): TerraformStack[] {
  const env = new Environment(app, {
    account,
    backend: backendOf(account),
    alerts: { warning: '@slack-ops', critical: '@pagerduty-ops' },
  })
  const { drainingSeconds, logDays } = sizes
  new EnvironmentRoles(env, 'roles', { trustedAccountId: hub.id, ownUsers: true })
  // The way in when ops cannot be reached: its password and MFA device lie in a safe.
  new People(env, 'people', {
    groups: { emergency: [environmentRoleArn(account.id, 'admin')] },
    people: { emergency: ['emergency'] },
  })
  // For what teams keep in folders of their own; it goes when the environment goes, unless a state is left in it.
  new StateStore(env, 'team-states', {
    bucket: `example-${account.name}-team-states`,
    role: 'team-states',
    trustedAccountId: hub.id,
    preventDestroy: false,
  })
  const network = new Network(env, 'network', { cidr: sizes.cidr, zones: sizes.zones, nat: sizes.nat })
  const bastion = new Bastion(env, 'bastion', { network, allowedCidrs: offices })
  const cluster = new EcsCluster(env, 'cluster', { network, bastion, ...sizes.cluster })
  const uploads = new PrivateBucket(env, 'uploads', { bucket: `example-${account.name}-uploads` })

  const api = new EcsService(env, 'api', {
    cluster,
    image: 'example/api:41',
    port: 8080,
    healthCheck: '/health',
    desired: sizes.api.desired,
    drainingSeconds,
    logDays,
    policy: [{ actions: ['s3:GetObject', 's3:PutObject'], resources: [`${uploads.arn}/*`] }],
  })
  new EcsService(env, 'web', {
    cluster,
    image: 'example/web:17',
    port: 3000,
    healthCheck: '/',
    desired: sizes.web.desired,
    drainingSeconds,
    logDays,
    public: true,
    environment: { API_URL: api.url },
  })
  return [env]
}

import { absResourceInstanceToString } from '../addrs/index.ts'
import { collectVariables } from '../config/index.ts'
import { type Diagnosed, Diagnostics } from '../diags/index.ts'
import type { Action, Plan } from '../plans/index.ts'
import { MemoryStateManager } from '../statemgr/index.ts'
import { type Environment, loadSavedConfiguration, planOperation, readSettings, terraformVersion } from '../workdir/index.ts'
import { valueToPlain } from './_plain-value.ts'
import { synthesisedFile } from './locate.ts'

/** What is used of a stack of cdktf, or of a fork of it. */
export interface StackLike {
  readonly node: { readonly id: string }
  toTerraform(): object
}

export interface PlanStackOptions {
  /** Variables by which providers find credentials and endpoints: for a sandbox its `AWS_ENDPOINT_URL` and an access key. Default: none. */
  readonly environment?: Environment
  /** Providers that are served by the built-in ones. Default: all there are. */
  readonly builtin?: readonly string[]
}

/** A resource that a plan would change. */
export interface PlannedResource {
  readonly address: string
  /** Path of its construct below the stack, such as `api/load-balancer/elb`. */
  readonly construct: string
  readonly type: string
  readonly action: Action
  /** Its attributes after the change: what is known only after apply is undefined, what is sensitive is not shown. */
  readonly values: Readonly<Record<string, unknown>>
}

export interface StackPlan {
  readonly plan: Plan
  /** Managed resources that change, by address. */
  readonly resources: readonly PlannedResource[]
}

/**
 * Plans a stack as if nothing existed yet, in this process: for tests of modules. Data sources are read with the credentials of `environment`.
 *
 * @returns what was planned; with errors what was planned until then, and nothing at all when the configuration is not valid.
 */
export async function planStack(stack: StackLike, options: PlanStackOptions = {}): Promise<Diagnosed<StackPlan | undefined>> {
  const json = stack.toTerraform()
  const diags = new Diagnostics()
  const { config } = loadSavedConfiguration(new Map([[synthesisedFile, JSON.stringify(json, undefined, 2)]]), diags)
  if (diags.hasErrors) return { value: undefined, diags: diags.items }
  const environment = options.environment ?? {}
  const base = readSettings(environment, process.cwd())
  const builtin = new Set(options.builtin ?? ['aws', 'datadog'])
  const settings = { ...base, workspace: 'default', providers: { ...base.providers, builtin, environment } }
  const variables = collectVariables({ env: environment, files: [], cli: [] }, config, diags)
  const { value, diags: found } = await planOperation(
    config,
    { manager: new MemoryStateManager(terraformVersion), file: undefined },
    variables,
    { mode: 'normal', refresh: true, targets: [], forceReplace: [] },
    { settings, hooks: {}, parallelism: 10, stop: new AbortController().signal },
  )
  diags.add(...found)
  if (value === undefined) return { value: undefined, diags: diags.items }
  const paths = constructPaths(json, stack.node.id)
  const resources = value.plan.changes
    .filter((change) => change.address.resource.mode === 'managed' && change.action !== 'noop')
    .map((change): PlannedResource => {
      const address = absResourceInstanceToString(change.address)
      const { type } = change.address.resource
      const values = valueToPlain(change.after) as Record<string, unknown>
      return { address, construct: paths.get(address.replace(/\[.*$/, '')) ?? '', type, action: change.action, values }
    })
  return { value: { plan: value.plan, resources }, diags: diags.items }
}

function constructPaths(json: object, stack: string): ReadonlyMap<string, string> {
  const { resource = {} } = json as { resource?: Record<string, Record<string, { '//'?: { metadata?: { path?: string } } }>> }
  const paths = new Map<string, string>()
  for (const [type, byName] of Object.entries(resource)) {
    for (const [name, block] of Object.entries(byName))
      paths.set(`${type}.${name}`, block['//']?.metadata?.path?.slice(stack.length + 1) ?? '')
  }
  return paths
}

/** Four stacks in two environments, each of which reads the one before it. */

/** Three stacks, by references of cdktf. */
export const fourStacksOps = `import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js'
import { Subnet } from '@cdktf/provider-aws/lib/subnet/index.js'
import { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js'
import { type App, TerraformOutput, type TerraformStack } from 'cdktf'
import { Environment } from '../modules/environment/index.ts'
import { protect } from '../modules/protect/index.ts'
import { backendOf } from '../state/index.ts'
import { ops } from './accounts.ts'

const owner = 'one'

export default (app: App): TerraformStack[] => {
  const network = new Environment(app, { account: ops, stack: 'network', backend: backendOf(ops, 'network') })
  const vpc = new Vpc(network, 'vpc', { cidrBlock: '10.1.0.0/16', tags: { Owner: owner } })
  const cluster = new Environment(app, { account: ops, stack: 'cluster', backend: backendOf(ops, 'cluster') })
  const subnet = new Subnet(cluster, 'subnet', { vpcId: vpc.id, cidrBlock: '10.1.1.0/24', tags: { Owner: owner } })
  protect(subnet, { on: 'replace', reason: 'people work in it', approvers: ['@acme/network'] })
  const service = new Environment(app, { account: ops, stack: 'service', backend: backendOf(ops, 'service') })
  const group = new SecurityGroup(service, 'group', { name: 'api', vpcId: vpc.id, tags: { Subnet: subnet.id } })
  new TerraformOutput(service, 'group-id', { value: group.id })
  new TerraformOutput(service, 'owner', { value: owner })
  return [service, cluster, network]
}
`

/** One, by the state of another environment. */
export const fourStacksStage = `import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js'
import { type App, DataTerraformRemoteStateS3, type TerraformStack } from 'cdktf'
import { Environment } from '../modules/environment/index.ts'
import { backendOf } from '../state/index.ts'
import { ops, stage } from './accounts.ts'

export default (app: App): TerraformStack[] => {
  const env = new Environment(app, { account: stage, backend: backendOf(stage) })
  const service = new DataTerraformRemoteStateS3(env, 'service', backendOf(ops, 'service'))
  new CloudwatchLogGroup(env, 'group', { name: '/shop/group', tags: { Value: service.getString('group_id') } })
  new CloudwatchLogGroup(env, 'owner', { name: '/shop/owner', tags: { Value: service.getString('owner') } })
  return [env]
}
`

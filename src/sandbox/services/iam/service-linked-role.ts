import { randomUUID } from 'node:crypto'
import type * as Iam from '@aws-sdk/client-iam'
import type { Call } from '../../kernel/call.ts'
import type { Row } from '../../kernel/store.ts'
import { invalidInput, noSuchEntity } from './_errors.ts'
import { keyOf } from './_names.ts'
import { createRole, describeRole } from './role.ts'
import { iamScope, type RoleRow, rows } from './rows.ts'

interface LinkedService {
  readonly role: string
  readonly policy?: string
  /** Takes a suffix, so that an account can have several. */
  readonly suffix?: boolean
}

const services: Readonly<Record<string, LinkedService>> = {
  'access-analyzer.amazonaws.com': { role: 'AWSServiceRoleForAccessAnalyzer' },
  'autoscaling.amazonaws.com': { role: 'AWSServiceRoleForAutoScaling', policy: 'AutoScalingServiceRolePolicy', suffix: true },
  'cloudtrail.amazonaws.com': { role: 'AWSServiceRoleForCloudTrail' },
  'config.amazonaws.com': { role: 'AWSServiceRoleForConfig' },
  'ecs.amazonaws.com': { role: 'AWSServiceRoleForECS', policy: 'AmazonECSServiceRolePolicy' },
  'ecs.application-autoscaling.amazonaws.com': {
    role: 'AWSServiceRoleForApplicationAutoScaling_ECSService',
    policy: 'AWSApplicationAutoscalingECSServicePolicy',
  },
  'elasticache.amazonaws.com': { role: 'AWSServiceRoleForElastiCache' },
  'elasticloadbalancing.amazonaws.com': {
    role: 'AWSServiceRoleForElasticLoadBalancing',
    policy: 'AWSElasticLoadBalancingServiceRolePolicy',
  },
  'guardduty.amazonaws.com': { role: 'AWSServiceRoleForAmazonGuardDuty' },
  'organizations.amazonaws.com': { role: 'AWSServiceRoleForOrganizations', policy: 'AWSOrganizationsServiceTrustPolicy' },
  'rds.amazonaws.com': { role: 'AWSServiceRoleForRDS' },
  'securityhub.amazonaws.com': { role: 'AWSServiceRoleForSecurityHub' },
  'spot.amazonaws.com': { role: 'AWSServiceRoleForEC2Spot' },
  'ssm.amazonaws.com': { role: 'AWSServiceRoleForAmazonSSM', policy: 'AWSServiceRoleForAmazonSSM' },
}

interface DeletionRow extends Row {
  readonly role: string
}

/**
 * The role of a service in an account, made when it is not there yet: services do so at their first use.
 *
 * @returns undefined for a service that has none
 */
export function ensureServiceLinkedRole(call: Call, service: string): RoleRow | undefined {
  const linked = Object.hasOwn(services, service) ? services[service] : undefined
  if (linked === undefined) return undefined
  const iam = call.inService('iam')
  return rows(iam, 'roles').get(keyOf(linked.role)) ?? link(iam, service, linked, linked.role)
}

function link(call: Call, service: string, linked: LinkedService, name: string, description?: string): RoleRow {
  const row = createRole(call, {
    RoleName: name,
    Path: `/aws-service-role/${service}/`,
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
    }),
    Description: description,
  })
  const attached = linked.policy === undefined ? [] : [`arn:aws:iam::aws:policy/aws-service-role/${linked.policy}`]
  return rows(call, 'roles').patch(row.id, { attached })
}

export const serviceLinkedRoleOperations = {
  CreateServiceLinkedRole(input: Iam.CreateServiceLinkedRoleRequest, call: Call): Iam.CreateServiceLinkedRoleResponse {
    const service = input.AWSServiceName!
    if (!/^[\w.-]+\.amazonaws\.com$/.test(service)) throw invalidInput(`Service principal: ${service} is not a valid service principal.`)
    const linked = services[service]
    if (linked === undefined)
      throw invalidInput(`Service role for ${service} cannot be created in the sandbox: it is not known to have one.`)
    if (input.CustomSuffix !== undefined && linked.suffix !== true) throw invalidInput(`Custom suffix is not allowed for ${service}`)
    const name = input.CustomSuffix === undefined ? linked.role : `${linked.role}_${input.CustomSuffix}`
    if (rows(call, 'roles').get(keyOf(name)) !== undefined)
      throw invalidInput(`Service role name ${name} has been taken in this account, please try a different suffix.`)
    return { Role: describeRole(link(call, service, linked, name, input.Description)) }
  },

  /** The sandbox does not ask the service whether it still needs the role. */
  DeleteServiceLinkedRole(input: Iam.DeleteServiceLinkedRoleRequest, call: Call): Iam.DeleteServiceLinkedRoleResponse {
    const row = rows(call, 'roles').get(keyOf(input.RoleName!))
    if (row === undefined || !row.path.startsWith('/aws-service-role/'))
      throw noSuchEntity(`The role with name ${input.RoleName} cannot be found.`)
    rows(call, 'roles').delete(row.id)
    const id = `task${row.path}${row.name}/${randomUUID()}`
    iamScope(call).table<DeletionRow>('deletions').put({ id, role: row.arn })
    return { DeletionTaskId: id }
  },

  GetServiceLinkedRoleDeletionStatus(
    input: Iam.GetServiceLinkedRoleDeletionStatusRequest,
    call: Call,
  ): Iam.GetServiceLinkedRoleDeletionStatusResponse {
    if (iamScope(call).table<DeletionRow>('deletions').get(input.DeletionTaskId!) === undefined)
      throw noSuchEntity(`The deletion task ${input.DeletionTaskId} cannot be found.`)
    return { Status: 'SUCCEEDED' }
  },
}

import type * as Ecs from '@aws-sdk/client-ecs'
import type { Call } from '../../kernel/call.ts'
import { pageOf } from '../../kernel/paging.ts'
import { clientError, ecsArn, invalidParameter, lastPart, namePattern } from './_names.ts'
import { type CapacityProviderRow, capacityProviders, clusters } from './_rows.ts'
import { dropTags, setTags, tagsOf } from './tags.ts'

const amazons = ['FARGATE', 'FARGATE_SPOT']

/** Providers are kept and shown; the sandbox does not scale groups by them. */
export const capacityProviderOperations = {
  CreateCapacityProvider(input: Ecs.CreateCapacityProviderRequest, call: Call): Ecs.CreateCapacityProviderResponse {
    const name = input.name!
    if (!namePattern.test(name) || /^(aws|ecs|fargate)/i.test(name))
      throw invalidParameter(`The capacity provider name '${name}' is not valid.`)
    if (capacityProviders(call).get(name)?.status === 'ACTIVE')
      throw clientError(
        'The specified capacity provider already exists. To change the configuration of an existing capacity provider, update the capacity provider.',
      )
    const { autoScalingGroupProvider: group } = input
    if (group === undefined) throw invalidParameter('An Auto Scaling group must be specified.')
    const managed = {
      status: 'DISABLED',
      targetCapacity: 100,
      minimumScalingStepSize: 1,
      maximumScalingStepSize: 10_000,
      instanceWarmupPeriod: 300,
    } as const
    const row = capacityProviders(call).put({
      id: name,
      status: 'ACTIVE',
      group: {
        managedTerminationProtection: 'DISABLED',
        managedDraining: 'ENABLED',
        ...group,
        managedScaling: { ...managed, ...group.managedScaling },
      },
    })
    setTags(call, providerArn(call, name), input.tags ?? [])
    return { capacityProvider: describe(row, call) }
  },

  DescribeCapacityProviders(input: Ecs.DescribeCapacityProvidersRequest, call: Call): Ecs.DescribeCapacityProvidersResponse {
    const names = input.capacityProviders?.map(lastPart)
    const own = [...capacityProviders(call).values()].filter((row) => names === undefined || names.includes(row.id))
    const shared = amazons
      .filter((name) => names === undefined || names.includes(name))
      .map(
        (name): Ecs.CapacityProvider => ({
          name,
          capacityProviderArn: ecsArn(call, `capacity-provider/${name}`),
          status: 'ACTIVE',
          tags: [],
        }),
      )
    const all = [...own.map((row) => describe(row, call)), ...shared]
    const page = pageOf(call, all, input.nextToken, input.maxResults ?? 10, 'InvalidParameterException')
    const missing = (names ?? []).filter((name) => !all.some((one) => one.name === name))
    return {
      capacityProviders: [...page.items],
      failures: missing.map((name) => ({ arn: ecsArn(call, `capacity-provider/${name}`), reason: 'MISSING' })),
      nextToken: page.nextToken,
    }
  },

  UpdateCapacityProvider(input: Ecs.UpdateCapacityProviderRequest, call: Call): Ecs.UpdateCapacityProviderResponse {
    const row = find(call, input.name!)
    const { autoScalingGroupProvider: given } = input
    const managedScaling = { ...row.group.managedScaling, ...given?.managedScaling }
    return {
      capacityProvider: describe(capacityProviders(call).patch(row.id, { group: { ...row.group, ...given, managedScaling } }), call),
    }
  },

  DeleteCapacityProvider(input: Ecs.DeleteCapacityProviderRequest, call: Call): Ecs.DeleteCapacityProviderResponse {
    const row = find(call, lastPart(input.capacityProvider!))
    if ([...clusters(call).values()].some((cluster) => cluster.capacityProviders.includes(row.id)))
      throw invalidParameter(
        'The specified capacity provider is in use and cannot be removed. Remove it from the clusters that use it and try again.',
      )
    const gone = capacityProviders(call).patch(row.id, { status: 'INACTIVE' })
    dropTags(call, providerArn(call, row.id))
    return { capacityProvider: describe(gone, call) }
  },
}

function providerArn(call: Call, name: string): string {
  return ecsArn(call, `capacity-provider/${name}`)
}

function find(call: Call, name: string): CapacityProviderRow {
  const row = capacityProviders(call).get(name)
  if (row?.status !== 'ACTIVE')
    throw clientError('The specified capacity provider does not exist. Specify a valid name or ARN and try again.')
  return row
}

function describe(row: CapacityProviderRow, call: Call): Ecs.CapacityProvider {
  return {
    name: row.id,
    capacityProviderArn: providerArn(call, row.id),
    status: row.status,
    autoScalingGroupProvider: row.group,
    updateStatus: row.status === 'INACTIVE' ? 'DELETE_COMPLETE' : undefined,
    tags: [...tagsOf(call, providerArn(call, row.id))],
  }
}

import { isAwsError } from '../../../aws/index.ts'

/** Something was made a moment ago and is not known everywhere yet: for this long such answers are no errors. */
export const propagationMs = 5 * 60_000

/** An id that an earlier call gave is refused as unknown. */
export function isUnknownId(error: unknown): boolean {
  return isAwsError(
    error,
    'InvalidVpcID.NotFound',
    'InvalidSubnetID.NotFound',
    'InvalidGroup.NotFound',
    'InvalidInternetGatewayID.NotFound',
    'InvalidRouteTableID.NotFound',
    'InvalidAllocationID.NotFound',
    'InvalidInstanceID.NotFound',
    'NatGatewayNotFound',
    'InvalidNatGatewayID.NotFound',
  )
}

/** Something else still uses what is to be deleted, perhaps because its own deletion is on the way. */
export function isInUse(error: unknown): boolean {
  return isAwsError(error, 'DependencyViolation', 'InvalidGroup.InUse', 'InvalidIPAddress.InUse', 'ResourceInUse')
}

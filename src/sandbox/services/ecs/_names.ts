import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'

export function clientError(message: string): AwsError {
  return new AwsError('ClientException', message)
}

export function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterException', message)
}

/** The ARN of an object of this account, such as `service/main/api`. */
export function ecsArn(call: Call, resource: string): string {
  return call.inService('ecs').arn(resource)
}

/** What follows the last slash: names are given alone or as the end of an ARN. */
export function lastPart(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1)
}

/** 32 hexadecimal digits, as tasks and container instances have. */
export function newHexId(call: Call): string {
  return call.inService('ecs').newBytes().toString('hex').slice(0, 32)
}

export function newUuid(call: Call): string {
  const hex = newHexId(call)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}

export function newDeploymentId(call: Call): string {
  const digits = call.inService('ecs').newBytes().readBigUInt64BE(0).toString().padStart(19, '1').slice(0, 19)
  return `ecs-svc/${digits}`
}

/** Names of clusters, services and families. */
export const namePattern = /^[a-zA-Z0-9_-]{1,255}$/

import type * as GuardDuty from '@aws-sdk/client-guardduty'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import type { Row, Scope } from '../../kernel/store.ts'
import { ensureServiceLinkedRole } from '../iam/service-linked-role.ts'

interface DetectorRow extends Row {
  readonly created: Date
  readonly isEnabled: boolean
  readonly frequency: GuardDuty.FindingPublishingFrequency
  readonly tags: Readonly<Record<string, string>>
}

export function detectors(scope: Scope) {
  return scope.table<DetectorRow>('detectors')
}

export function badRequest(why: string): AwsError {
  return new AwsError('BadRequestException', `The request is rejected because ${why}`, 400, { __type: 'InvalidInputException' })
}

/** @throws AwsError when the account has no such detector in the region */
export function findDetector(call: Call, id: string | undefined): DetectorRow {
  const row = detectors(call.scope).get(id ?? '')
  if (row === undefined) throw badRequest('the input detectorId is not owned by the current account.')
  return row
}

/** The detector of an account, made where it has none. */
export function ensureDetector(call: Call, scope: Scope): void {
  if (detectors(scope).size > 0) return
  const id = call.newBytes().toString('hex').slice(0, 32)
  detectors(scope).put({ id, created: call.now, isEnabled: true, frequency: 'SIX_HOURS', tags: {} })
}

export const detectorOperations = {
  CreateDetector(input: GuardDuty.CreateDetectorRequest, call: Call): GuardDuty.CreateDetectorResponse {
    if (detectors(call.scope).size > 0) throw badRequest('a detector already exists for the current account.')
    ensureServiceLinkedRole(call, 'guardduty.amazonaws.com')
    const id = call.newBytes().toString('hex').slice(0, 32)
    const { Enable: isEnabled = false, FindingPublishingFrequency: frequency = 'SIX_HOURS', Tags: tags = {} } = input
    detectors(call.scope).put({ id, created: call.now, isEnabled, frequency, tags })
    return { DetectorId: id }
  },

  ListDetectors(input: GuardDuty.ListDetectorsRequest, call: Call): GuardDuty.ListDetectorsResponse {
    const all = [...detectors(call.scope).values()].map(({ id }) => id)
    const { items, nextToken } = pageOf(call, all, input.NextToken, input.MaxResults ?? 50, 'BadRequestException')
    return { DetectorIds: [...items], NextToken: nextToken }
  },

  GetDetector(input: GuardDuty.GetDetectorRequest, call: Call): GuardDuty.GetDetectorResponse {
    const { created, isEnabled, frequency, tags } = findDetector(call, input.DetectorId)
    return {
      CreatedAt: created.toISOString(),
      FindingPublishingFrequency: frequency,
      ServiceRole: `arn:aws:iam::${call.account}:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty`,
      Status: isEnabled ? 'ENABLED' : 'DISABLED',
      Tags: { ...tags },
    }
  },

  DeleteDetector(input: GuardDuty.DeleteDetectorRequest, call: Call): object {
    detectors(call.scope).delete(findDetector(call, input.DetectorId).id)
    return {}
  },
}

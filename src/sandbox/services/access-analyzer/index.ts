import type * as AccessAnalyzer from '@aws-sdk/client-accessanalyzer'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { restRefusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import type { Row } from '../../kernel/store.ts'
import { restJson, sdkModel } from '../../protocols/index.ts'
import { ensureServiceLinkedRole } from '../iam/service-linked-role.ts'
import { delegatesOf, tryOrganization } from '../organizations/delegation.ts'

/** An analyzer; its id is its name. */
interface AnalyzerRow extends Row {
  readonly type: AccessAnalyzer.Type
  readonly status: AccessAnalyzer.AnalyzerStatus
  readonly created: Date
  readonly tags: Readonly<Record<string, string>>
}

/** How long it takes until an analyzer is at work, in seconds. */
const activeSeconds = 15

function analyzers(call: Call) {
  return call.scope.table<AnalyzerRow>('analyzers')
}

function described(call: Call, { id, type, status, created, tags }: AnalyzerRow): AccessAnalyzer.AnalyzerSummary {
  return { arn: call.arn(`analyzer/${id}`), name: id, type, status, createdAt: created, tags: { ...tags } }
}

function findAnalyzer(call: Call, name: string | undefined): AnalyzerRow {
  const row = analyzers(call).get(name ?? '')
  if (row === undefined)
    throw new AwsError('ResourceNotFoundException', `Analyzer ${name} not found.`, 404, {
      resourceId: name ?? '',
      resourceType: 'Analyzer',
    })
  return row
}

/** Analyzers of an organization are for its management account and the account that administers the service. */
function checkOrganization(call: Call): void {
  const organization = tryOrganization(call)
  const isDelegate = organization !== undefined && delegatesOf(organization, 'access-analyzer.amazonaws.com').includes(call.account)
  if (organization === undefined || (organization.id !== call.account && !isDelegate))
    throw new AwsError(
      'ValidationException',
      'You must be the management account or a delegated administrator to create an organization analyzer.',
      400,
      {
        reason: 'other',
      },
    )
}

const operations = {
  CreateAnalyzer(input: AccessAnalyzer.CreateAnalyzerRequest, call: Call): AccessAnalyzer.CreateAnalyzerResponse {
    const name = input.analyzerName!
    const type = input.type!
    if (!/^[A-Za-z][\w.-]{0,254}$/.test(name))
      throw new AwsError('ValidationException', `Invalid analyzer name: ${name}`, 400, { reason: 'fieldValidationFailed' })
    if (type.startsWith('ORGANIZATION')) checkOrganization(call)
    if (analyzers(call).get(name) !== undefined)
      throw new AwsError('ConflictException', `Analyzer ${name} already exists.`, 409, { resourceId: name, resourceType: 'Analyzer' })
    // One of each kind in a region.
    if ([...analyzers(call).values()].some((row) => row.type === type))
      throw new AwsError('ServiceQuotaExceededException', `You have reached the maximum number of analyzers of the type ${type}.`, 402, {
        resourceId: name,
        resourceType: 'Analyzer',
      })
    ensureServiceLinkedRole(call, 'access-analyzer.amazonaws.com')
    const row = analyzers(call).put({ id: name, type, status: 'CREATING', created: call.now, tags: input.tags ?? {} })
    call.later(activeSeconds, 'active', name)
    return { arn: described(call, row).arn }
  },

  GetAnalyzer: (input: AccessAnalyzer.GetAnalyzerRequest, call: Call): AccessAnalyzer.GetAnalyzerResponse => ({
    analyzer: described(call, findAnalyzer(call, input.analyzerName)),
  }),

  ListAnalyzers(input: AccessAnalyzer.ListAnalyzersRequest, call: Call): AccessAnalyzer.ListAnalyzersResponse {
    const all = [...analyzers(call).values()].filter(({ type }) => input.type === undefined || input.type === type)
    const { items, nextToken } = pageOf(call, all, input.nextToken, input.maxResults, 'ValidationException')
    return { analyzers: items.map((row) => described(call, row)), nextToken }
  },

  DeleteAnalyzer(input: AccessAnalyzer.DeleteAnalyzerRequest, call: Call): object {
    analyzers(call).delete(findAnalyzer(call, input.analyzerName).id)
    return {}
  },
}

const events = {
  active(name: string, call: Call): void {
    if (analyzers(call).get(name) !== undefined) analyzers(call).patch(name, { status: 'ACTIVE' })
  },
}

/** IAM Access Analyzer: analyzers of a region. Nothing is found. */
export const accessAnalyzer: Service = {
  name: 'access-analyzer',
  protocol: restJson,
  facts: { version: '2019-11-01' },
  model: async () => sdkModel(await import('@aws-sdk/client-accessanalyzer')),
  operations,
  events,
  refusals: restRefusals,
}

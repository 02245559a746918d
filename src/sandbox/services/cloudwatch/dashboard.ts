import type * as CloudWatch from '@aws-sdk/client-cloudwatch'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { dashboards } from './_rows.ts'

export const dashboardOperations = {
  PutDashboard(input: CloudWatch.PutDashboardInput, call: Call): CloudWatch.PutDashboardOutput {
    const name = input.DashboardName!
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(name))
      throw invalid(
        `The value ${name} for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).`,
      )
    let body: unknown
    try {
      body = JSON.parse(input.DashboardBody!)
    } catch {
      throw invalid('The field DashboardBody must be a valid JSON object')
    }
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw invalid('The field DashboardBody must be a valid JSON object')
    dashboards(call).put({ id: name, body: input.DashboardBody!, modified: call.now })
    return { DashboardValidationMessages: [] }
  },

  GetDashboard(input: CloudWatch.GetDashboardInput, call: Call): CloudWatch.GetDashboardOutput {
    const row = dashboards(call).get(input.DashboardName!)
    if (row === undefined) throw notFound(input.DashboardName!)
    return { DashboardArn: arnOf(call, row.id), DashboardBody: row.body, DashboardName: row.id }
  },

  ListDashboards(input: CloudWatch.ListDashboardsInput, call: Call): CloudWatch.ListDashboardsOutput {
    const found = [...dashboards(call).values()]
      .filter((row) => row.id.startsWith(input.DashboardNamePrefix ?? ''))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const page = pageOf(call, found, input.NextToken, 1000, 'InvalidParameterValue')
    return {
      DashboardEntries: page.items.map((row) => ({
        DashboardName: row.id,
        DashboardArn: arnOf(call, row.id),
        LastModified: row.modified,
        Size: Buffer.byteLength(row.body),
      })),
      NextToken: page.nextToken,
    }
  },

  DeleteDashboards(input: CloudWatch.DeleteDashboardsInput, call: Call): object {
    const names = input.DashboardNames ?? []
    const absent = names.find((name) => dashboards(call).get(name) === undefined)
    if (absent !== undefined) throw notFound(absent)
    for (const name of names) dashboards(call).delete(name)
    return {}
  },
}

function arnOf(call: Call, name: string): string {
  return `arn:aws:cloudwatch::${call.account}:dashboard/${name}`
}

function notFound(name: string): AwsError {
  return new AwsError('ResourceNotFound', `Dashboard ${name} does not exist`, 404)
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterInput', message)
}

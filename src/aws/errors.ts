/** An answer of a service that is an error, or a request that got no answer. `code` is AWS's own, such as `InvalidVpcID.NotFound`. */
export class AwsError extends Error {
  override readonly name = 'AwsError'
  readonly service: string
  readonly operation: string
  readonly code: string
  /** What the service said. */
  readonly apiMessage: string
  /** Undefined when there was no answer. */
  readonly statusCode: number | undefined
  readonly requestId: string | undefined

  /** Without the SDK's error as cause: that one holds the request with its authorization header and session token. */
  constructor(facts: { service: string; operation: string; code: string; apiMessage: string; statusCode?: number; requestId?: string }) {
    super(describe(facts))
    this.service = facts.service
    this.operation = facts.operation
    this.code = facts.code
    this.apiMessage = facts.apiMessage
    this.statusCode = facts.statusCode
    this.requestId = facts.requestId
  }
}

/** In the words of the Go SDK, which people search for. */
function describe(facts: {
  service: string
  operation: string
  code: string
  apiMessage: string
  statusCode?: number
  requestId?: string
}): string {
  const start = `operation error ${displayNames[facts.service] ?? facts.service}: ${facts.operation}`
  if (facts.statusCode === undefined) return `${start}, ${facts.apiMessage}`
  return `${start}, https response error StatusCode: ${facts.statusCode}, RequestID: ${facts.requestId ?? ''}, api error ${facts.code}: ${facts.apiMessage}`
}

const displayNames: Readonly<Record<string, string>> = {
  accessanalyzer: 'AccessAnalyzer',
  autoscaling: 'Auto Scaling',
  budgets: 'Budgets',
  cloudtrail: 'CloudTrail',
  cloudwatch: 'CloudWatch',
  config: 'Config Service',
  costexplorer: 'Cost Explorer',
  dynamodb: 'DynamoDB',
  ec2: 'EC2',
  ecs: 'ECS',
  elb: 'Elastic Load Balancing',
  guardduty: 'GuardDuty',
  iam: 'IAM',
  kms: 'KMS',
  logs: 'CloudWatch Logs',
  route53: 'Route 53',
  s3: 'S3',
  securityhub: 'SecurityHub',
  ssm: 'SSM',
  sts: 'STS',
}

/** Whether the service refused with one of these codes; `*` at the end stands for any rest. */
export function isAwsError(error: unknown, ...codes: readonly string[]): error is AwsError {
  if (!(error instanceof AwsError)) return false
  return codes.some((code) => (code.endsWith('*') ? error.code.startsWith(code.slice(0, -1)) : error.code === code))
}

/** What the SDK throws, in our terms. Things that are no answers of AWS at all stay as they are. */
export function toAwsError(error: unknown, service: string, operation: string): unknown {
  if (!(error instanceof Error) || error instanceof AwsError) return error
  const sdk = error as SdkError
  const statusCode = sdk.$metadata?.httpStatusCode
  const code = sdk.Code ?? sdk.code ?? sdk.name
  const isAnswer = statusCode !== undefined
  if (!isAnswer && !isNetworkError(sdk)) return error
  const apiMessage = isAnswer ? messageOf(sdk, code) : `no answer: ${sdk.message || code}`
  const requestId = sdk.$metadata?.requestId
  return new AwsError({
    service,
    operation,
    code,
    apiMessage,
    ...(isAnswer ? { statusCode } : {}),
    ...(requestId === undefined ? {} : { requestId }),
  })
}

interface SdkError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly Code?: string
  readonly code?: string
}

/** The SDK says "UnknownError" for an answer without a body, as to a HEAD request. */
function messageOf(error: SdkError, code: string): string {
  return error.message === '' || error.message === 'UnknownError' ? code : error.message
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'TimeoutError',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
])

function isNetworkError(error: SdkError): boolean {
  return networkCodes.has(error.code ?? '') || networkCodes.has(error.name)
}

const throttlingCodes = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
])

const transientCodes = new Set([
  'RequestTimeout',
  'RequestTimeoutException',
  'InternalError',
  'InternalFailure',
  'ServiceUnavailable',
  'IDPCommunicationError',
])

export type Failure = 'throttled' | 'transient' | 'lasting'

/** Whether the same request may succeed a moment later. */
export function classifyFailure(error: unknown): Failure {
  if (!(error instanceof AwsError)) return 'lasting'
  // "Limit exceeded" is a throttle for the services that answer so with 400 and 429, but a quota in IAM (409).
  if (throttlingCodes.has(error.code) && error.statusCode !== 409) return 'throttled'
  if (error.statusCode === 429) return 'throttled'
  if (error.statusCode === undefined) return isRefusedName(error) ? 'lasting' : 'transient'
  if (transientCodes.has(error.code)) return 'transient'
  // 501 is an operation that will never be there.
  return error.statusCode >= 500 && error.statusCode !== 501 ? 'transient' : 'lasting'
}

/** A name that does not resolve is a wrong endpoint or region, not a passing condition. */
function isRefusedName(error: AwsError): boolean {
  return error.code === 'ENOTFOUND'
}

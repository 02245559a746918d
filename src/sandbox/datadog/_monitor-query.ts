import { DatadogError } from './_http.ts'

/** @see https://docs.datadoghq.com/api/latest/monitors/#create-a-monitor */
export const monitorTypes = [
  'audit alert',
  'ci-pipelines alert',
  'ci-tests alert',
  'composite',
  'cost alert',
  'database-monitoring alert',
  'error-tracking alert',
  'event alert',
  'event-v2 alert',
  'log alert',
  'metric alert',
  'network-path alert',
  'network-performance alert',
  'process alert',
  'query alert',
  'rum alert',
  'service check',
  'slo alert',
  'synthetics alert',
  'trace-analytics alert',
] as const

export interface Comparison {
  readonly operator: string
  readonly threshold: number
}

/** The comparison at the end of a query; undefined where there is none. */
export function comparisonOf(query: string): Comparison | undefined {
  const match = /(>=|<=|==|!=|>|<)\s*(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*$/.exec(query)
  return match === null ? undefined : { operator: match[1]!, threshold: Number(match[2]) }
}

/** Whether a monitor of this query has a state for each group of its tags. */
export function isMulti(query: string): boolean {
  return /\bby\s*\{\s*[^}*\s][^}]*\}/.test(query) || /\.by\(\s*"(?!\*)[^"]/.test(query)
}

const aggregation = /^\s*(avg|max|min|sum|last|change|pct_change|percentile|anomalies|forecast)\s*\(/
const metric = /[a-zA-Z][\w.:-]*\{[^}]*\}/

/** @throws DatadogError 400, in the words of Datadog where they are known */
export function checkQuery(type: string, query: string, thresholds: Readonly<Record<string, unknown>>): void {
  const isMetric = type === 'metric alert' || type === 'query alert'
  if (isMetric && (!aggregation.test(query) || !metric.test(query)))
    throw new DatadogError(
      400,
      "The value provided for parameter 'query' is invalid: invalid query, a time aggregation and a metric with its scope are required",
    )
  if (isUnbalanced(query)) throw new DatadogError(400, "The value provided for parameter 'query' is invalid: brackets do not match")
  const compared = comparisonOf(query)
  const needsComparison = !['composite', 'service check', 'synthetics alert'].includes(type)
  if (needsComparison && compared === undefined)
    throw new DatadogError(400, "The value provided for parameter 'query' is invalid: invalid operator specified: ")
  if (compared === undefined) return
  const { critical, warning, critical_recovery: recovery } = thresholds
  if (typeof critical === 'number' && critical !== compared.threshold)
    throw new DatadogError(
      400,
      `Alert threshold (${decimal(critical)}) does not match that used in the query (${decimal(compared.threshold)}).`,
    )
  const isAbove = compared.operator.startsWith('>')
  const beyond = (value: unknown) => typeof value === 'number' && (isAbove ? value >= compared.threshold : value <= compared.threshold)
  const than = isAbove ? 'less' : 'greater'
  if (typeof warning === 'number' && beyond(warning))
    throw new DatadogError(
      400,
      `Warning threshold (${decimal(warning)}) must be ${than} than the alert threshold (${decimal(compared.threshold)}).`,
    )
  if (typeof recovery === 'number' && (isAbove ? recovery > compared.threshold : recovery < compared.threshold))
    throw new DatadogError(
      400,
      `Recovery threshold (${decimal(recovery)}) must be ${than} than the alert threshold (${decimal(compared.threshold)}).`,
    )
}

function isUnbalanced(query: string): boolean {
  const open: string[] = []
  const pairs: Readonly<Record<string, string>> = { ')': '(', '}': '{', ']': '[' }
  for (const [c] of query.replace(/"(?:[^"\\]|\\.)*"/g, '').matchAll(/[(){}[\]]/g)) {
    if (c in pairs) {
      if (open.pop() !== pairs[c]) return true
    } else open.push(c)
  }
  return open.length > 0
}

/** As Python writes floats, which Datadog's messages show. */
function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value)
}

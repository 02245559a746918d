import type { WireRequest } from '../protocols/index.ts'

/** Whether a request is for Datadog: by its path, and because no client of AWS signed it. */
export function isDatadogRequest({ path, headers, query }: WireRequest): boolean {
  if (!/^\/api\/v[12]\//.test(path)) return false
  return headers.authorization?.startsWith('AWS4-') !== true && !query.has('X-Amz-Algorithm')
}

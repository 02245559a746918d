import type { Kernel } from '../kernel/kernel.ts'
import type { WireRequest, WireResponse } from '../protocols/index.ts'
import { DatadogError, jsonResponse } from './_http.ts'
import { monitorRoutes, type Route } from './monitor.ts'
import { type DatadogOrganization, type Tenant, tenantOf } from './organization.ts'

export type { DatadogOrganization } from './organization.ts'

/** What is told of a call; the account is the organisation. */
export interface DatadogCall {
  readonly response: WireResponse
  readonly operation: string
  readonly account: string
  readonly error?: string
}

const RATE = 3000
const PERIOD_SECONDS = 60

const routes: readonly (Route & { readonly pattern: RegExp })[] = monitorRoutes.map((route) => ({
  ...route,
  pattern: new RegExp(`^${route.path.replace(':id', '(\\d+)')}/?$`),
}))

/** Answers a request of a Datadog client. Undefined: the connection is to be closed without an answer. */
export async function answerDatadog(
  request: WireRequest,
  kernel: Kernel,
  organizations: readonly DatadogOrganization[] = [],
): Promise<DatadogCall | undefined> {
  let operation = `${request.method} ${request.path}`
  let account = ''
  try {
    const isValidation = request.method === 'GET' && request.path === '/api/v1/validate'
    const tenant = tenantOf(kernel, organizations, request, !isValidation)
    account = tenant.name
    const route = routes.find((candidate) => candidate.method === request.method && candidate.pattern.test(request.path))
    if (route !== undefined) operation = `${route.method} ${route.path}`
    if ((await strike(kernel, operation, account)) === 'drop') return undefined
    const body = isValidation ? { valid: true } : run(route, request, kernel, tenant)
    return { response: jsonResponse(body, 200, rateHeaders()), operation, account }
  } catch (error) {
    const { status, message, headers } = error instanceof DatadogError ? error : internalError(error)
    return { response: jsonResponse({ errors: [message] }, status, headers), operation, account, error: message }
  }
}

function run(route: (typeof routes)[number] | undefined, request: WireRequest, kernel: Kernel, tenant: Tenant): unknown {
  if (route === undefined) throw new DatadogError(404, `The sandbox does not implement ${request.method} ${request.path} of Datadog yet.`)
  const id = route.pattern.exec(request.path)?.[1] ?? ''
  const newNumber = () => kernel.store.scope('-', '-', 'datadog').nextNumber()
  return kernel.transact(() => route.answer({ request, tenant, now: kernel.now(), newNumber }, id))
}

function rateHeaders(remaining = RATE - 1): Record<string, string> {
  return {
    'x-ratelimit-limit': String(RATE),
    'x-ratelimit-period': String(PERIOD_SECONDS),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': '1',
  }
}

/** @throws DatadogError for faults that answer */
async function strike(kernel: Kernel, operation: string, account: string): Promise<'drop' | undefined> {
  for (const fault of kernel.faults.strike({ service: 'datadog', operation, account })) {
    switch (fault.kind) {
      case 'throttle':
        throw new DatadogError(
          429,
          `Rate limit of ${RATE} requests in ${PERIOD_SECONDS} seconds reached. Please try again later.`,
          rateHeaders(0),
        )
      case 'error':
        throw new DatadogError(fault.status ?? 500, 'Internal error')
      case 'drop':
        return 'drop'
      case 'delay':
        await new Promise((resolve) => setTimeout(resolve, fault.delayMs ?? 0))
        break
      case 'stale':
        break
    }
  }
  return undefined
}

function internalError(error: unknown): DatadogError {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new DatadogError(500, `Internal error: ${detail}\nThis is a bug in Landform.`)
}

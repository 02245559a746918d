import { createHash } from 'node:crypto'
import type { Kernel } from '../kernel/kernel.ts'
import type { Scope } from '../kernel/store.ts'
import type { WireRequest } from '../protocols/index.ts'
import { DatadogError } from './_http.ts'

/** Whose keys are let in. */
export interface DatadogOrganization {
  readonly name: string
  readonly apiKey: string
  readonly appKey: string
}

/** The organisation that a request is made for. */
export interface Tenant {
  readonly id: string
  readonly name: string
  readonly scope: Scope
}

/**
 * Finds the organisation by the keys of a request. Where none is configured, each API key is an organisation of its own and
 * any application key fits.
 *
 * @param needsAppKey false where the API key alone is enough
 * @throws DatadogError 401 without keys, 403 with keys that are nobody's
 */
export function tenantOf(
  kernel: Kernel,
  organizations: readonly DatadogOrganization[],
  request: WireRequest,
  needsAppKey: boolean,
): Tenant {
  const apiKey = request.headers['dd-api-key'] ?? request.query.get('api_key') ?? ''
  const appKey = request.headers['dd-application-key'] ?? request.query.get('application_key') ?? ''
  if (apiKey === '') throw new DatadogError(401, 'Unauthorized')
  const known = organizations.find((organization) => organization.apiKey === apiKey)
  if (known === undefined && organizations.length > 0) throw new DatadogError(403, 'Forbidden')
  if (needsAppKey && (appKey === '' || (known !== undefined && known.appKey !== appKey))) throw new DatadogError(403, 'Forbidden')
  const id = createHash('sha256').update(apiKey).digest('hex').slice(0, 12)
  return { id, name: known?.name ?? id, scope: kernel.store.scope('datadog', id, 'datadog') }
}

import type { RemoteStateReader } from '../builtin/terraform/index.ts'
import { valueToJson } from '../cty/index.ts'
import { DiagnosticError, Diagnostics } from '../diags/index.ts'
import type { Encryption } from '../encryption/index.ts'
import { backendConfigJson, checkBackend, openStateManager } from './backend.ts'
import { backendType } from './backend-types.ts'
import type { PlannedStates } from './builtin-providers.ts'
import type { Environment } from './settings.ts'

/**
 * Reads states of other configurations for `terraform_remote_state`, without a lock: nothing is going to be written. Those that are planned in
 * the same run answer with what they are planned to be.
 *
 * @param seals how those states are encrypted; undefined: not at all
 */
export function remoteStateReader(
  environment: Environment,
  planned?: PlannedStates,
  seals?: Encryption['remoteStates'],
): RemoteStateReader {
  return async ({ backend, config, workspace, address = '' }) => {
    const diags = new Diagnostics()
    const invalid = (detail: string): { value: undefined; diags: Diagnostics['items'] } => {
      diags.error('Invalid backend configuration', detail)
      return { value: undefined, diags: diags.items }
    }
    const given = config.isNull ? {} : (JSON.parse(valueToJson(config, config.type)) as Record<string, unknown>)
    const type = backendType(backend, diags)
    if (type === undefined) return { value: undefined, diags: diags.items }
    const unexpected = Object.keys(given).find((name) => !Object.hasOwn(type.schema.attributes, name))
    if (unexpected !== undefined) {
      return invalid(`The given configuration is not valid for backend "${backend}": unexpected attribute "${unexpected}".`)
    }
    const settings = { type: backend, config: given, seal: seals?.(sealName(address)) }
    if (!checkBackend(settings, environment, undefined, diags)) return { value: undefined, diags: diags.items }
    const expected = planned?.(settings.type, backendConfigJson(settings), workspace)
    if (expected !== undefined) return { value: expected.outputs, pending: expected.pending, diags: [] }
    try {
      const file = await openStateManager(settings, workspace, {}, environment).read()
      return {
        value: file === undefined ? undefined : new Map([...file.state.outputs].map(([name, { value }]) => [name, value])),
        diags: [],
      }
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      return { value: undefined, diags: error.diags }
    }
  }
}

/** How an `encryption` block names a data source: `m[0].x` for `module.m[0].data.terraform_remote_state.x`. */
function sealName(address: string): string {
  return address.replace('data.terraform_remote_state.', '').replace(/^module\./, '')
}

import type { RemoteStateReader } from '../builtin/terraform/index.ts'
import { valueToJson } from '../cty/index.ts'
import { DiagnosticError, Diagnostics } from '../diags/index.ts'
import type { Seal } from '../encryption/index.ts'
import { backendConfigJson, checkBackend, openStateManager } from './backend.ts'
import { backendType } from './backend-types.ts'
import type { PlannedStates } from './builtin-providers.ts'
import type { Environment } from './settings.ts'

/**
 * Reads states of other configurations for `terraform_remote_state`, without a lock: nothing is going to be written. Those that are planned in
 * the same run answer with what they are planned to be.
 *
 * @param seal how those states are encrypted; undefined: not at all
 */
export function remoteStateReader(environment: Environment, planned?: PlannedStates, seal?: Seal): RemoteStateReader {
  return async ({ backend, config, workspace }) => {
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
    const settings = { type: backend, config: given, seal }
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

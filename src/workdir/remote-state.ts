import type { RemoteStateReader } from '../builtin/terraform/index.ts'
import { valueToJson } from '../cty/index.ts'
import { DiagnosticError, Diagnostics } from '../diags/index.ts'
import { backendConfigJson, backendFromRecord, openStateManager } from './backend.ts'
import type { PlannedStates } from './builtin-providers.ts'
import type { Environment } from './settings.ts'

/** Arguments of the backends that states of other configurations can be read from; those of `s3` are checked when it is opened. */
const localArguments = new Set(['path', 'workspace_dir'])

/**
 * Reads states of other configurations for `terraform_remote_state`, without a lock: nothing is going to be written. Those that are planned in
 * the same run answer with what they are planned to be.
 */
export function remoteStateReader(environment: Environment, planned?: PlannedStates): RemoteStateReader {
  return async ({ backend, config, workspace }) => {
    const diags = new Diagnostics()
    const invalid = (detail: string): { value: undefined; diags: Diagnostics['items'] } => {
      diags.error('Invalid backend configuration', detail)
      return { value: undefined, diags: diags.items }
    }
    const given = config.isNull ? {} : (JSON.parse(valueToJson(config, config.type)) as Record<string, unknown>)
    if (backend === 'local') {
      const unexpected = Object.keys(given).find((name) => !localArguments.has(name))
      if (unexpected !== undefined) {
        return invalid(`The given configuration is not valid for backend "local": unexpected attribute "${unexpected}".`)
      }
    }
    const settings = backendFromRecord(backend, given)
    if (settings === undefined) return invalid(`There is no backend type named "${backend}".`)
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

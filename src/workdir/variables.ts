import {
  type Config,
  collectVariables,
  diskFileSystem,
  loadVariableFile,
  loadVariableFiles,
  type VariableArgument,
  type VariableInput,
} from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { Settings } from './settings.ts'

/** `-var` and `-var-file` as given, in order. */
export interface GivenVariable {
  readonly kind: 'var' | 'file'
  readonly value: string
}

/** Values for the root input variables from environment, files and command line. */
export function gatherVariables(
  config: Config,
  given: readonly GivenVariable[],
  settings: Settings,
  diags: Diagnostics,
): ReadonlyMap<string, VariableInput> {
  const files = diskFileSystem()
  const cli: VariableArgument[] = []
  for (const { kind, value } of given) {
    if (kind === 'var') cli.push({ kind, text: value })
    else {
      const file = loadVariableFile(value, files, diags)
      if (file !== undefined) cli.push({ kind, file })
    }
  }
  return collectVariables({ env: settings.environment, files: loadVariableFiles('.', files, diags), cli }, config, diags)
}

import { compareStrings } from '../base/index.ts'
import type { Diagnostic } from '../diags/index.ts'

/** What else there is to know of overrides while they are in use. */
export const runtimeConsequence =
  'The behavior may therefore not match any released version of the provider and applying changes may cause the state to become incompatible with published releases.'

/** That folders of the CLI configuration stand in for packages of providers; nothing where there are none. */
export function devOverrideWarnings(overrides: ReadonlyMap<string, string> | undefined, consequence: string): readonly Diagnostic[] {
  if (overrides === undefined || overrides.size === 0) return []
  const lines = [...overrides]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([key, dir]) => ` - ${key.replace(/^registry\.terraform\.io\//, '')} in ${dir}`)
  return [
    {
      severity: 'warning',
      summary: 'Provider development overrides are in effect',
      detail: `The following provider development overrides are set in the CLI configuration:\n${lines.join('\n')}\n\n${consequence}`,
    },
  ]
}

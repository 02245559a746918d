import type { Value } from '../../cty/index.ts'
import type { Diagnostic } from '../../diags/index.ts'

/** What is wrong with arguments that fit the schema of a provisioner. Parts of `config` may be unknown; it is unmarked. */
export function checkProvisioner(type: string, config: Value): readonly Diagnostic[] {
  switch (type) {
    case 'file':
      return checkFile(config)
    case 'remote-exec':
      return countGiven(config, ['inline', 'script', 'scripts']) > 1
        ? [problem('Invalid remote-exec provisioner configuration', 'Only one of "inline", "script", or "scripts" must be set')]
        : []
    default:
      return []
  }
}

function checkFile(config: Value): readonly Diagnostic[] {
  switch (countGiven(config, ['source', 'content'])) {
    case 0:
      return [problem("Must provide one of 'source' or 'content'")]
    case 1:
      return []
    default:
      return [problem("Cannot set both 'source' and 'content'")]
  }
}

function countGiven(config: Value, names: readonly string[]): number {
  return names.filter((name) => {
    const value = config.getAttr(name)
    return !(value.isKnown && value.isNull)
  }).length
}

function problem(summary: string, detail = ''): Diagnostic {
  return { severity: 'error', summary, detail }
}

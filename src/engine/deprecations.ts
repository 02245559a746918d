import { type ModulePath, modulePathToString } from '../addrs/index.ts'
import { type Config, configAt } from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { Needs } from '../lang/index.ts'
import type { Block } from './blocks.ts'
import type { Run } from './run.ts'

/** About which modules uses of what they declare deprecated are told: all, those of the same tree of folders, or none. */
export type DeprecationLevel = 'all' | 'local' | 'none'

/*
 * L-058: what a module declares with `deprecated = "..."` is told to those who call it, as OpenTofu 1.11 does: an argument that is given for
 * such a variable by every command, a value that comes from such an output when something is planned.
 */

export function warnOfDeprecatedArguments({ graph, input }: Run, diags: Diagnostics): void {
  for (const block of graph.blocks) {
    if (block.kind !== 'variable' || block.argument === undefined || block.variable.deprecated === undefined) continue
    if (!isTold(input.config, block.config.path, input.deprecations)) continue
    const { name, deprecated } = block.variable
    diags.warning(
      'Variable marked as deprecated by the module author',
      `Variable ${JSON.stringify(name)} is marked as deprecated with the following message:\n${deprecated}`,
      { subject: block.argument.expr.range },
    )
  }
}

export function warnOfDeprecatedOutputs({ graph, input }: Run, diags: Diagnostics): void {
  if (!hasDeprecatedOutputs(input.config)) return
  for (const block of graph.blocks) {
    for (const { config, needs } of needsOf(input.config, block)) {
      for (const { subject, range } of needs.references) {
        if (subject.kind !== 'moduleOutput') continue
        const child = config.children.get(subject.call)
        const deprecated = child?.module.outputs.get(subject.output)?.deprecated
        if (child === undefined || deprecated === undefined || !isTold(input.config, child.path, input.deprecations)) continue
        diags.warning(
          'Value derived from a deprecated source',
          `This value is derived from ${modulePathToString(child.path)}.${subject.output}, which is deprecated with the following message:\n\n${deprecated}`,
          { subject: range },
        )
      }
    }
  }
}

function hasDeprecatedOutputs({ module, children }: Config): boolean {
  for (const { deprecated } of module.outputs.values()) if (deprecated !== undefined) return true
  return [...children.values()].some(hasDeprecatedOutputs)
}

/** Whether uses of what a module declares are told. */
function isTold(root: Config, path: ModulePath, level: DeprecationLevel = 'all'): boolean {
  if (level !== 'local') return level === 'all'
  const call = configAt(root, path.slice(0, -1))?.module.moduleCalls.get(path.at(-1)!)
  return call !== undefined && /^\.{1,2}[/\\]/.test(call.source)
}

/** What the expressions of a block name, each with the module whose names they are. */
function* needsOf(root: Config, block: Block): Iterable<{ readonly config: Config; readonly needs: Needs }> {
  const { config } = block
  switch (block.kind) {
    case 'variable':
      if (block.argument !== undefined) yield { config: configAt(root, config.path.slice(0, -1)) ?? root, needs: block.argument.needs }
      for (const { needs } of block.rules) yield { config, needs }
      return
    case 'local':
    case 'call':
      yield { config, needs: block.needs }
      return
    case 'output':
      for (const needs of [block.needs, ...block.preconditions.map((rule) => rule.needs)]) yield { config, needs }
      return
    case 'check':
      for (const { needs } of block.asserts) yield { config, needs }
      return
    case 'provider':
      for (const needs of [block.expansionNeeds, block.needs]) yield { config, needs }
      return
    case 'resource': {
      const rules = [...block.preconditions, ...block.postconditions].map((rule) => rule.needs)
      for (const needs of [block.expansionNeeds, block.bodyNeeds, ...rules, block.provisionerNeeds]) yield { config, needs }
      return
    }
    default:
  }
}

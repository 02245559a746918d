import {
  type AbsResourceInstance,
  configResourceToString,
  parseTargets,
  type Target,
  type TargetSet,
  toModulePath,
} from '../../addrs/index.ts'
import { neighboursOf } from '../../dag/index.ts'
import type { Diagnostics } from '../../diags/index.ts'
import { type State, stateInstances } from '../../states/index.ts'
import type { BlockGraph } from '../blocks.ts'
import type { Targeting } from './targeting.ts'

/**
 * P-61: what `-exclude` leaves of a run: all but the addresses and what depends on them. What an excluded object depends on is not
 * destroyed either, since it could not do without.
 */
export function excluding(
  texts: readonly string[],
  graph: BlockGraph,
  state: State,
  destroying: boolean,
  diags: Diagnostics,
): Targeting | undefined {
  if (texts.length === 0) return undefined
  const targets = parseTargets(texts, diags)
  const excluded = new Uint8Array(graph.blocks.length)
  const queue: number[] = []
  for (const block of graph.blocks) {
    if (block.kind !== 'resource') continue
    const fitting = targets.about({ module: block.config.path, resource: block.resource.address })
    if (fitting.length === 0) continue
    // Where only some instances are named the others stay, but what refers to the resource may mean those that do not.
    if (fitting.some(isWhole)) excluded[block.vertex] = 1
    queue.push(block.vertex)
  }
  if (!destroying) {
    for (let v = queue.pop(); v !== undefined; v = queue.pop()) {
      for (const user of neighboursOf(graph.graph.waiters, v)) {
        if (excluded[user] === 1) continue
        excluded[user] = 1
        queue.push(user)
      }
    }
  }
  const kept = keptAddresses(state, graph, excluded, targets)
  return {
    includesBlock: (block) => destroying || excluded[block.vertex] !== 1,
    includesInstance: (block, address) => {
      if (targets.covers(address)) return false
      if (block !== undefined && excluded[block.vertex] === 1) return false
      // What is still declared is only lost where everything is.
      return !((destroying || block === undefined) && kept.has(configText(address)))
    },
  }
}

/** Whether a target means all instances in all module instances. */
function isWhole(target: Target): boolean {
  return target.kind !== 'resourceInstance' && target.module.every((step) => step.key === undefined)
}

/** Static addresses of what the excluded objects depend on, as recorded. */
function keptAddresses(state: State, graph: BlockGraph, excluded: Uint8Array, targets: TargetSet): ReadonlySet<string> {
  const kept = new Set<string>()
  for (const [address, , record] of stateInstances(state)) {
    const vertex = graph.resources.get(configText(address))?.vertex
    const isExcluded = (vertex !== undefined && excluded[vertex] === 1) || targets.covers(address)
    if (isExcluded) for (const dependency of record.dependencies) kept.add(dependency)
  }
  return kept
}

function configText(address: AbsResourceInstance): string {
  return configResourceToString({ module: toModulePath(address.module), resource: address.resource })
}

export function warnOfExcluding(diags: Diagnostics): void {
  diags.warning(
    'Resource targeting is in effect',
    'You are creating a plan with the -exclude option, which means that the result of this plan may not represent all of the changes requested by the current configuration.\n\nThe -exclude option is not for routine use, and is provided only for exceptional situations such as recovering from errors or mistakes, or when Terraform specifically suggests to use it as part of an error message.',
  )
}

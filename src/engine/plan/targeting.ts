import {
  type AbsResourceInstance,
  absResourceToString,
  configResourceToString,
  moduleInstanceToString,
  modulePathToString,
  parseAbsResourceInstance,
  parseTargets,
  type TargetSet,
  toModulePath,
} from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import { jsonString } from '../../cty/index.ts'
import { neighboursOf } from '../../dag/index.ts'
import type { Diagnostics } from '../../diags/index.ts'
import type { Plan } from '../../plans/index.ts'
import { type State, stateInstances } from '../../states/index.ts'
import type { Block, BlockGraph, ResourceBlock } from '../blocks.ts'
import { excluding } from './excluding.ts'

/** P-61: what `-target` or `-exclude` leaves of a run. Of targets: the targets, all they depend on, and when destroying all that depends on them. */
export interface Targeting {
  includesBlock(block: Block): boolean
  /** Of blocks that are only needed by a target, all instances are included; of those that targets name, the ones that they name. */
  includesInstance(block: ResourceBlock | undefined, address: AbsResourceInstance): boolean
}

export function targeting(
  { targets: texts, excludes = [] }: Pick<Plan, 'targets' | 'excludes'>,
  graph: BlockGraph,
  state: State,
  destroying: boolean,
  diags: Diagnostics,
): Targeting | undefined {
  if (texts.length === 0) return excluding(excludes, graph, state, destroying, diags)
  const targets = parseTargets(texts, diags)
  const named = new Set<number>()
  for (const block of graph.blocks) {
    if (block.kind !== 'resource') continue
    if (targets.about({ module: block.config.path, resource: block.resource.address }).length > 0) named.add(block.vertex)
  }
  const included = new Uint8Array(graph.blocks.length)
  const queue: number[] = [...named]
  for (const v of named) included[v] = 1
  for (let v = queue.pop(); v !== undefined; v = queue.pop()) {
    for (const d of neighboursOf(graph.graph.waitsFor, v)) {
      if (included[d] === 1) continue
      included[d] = 1
      queue.push(d)
    }
  }
  includeOutputs(graph, included)
  const dependents = destroying ? dependentAddresses(state, targets) : new Set<string>()
  return {
    includesBlock: (block) => included[block.vertex] === 1 || block.kind === 'provider',
    includesInstance: (block, address) => {
      if (targets.covers(address)) return true
      if (destroying) return dependents.has(absResourceToString(address))
      return block !== undefined && included[block.vertex] === 1 && !named.has(block.vertex)
    },
  }
}

/** Outputs of the root module all of whose resources are part of the run anyway, with what lies between. */
function includeOutputs(graph: BlockGraph, included: Uint8Array): void {
  for (const block of graph.blocks) {
    if (block.kind !== 'output' || block.config.path.length > 0) continue
    const seen = new Set<number>([block.vertex])
    const stack = [block.vertex]
    let resources = 0
    let outside = false
    for (let v = stack.pop(); v !== undefined && !outside; v = stack.pop()) {
      const at = graph.blocks[v]!
      if (at.kind === 'resource') {
        resources++
        if (included[v] !== 1) outside = true
        // What lies behind an included resource is included.
        continue
      }
      for (const d of neighboursOf(graph.graph.waitsFor, v)) {
        if (!seen.has(d)) {
          seen.add(d)
          stack.push(d)
        }
      }
    }
    if (outside || resources === 0) continue
    for (const v of seen) included[v] = 1
  }
}

/**
 * Addresses of stored resources that depend on a target, as recorded. Records name resources without keys of modules; instances of one module
 * have nothing to do with each other.
 */
function dependentAddresses(state: State, targets: TargetSet): Set<string> {
  const targeted = new Map<string, { readonly module: string; readonly instances: Set<string> }>()
  for (const [address] of stateInstances(state)) {
    if (!targets.covers(address)) continue
    const path = toModulePath(address.module)
    const text = configResourceToString({ module: path, resource: address.resource })
    let known = targeted.get(text)
    if (known === undefined) targeted.set(text, (known = { module: modulePathToString(path), instances: new Set() }))
    known.instances.add(moduleInstanceToString(address.module))
  }
  const found = new Set<string>()
  for (const [address, , record] of stateInstances(state)) {
    const module = modulePathToString(toModulePath(address.module))
    const instance = moduleInstanceToString(address.module)
    const depends = record.dependencies.some((d) => {
      const target = targeted.get(d)
      return target !== undefined && (target.module !== module || target.instances.has(instance))
    })
    if (depends) found.add(absResourceToString(address))
  }
  return found
}

/** Objects that have just moved must be planned together with where they came from: the targets themselves must cover both. */
export function checkMovesTargeted(
  movedFrom: ReadonlyMap<string, AbsResourceInstance>,
  texts: readonly string[],
  diags: Diagnostics,
): void {
  const targets = parseTargets(texts, diags)
  const missing = new Set<string>()
  for (const [text, from] of movedFrom) {
    const to = parseAbsResourceInstance(text, diags)
    if (to === undefined) continue
    for (const address of [from, to]) {
      if (!targets.covers(address)) missing.add(absResourceToString(address))
    }
  }
  if (missing.size === 0) return
  const list = [...missing].sort(compareStrings).map((text) => `\n  -target=${jsonString(text)}`)
  diags.error(
    'Moved resource instances excluded by targeting',
    `Resource instances in your current state have moved to new addresses in the latest configuration. Terraform must include those resource instances while planning in order to ensure a correct result, but your -target=... options do not fully cover all of those resource instances.\n\nTo create a valid plan, either remove your -target=... options altogether or add the following additional target options:${list.join('')}\n\nNote that adding these options may include further additional resource instances in your plan, in order to respect object dependencies.`,
  )
}

export function warnOfTargeting(diags: Diagnostics): void {
  diags.warning(
    'Resource targeting is in effect',
    'You are creating a plan with the -target option, which means that the result of this plan may not represent all of the changes requested by the current configuration.\n\nThe -target option is not for routine use, and is provided only for exceptional situations such as recovering from errors or mistakes, or when Terraform specifically suggests to use it as part of an error message.',
  )
}

import {
  type AbsProviderConfig,
  type AbsResourceInstance,
  instanceKeyToString,
  isSameProvider,
  resourceToString,
} from '../../addrs/index.ts'
import type { PlanMode, ResourceChange } from '../../plans/index.ts'
import type { StateBuilder } from '../../states/index.ts'
import type { CreateBeforeDestroy, ResourceBlock } from '../blocks.ts'
import type { ModuleScope } from '../evaluation.ts'
import type { Run } from '../run.ts'
import type { GeneratedResource } from './generate-config.ts'
import type { ImportRequest } from './import.ts'
import type { Targeting } from './targeting.ts'

/** What planning has found out so far. */
export interface Planning {
  readonly run: Run
  readonly mode: PlanMode
  readonly refresh: boolean
  /** Conditions that do not hold are worth a warning only. */
  readonly lenient: boolean
  /** As read, with moves and schema upgrades. */
  readonly previous: StateBuilder
  /** As refreshed. */
  readonly prior: StateBuilder
  readonly changes: ResourceChange[]
  readonly drift: ResourceChange[]
  /** The change of the current object of an instance, by its address. */
  readonly changeOf: Map<string, ResourceChange>
  /** Addresses that are to be replaced because the user said so. */
  readonly forceReplace: ReadonlySet<string>
  readonly createBeforeDestroy: CreateBeforeDestroy
  readonly targeting: Targeting | undefined
  /** Where moved objects were before, by their new address. */
  readonly movedFrom: ReadonlyMap<string, AbsResourceInstance>
  /** Who made moved objects, by their new address. */
  readonly origins: ReadonlyMap<string, ObjectOrigin>
  /** What import blocks ask for, by the address of the instance. */
  readonly imports: Map<string, ImportRequest>
  /** Those of them that no block asks for. */
  readonly asked: readonly ImportRequest[]
  /** Resources whose configuration is to be written, with the file that it is for; undefined: none is. */
  readonly generating:
    | { readonly resources: ReadonlySet<string>; readonly fileName: string; readonly written: GeneratedResource[] }
    | undefined
  /** Blocks with a change that is still to be made, with the prefixes of the module instances it is in. */
  readonly pending: Map<number, Set<string>>
}

/** One instance of a resource block, with all that the steps of planning or applying it need to know of it. */
export interface InstanceContext {
  readonly run: Run
  readonly block: ResourceBlock
  readonly scope: ModuleScope
  readonly address: AbsResourceInstance
  /** Canonical text of the address. */
  readonly text: string
  readonly repetition: import('../expansion.ts').Repetition
  /** What serves it. */
  readonly provider: AbsProviderConfig
}

export function instanceText(scope: Pick<ModuleScope, 'prefix'>, block: ResourceBlock, key: AbsResourceInstance['key']): string {
  return `${scope.prefix}${resourceToString(block.resource.address)}${instanceKeyToString(key)}`
}

export function recordChange(p: Planning, text: string, change: ResourceChange, vertex: number | undefined, prefix: string): void {
  p.changes.push(change)
  if (change.deposed === undefined) p.changeOf.set(text, change)
  if (change.action === 'noop' || vertex === undefined) return
  let prefixes = p.pending.get(vertex)
  if (prefixes === undefined) p.pending.set(vertex, (prefixes = new Set()))
  prefixes.add(prefix)
}

/** A stored object with its address, the provider it is served by and that provider's configuration. */
export interface ObjectPlace {
  readonly address: AbsResourceInstance
  readonly text: string
  readonly deposed: string | undefined
  readonly provider: AbsProviderConfig
  /** Set for an object that another type of resource, or another provider, has made: it is taken over from there. */
  readonly takenFrom?: ObjectOrigin | undefined
}

/** Who made an object that has moved. */
export interface ObjectOrigin {
  readonly provider: AbsProviderConfig
  readonly typeName: string
}

/** Where an object has to be taken over from: undefined when it is of the type and the provider that it was. */
export function takenFrom(p: Planning, text: string, typeName: string, provider: AbsProviderConfig): ObjectOrigin | undefined {
  const origin = p.origins.get(text)
  if (origin === undefined) return undefined
  const isSame = origin.typeName === typeName && isSameProvider(origin.provider.source, provider.source)
  return isSame ? undefined : origin
}

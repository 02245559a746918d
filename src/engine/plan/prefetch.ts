import { type AbsProviderConfig, absProviderConfigKey } from '../../addrs/index.ts'
import { stateInstances } from '../../states/index.ts'
import { type Steps, wait } from '../_steps.ts'
import type { ProviderBlock } from '../blocks.ts'
import { storedAttributes } from '../stored-object.ts'
import type { Planning } from './planning.ts'

/** Tells a provider that has just been configured what it will be asked to read, so that it can put reads together. */
export function* announceReads(p: Planning, block: ProviderBlock): Steps<void> {
  if (!p.refresh) return
  for (const instance of p.run.providers.instancesOf(block.address)) yield* announceTo(p, instance)
}

function* announceTo(p: Planning, instance: AbsProviderConfig): Steps<void> {
  const provider = p.run.providers.tryProvider(instance)
  if (provider?.prefetchResources === undefined) return
  const wanted = absProviderConfigKey(instance)
  const objects = []
  for (const [address, , record, config] of stateInstances(p.prior.snapshot())) {
    if (address.resource.mode !== 'managed' || absProviderConfigKey(config) !== wanted) continue
    objects.push({ typeName: address.resource.type, stored: storedAttributes(record) })
  }
  if (objects.length > 0) yield* wait(provider.prefetchResources(objects))
}

import { type AbsProviderConfig, absProviderConfigToString, withProviderKey } from '../addrs/index.ts'
import { ConversionError, convert, EPHEMERAL, jsonString, SENSITIVE, stringType, type Value } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import type { Provider } from '../providers/index.ts'
import type { ResourceBlock } from './blocks.ts'
import type { ModuleScope } from './evaluation.ts'
import type { Repetition } from './expansion.ts'
import type { ObjectPlace } from './plan/planning.ts'
import type { Run } from './run.ts'

/**
 * L-027: the provider configuration that serves an instance of a resource. Where that has `for_each`, a key says which instance of it: the
 * resource's own, or that of the module call which hands it down. Undefined when the key is wrong, with the reason reported.
 */
export function servingProvider(
  run: Run,
  block: ResourceBlock,
  scope: ModuleScope,
  repetition: Repetition,
  diags: Diagnostics,
): AbsProviderConfig | undefined {
  const { provider, providerKey } = block
  if (providerKey === undefined) return provider
  const { expr, needs, depth } = providerKey
  let at = scope
  let repeated = repetition
  while (at.parent !== undefined && at.instance.length > depth) {
    repeated = at.repetition
    at = at.parent
  }
  const own = new Diagnostics()
  const given = run.evaluation.evaluate(at, expr, needs, repeated, own)
  diags.addAll(own.items)
  if (own.hasErrors) return undefined
  const refuse = (why: string): undefined => {
    diags.error(
      'Invalid provider instance key',
      `The expression that chooses an instance of the provider configuration ${absProviderConfigToString(provider)} is unsuitable: ${why}.`,
      { subject: expr.range, address: block.name },
    )
    return undefined
  }
  if (given.hasMark(SENSITIVE)) return refuse('its value is sensitive, and the key would show in addresses')
  if (given.hasMark(EPHEMERAL)) return refuse('its value is ephemeral, and the key has to be remembered')
  let key: Value
  try {
    key = convert(given, stringType)
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return refuse(error.message)
  }
  if (run.phase === 'validate') return provider
  if (!key.isKnown) return refuse('it depends on values that cannot be determined until apply')
  if (key.isNull) return refuse('it is null')
  const address = run.providers.tryInstance(provider, key.asString())
  if (address !== undefined) return address
  const known = run.providers.instanceKeysOf(provider)
  const list = known.length === 0 ? 'It has no instances.' : `Its keys are ${known.map((k) => jsonString(k)).join(', ')}.`
  diags.error(
    'Invalid provider instance key',
    `The provider configuration ${absProviderConfigToString(provider)} has no instance with the key ${jsonString(key.asString())}. ${list}`,
    { subject: expr.range, address: block.name },
  )
  return undefined
}

/**
 * Who answers for a stored object. Undefined when there is nobody; said where the configuration is there but not the instance of it that
 * made the object, since nothing else has been reported then.
 */
export function storedProvider(run: Run, place: ObjectPlace, diags: Diagnostics): Provider | undefined {
  const found = run.providers.tryProviderFor(place.address, place.provider)
  if (found !== undefined || !run.providers.isReady(place.provider)) return found
  const address = absProviderConfigToString(place.provider)
  const whole = absProviderConfigToString(withProviderKey(place.provider, undefined))
  diags.error(
    'Provider instance not present',
    `To work with ${place.text} its original provider instance at ${address} is required, but it has been removed. This occurs when an element is removed from "for_each" of the provider configuration ${whole} while objects that were created by that instance still exist in the state. Put the element back to destroy ${place.text}, after which you can remove it again.`,
    { address: place.text },
  )
  return undefined
}

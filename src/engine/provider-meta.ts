import { isSameProvider, toModulePath } from '../addrs/index.ts'
import type { ProviderMeta } from '../config/index.ts'
import { configAt } from '../config/index.ts'
import { nullVal, unmarkDeep, type Value } from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { decodeBody, impliedType } from '../schema/index.ts'
import type { ObjectPlace } from './plan/planning.ts'
import type { Run } from './run.ts'

/**
 * What the module of an object tells the provider about itself, in a `provider_meta` block. Undefined for providers that do not want to
 * be told, null for modules that do not.
 */
export function providerMetaFor(
  run: Run,
  { address, provider }: Pick<ObjectPlace, 'address' | 'provider'>,
  diags: Diagnostics,
): Value | undefined {
  const schema = run.providerMap.schemaOf(run.schemas, provider.source)?.providerMeta
  if (schema === undefined) return undefined
  const none = nullVal(impliedType(schema))
  const config = configAt(run.input.config, toModulePath(address.module))
  if (config === undefined) return none
  let meta: ProviderMeta | undefined
  for (const candidate of config.module.providerMetas.values()) {
    if (isSameProvider(run.providerMap.sourceOf(config, candidate.localName), provider.source)) meta = candidate
  }
  if (meta === undefined) return none
  // Loading has seen to it that it refers to nothing.
  return unmarkDeep(decodeBody(meta.body, schema, undefined, diags))
}

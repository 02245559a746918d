import { type AbsProviderConfig, absProviderConfigToString, withProviderKey } from '../addrs/index.ts'
import { emptyObject, unmarkDeep, type Value } from '../cty/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { ProviderSchema } from '../providers/index.ts'
import { emptyBlockValue } from '../schema/index.ts'
import { placeDiagnostics } from './_placing.ts'
import { runAll, runSteps, type Steps, wait } from './_steps.ts'
import type { ProviderBlock } from './blocks.ts'
import { expand, noRepetition, type Repetition } from './expansion.ts'
import type { Run } from './run.ts'
import { isError } from './stored-object.ts'

/** The version of Terraform that providers are told they are talking to. */
export const terraformVersion = '1.11.4'

/** Starts and configures the provider of one configuration with what its block says: once, or once for each element of its `for_each`. */
export function* configureProvider(run: Run, block: ProviderBlock, diags: Diagnostics): Steps<boolean> {
  if (block.schema === undefined) return false
  const forEach = block.block?.forEach
  if (forEach === undefined) {
    if (!(yield* configureInstance(run, block, block.schema, block.address, noRepetition, diags))) return false
    run.providers.setReady(block.address, [block.address])
    return true
  }
  const scope = run.evaluation.scopesOf(block.config)[0]
  if (scope === undefined) return true
  const repeated = { count: undefined, forEach, enabled: undefined }
  const expansion = expand(run.evaluation, scope, repeated, block.expansionNeeds, false, diags)
  if (expansion === undefined) return false
  const instances = expansion.keys.map((key) => withProviderKey(block.address, key))
  const { schema } = block
  const results = yield* runAll(instances, (instance) =>
    runSteps(configureInstance(run, block, schema, instance, expansion.repetition(instance.key), diags)),
  )
  if (results.includes(false)) return false
  run.providers.setReady(block.address, instances)
  return true
}

function* configureInstance(
  run: Run,
  block: ProviderBlock,
  schema: ProviderSchema,
  instance: AbsProviderConfig,
  repetition: Repetition,
  diags: Diagnostics,
): Steps<boolean> {
  const address = absProviderConfigToString(instance)
  const standIn = run.input.standIns?.providerConfig?.(instance, schema.provider, diags)
  let marked: Value
  if (standIn !== undefined) marked = standIn
  else if (block.block === undefined) {
    marked = Object.keys(schema.provider.attributes).length === 0 ? emptyObject : emptyBlockValue(schema.provider)
    if (block.address.alias !== undefined || block.address.module.length > 0) {
      diags.error(
        'Provider configuration not present',
        `To work with the objects it has made, the original provider configuration at ${address} is required, but it has been removed. This occurs when a provider configuration is removed while objects created by that provider still exist in the state. Re-add the provider configuration to destroy them, after which you can remove the provider configuration again.`,
        { address },
      )
      return false
    }
  } else {
    const scope = run.evaluation.scopesOf(block.config)[0]
    if (scope === undefined) return true
    const before = diags.items.length
    const context = run.functionResults.withoutRule(run.evaluation.context(scope, block.needs, repetition, diags))
    marked = run.evaluation.decode(block.block.body, schema.provider, context, diags)
    if (diags.items.slice(before).some(isError)) return false
  }
  const config = unmarkDeep(marked)
  const about = block.block === undefined ? undefined : { body: block.block.body, schema: schema.provider }
  const provider = yield* run.providers.start(block.address.source, diags, instance)
  if (provider === undefined) return false
  const verdict = yield* wait(run.limiter.run(() => provider.validateProviderConfig(config)))
  diags.addAll(placeDiagnostics(verdict.diags, address, about, [marked]))
  if (verdict.diags.some(isError)) return false
  const answer = yield* wait(run.limiter.run(() => provider.configure({ config, terraformVersion })))
  diags.addAll(placeDiagnostics(answer.diags, address, about, [marked]))
  if (answer.diags.some(isError)) return false
  run.providers.add(instance, provider)
  return true
}

import type { AbsResourceInstance } from '../../addrs/index.ts'
import type { Provisioner } from '../../config/index.ts'
import { intVal, objectVal, SENSITIVE, stringVal, unmarkDeep, unmarkDeepWithPaths, type Value } from '../../cty/index.ts'
import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import type { Body } from '../../hcl/index.ts'
import { needsOf } from '../../lang/index.ts'
import { bodyReferences, optionalBlock } from '../../schema/index.ts'
import { type Steps, wait } from '../_steps.ts'
import type { ModuleScope } from '../evaluation.ts'
import type { Repetition } from '../expansion.ts'
import { isError } from '../stored-object.ts'
import type { Applying } from './applying.ts'

/** Where provisioners run: the object they belong to, as it is, and what their expressions may name. */
export interface ProvisionedObject {
  readonly address: AbsResourceInstance
  readonly text: string
  readonly scope: ModuleScope
  readonly repetition: Repetition
  readonly self: Value
  /** The `connection` block of the resource. */
  readonly connection?: Body | undefined
}

/**
 * Runs provisioners one after the other until one fails, unless it says that this does not matter. The diagnostics say whether all
 * went well.
 */
export function* runProvisioners(
  a: Applying,
  provisioners: readonly Provisioner[],
  object: ProvisionedObject,
  diags: Diagnostics,
): Steps<void> {
  for (const provisioner of provisioners) {
    const own = new Diagnostics()
    yield* runOne(a, provisioner, object, own)
    // A failure that does not matter is told by the provisioner's own output alone.
    if (provisioner.onFailure === 'continue') continue
    diags.addAll(own.items)
    if (own.hasErrors) return
  }
}

function* runOne(a: Applying, provisioner: Provisioner, object: ProvisionedObject, diags: Diagnostics): Steps<void> {
  const { run } = a
  const { type, body, range } = provisioner
  const { address, text, scope, repetition, self } = object
  const runtime = run.input.provisioners
  const schema = runtime?.schemaOf(type)
  if (runtime === undefined || schema === undefined) {
    diags.error('Provisioners are not supported yet', `Landform does not support the provisioner "${type}" yet.`, { subject: range })
    return
  }
  const context = run.evaluation.context(scope, needsOf(bodyReferences(body, schema)), repetition, diags, self)
  if (diags.hasErrors) return
  const marked = run.evaluation.decode(body, schema, context, diags)
  if (diags.hasErrors) return
  const connection = connectionOf(a, provisioner, object, diags)
  if (diags.hasErrors) return
  const config = unmarkDeep(marked)
  if (!config.isWhollyKnown || connection?.isWhollyKnown === false) {
    diags.error('Invalid provisioner configuration', 'The arguments of a provisioner must be known when it runs.', { subject: range })
    return
  }
  const { hooks } = run.input
  if (hooks?.preProvision !== undefined) yield* wait(hooks.preProvision(address, type))
  const hidden = marked.containsMarked || connection?.containsMarked === true
  const kind = hidden && !unmarkDeepWithPaths(marked)[1].some(({ marks }) => marks.has(SENSITIVE)) ? 'ephemeral' : 'sensitive'
  const output = (line: string): void => {
    // What a command does with a secret may show in anything it says.
    if (!hidden) hooks?.provisionOutput?.(address, type, line)
    else hooks?.provisionOutput?.(address, type, `(output suppressed due to ${kind} value in config)`)
  }
  const found = yield* wait(run.limiter.run(() => runtime.run(type, config, output, run.input.stop, connection && unmarkDeep(connection))))
  const placed = found.map(
    (d): Diagnostic => ({ subject: body.endRange, ...d, address: text, detail: hidden ? withoutOutput(d.detail) : d.detail }),
  )
  diags.addAll(placed)
  if (hooks?.postProvision !== undefined) yield* wait(hooks.postProvision(address, type, placed.some(isError) ? placed : undefined))
}

/** The connection of the provisioner over that of its resource, argument by argument. Undefined where neither says anything. */
function connectionOf(a: Applying, provisioner: Provisioner, object: ProvisionedObject, diags: Diagnostics): Value | undefined {
  const schema = a.run.input.provisioners?.connection
  const bodies = [object.connection, provisioner.connection].filter((body) => body !== undefined)
  if (schema === undefined || bodies.length === 0) return undefined
  // Only together must they say all that is needed.
  const lenient = optionalBlock(schema)
  const members = new Map<string, Value>()
  for (const body of bodies) {
    const needs = needsOf(bodyReferences(body, lenient))
    const context = a.run.evaluation.context(object.scope, needs, object.repetition, diags, object.self)
    if (diags.hasErrors) return undefined
    for (const [name, value] of a.run.evaluation.decode(body, lenient, context, diags).asMap()) {
      if (!value.isNull || !members.has(name)) members.set(name, value)
    }
  }
  return objectVal(members)
}

function withoutOutput(detail: string): string {
  return detail.replace(
    /Error running command '[\s\S]*/,
    'The command failed. What it said is not shown because its configuration holds sensitive values.',
  )
}

/** What `count` and `each` mean for an object that may no longer be configured: its key alone is known. */
export function repetitionOfKey(key: AbsResourceInstance['key']): Repetition {
  if (typeof key === 'number') return { countIndex: intVal(key) }
  return typeof key === 'string' ? { eachKey: stringVal(key) } : {}
}

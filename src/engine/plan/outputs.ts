import { dynamicType, nullVal, rawEquals, SENSITIVE, unmarkDeep, type Value } from '../../cty/index.ts'
import type { OutputChange } from '../../plans/index.ts'
import type { OutputState } from '../../states/index.ts'
import type { Evaluation } from '../evaluation.ts'

/** P-44: what becomes of the root module's output values. Those that were not evaluated stay as they are. */
export function planOutputs(
  evaluation: Evaluation,
  stored: ReadonlyMap<string, OutputState>,
  destroying: boolean,
  targeted: boolean,
): readonly OutputChange[] {
  const { module } = evaluation.root.config
  const changes: OutputChange[] = []
  for (const name of [...new Set([...module.outputs.keys(), ...stored.keys()])].sort()) {
    const before = stored.get(name)
    const was = before?.value ?? nullVal(dynamicType)
    const config = module.outputs.get(name)
    if (destroying || config === undefined) {
      if (before === undefined || targeted) continue
      const sensitive = before.sensitive || config?.sensitive === true
      changes.push({ name, action: 'delete', before: was, after: nullVal(dynamicType), sensitive })
      continue
    }
    const value = evaluation.root.outputs.get(name)
    if (value === undefined) continue
    const bare = unmarkDeep(value)
    const action =
      before === undefined
        ? bare.isNull
          ? 'noop'
          : 'create'
        : bare.isWhollyKnown && rawEquals(bare, was) && before.sensitive === config.sensitive
          ? 'noop'
          : 'update'
    // What was hidden stays hidden in this plan, which shows it beside the new value.
    const sensitive = config.sensitive || before?.sensitive === true
    changes.push({ name, action, before: was, after: withoutOwnMark(value), sensitive })
  }
  return changes
}

/** The output's own declaration says that it is sensitive; marks inside stay. */
function withoutOwnMark(value: Value): Value {
  return value.hasMark(SENSITIVE) ? unmarkDeep(value) : value
}

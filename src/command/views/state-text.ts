import { type AbsResourceInstance, absResourceInstanceToString, moduleInstanceToString } from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import { SENSITIVE, unmarkDeep } from '../../cty/index.ts'
import { isEmptyState, type ObjectState, type State, stateInstances } from '../../states/index.ts'
import { diffObject, diffTyped } from '../diff/differ.ts'
import { keyText } from '../diff/key-text.ts'
import { renderDiff } from '../diff/render.ts'
import type { Schemas } from '../json/schemas.ts'
import { objectValue } from '../jsonstate/index.ts'
import type { Palette } from './palette.ts'
import { withoutSensitivity } from './without-sensitivity.ts'

/** A whole state as people read it, with the newline at its end. */
export function stateText(state: State | undefined, schemas: Schemas, palette: Palette, showSensitive = false): string {
  if (state === undefined) return 'No state.\n'
  if (isEmptyState(state)) return 'The state file is empty. No resources are represented.\n'
  let text = ''
  // The spacing is Terraform's: none where no module further up has resources of its own.
  const modules = new Map<string, string[]>()
  const nested = new Map<string, boolean>()
  for (const [address, deposed, object, provider] of stateInstances(state)) {
    const module = moduleInstanceToString(address.module)
    const texts = modules.get(module) ?? []
    texts.push(objectText(address, deposed, object, schemas.resource(provider.source, address.resource), palette, showSensitive))
    modules.set(module, texts)
    nested.set(
      module,
      address.module.some((_, length) => modules.has(moduleInstanceToString(address.module.slice(0, length)))),
    )
  }
  for (const [module, texts] of modules) {
    if (nested.get(module)) text += '\n\n'
    text += `${texts.join('\n\n')}\n`
  }
  if (state.outputs.size > 0) {
    text += '\n\nOutputs:\n\n'
    for (const name of [...state.outputs.keys()].sort(compareStrings)) {
      const output = state.outputs.get(name)!
      const value = output.sensitive && !showSensitive ? output.value.mark(SENSITIVE) : output.value
      text += `${keyText(name)} = ${renderDiff(diffTyped(value, value), 0, { palette, plain: true })}\n`
    }
  }
  return text
}

/** One object with a comment that names it. */
export function objectText(
  address: AbsResourceInstance,
  deposed: string | undefined,
  object: ObjectState,
  schema: Parameters<typeof objectValue>[2],
  palette: Palette,
  showSensitive = false,
): string {
  const marked = objectValue(address, object, schema)
  const value = showSensitive ? unmarkDeep(marked) : marked
  const notes = `${object.status === 'tainted' ? ' (tainted)' : ''}${deposed === undefined ? '' : ` (deposed object ${deposed})`}`
  const noun = address.resource.mode === 'data' ? 'data' : 'resource'
  const body = renderDiff(diffObject(showSensitive ? withoutSensitivity(schema!.block) : schema!.block, value, value), 0, {
    palette,
    plain: true,
  })
  return `# ${absResourceInstanceToString(address)}:${notes}\n${noun} "${address.resource.type}" "${address.resource.name}" ${body}`
}

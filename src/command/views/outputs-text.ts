import { compareStrings } from '../../base/index.ts'
import type { OutputState } from '../../states/index.ts'
import { valueText } from './value-text.ts'

/** All output values, one after the other; sensitive ones are not shown, unless that is asked for. */
export function outputsText(outputs: ReadonlyMap<string, OutputState>, showSensitive = false): string {
  return [...outputs.keys()]
    .sort(compareStrings)
    .map((name) => {
      const output = outputs.get(name)!
      return `${name} = ${output.sensitive && !showSensitive ? '<sensitive>' : valueText(output.value)}\n`
    })
    .join('')
}

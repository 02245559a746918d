import { boolType, listType, mapType, stringType } from '../../cty/index.ts'
import type { BlockSchema } from '../../schema/index.ts'

export const localExecSchema: BlockSchema = {
  attributes: {
    command: { type: stringType, required: true },
    environment: { type: mapType(stringType), optional: true },
    interpreter: { type: listType(stringType), optional: true },
    quiet: { type: boolType, optional: true },
    working_dir: { type: stringType, optional: true },
  },
  blockTypes: {},
}

const text = { type: stringType, optional: true } as const
const texts = { type: listType(stringType), optional: true } as const

export const remoteExecSchema: BlockSchema = { attributes: { inline: texts, script: text, scripts: texts }, blockTypes: {} }

export const fileSchema: BlockSchema = {
  attributes: { source: text, content: text, destination: { type: stringType, required: true } },
  blockTypes: {},
}

import {
  attributeStep,
  type DynamicType,
  dynamicType,
  indexStep,
  intVal,
  jsonString,
  jsonToValue,
  type Path,
  type PathStep,
  stringVal,
  valueToJson,
} from '../../cty/index.ts'
import type { JsonReader } from './_json-reader.ts'

/** A step that is JSON but not one of the format's; `summary` and `message` as Terraform words them. */
export class PathFormatError extends Error {
  override readonly name = 'PathFormatError'
  readonly summary: string

  constructor(summary: string, message: string) {
    super(message)
    this.summary = summary
  }
}

/** Compact JSON of paths, as in `sensitive_attributes`: see state-v4.md 1.4. */
export function pathsToJson(paths: readonly Path[]): string {
  return `[${paths.map((path) => `[${path.map(stepToJson).join(',')}]`).join(',')}]`
}

const anyType: DynamicType = dynamicType

function stepToJson(step: PathStep): string {
  if (step.kind === 'attribute') return `{"type":"get_attr","value":${jsonString(step.name)}}`
  return `{"type":"index","value":${valueToJson(step.key, anyType)}}`
}

/** Reads one path. @throws PathFormatError, JsonSyntaxError */
export function readPath(reader: JsonReader): Path {
  const path: PathStep[] = []
  if (reader.kind() !== 'array') throw new PathFormatError('Error unmarshaling path step', 'A path must be an array of steps.')
  reader.readArray(() => path.push(readStep(reader)))
  return path
}

function readStep(reader: JsonReader): PathStep {
  let type = ''
  let value = ''
  if (reader.kind() !== 'object') throw new PathFormatError('Error unmarshaling path step', 'A path step must be an object.')
  reader.readObject((name) => {
    if (name === 'type' && reader.kind() === 'string') type = reader.readString()
    else if (name === 'value') value = reader.raw()
    else reader.skip()
  })
  switch (type) {
    case 'get_attr': {
      const name: unknown = value.startsWith('"') ? JSON.parse(value) : undefined
      if (typeof name !== 'string') throw new PathFormatError('Error unmarshaling path step', 'Failed to unmarshal get attr step name')
      return attributeStep(name)
    }
    case 'index':
      return indexStep(readKey(value))
    default:
      throw new PathFormatError('Unsupported path step', `Unsupported path step type ${JSON.stringify(type)}`)
  }
}

const numberKey = /^\{"value":(-?[0-9]{1,15}),"type":"number"\}$/
const stringKey = /^\{"value":("(?:[^"\\]|\\.)*"),"type":"string"\}$/

function readKey(json: string) {
  // The two shapes that occur; the general way would cost more than all the rest of a path.
  const number = numberKey.exec(json)
  if (number !== null) return intVal(Number(number[1]))
  const string = json.length < 10_000 ? stringKey.exec(json) : null
  if (string !== null) return stringVal(JSON.parse(string[1]!) as string)
  try {
    return jsonToValue(json, anyType)
  } catch (error) {
    throw new PathFormatError('Error unmarshaling path step', `Failed to unmarshal index step key: ${(error as Error).message}`)
  }
}

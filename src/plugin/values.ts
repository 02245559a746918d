import {
  attributeStep,
  CtyError,
  indexStep,
  type Json,
  JsonNumber,
  JsonObject,
  jsonString,
  jsonToValue,
  msgpackToValue,
  nullVal,
  numberVal,
  numericFromInteger,
  objectType,
  type Path,
  parseJsonLossless,
  stringVal,
  type Type,
  type Value,
  valueToMsgpack,
} from '../cty/index.ts'
import type { IdentitySchema, ProviderDiagnostic } from '../providers/index.ts'
import {
  type AttributePath,
  type Decoded,
  type Diagnostic,
  type DynamicValue,
  type Encodable,
  type ResourceIdentityData,
  severity,
} from './wire/index.ts'

export function encodeValue(value: Value, type: Type): Encodable<typeof DynamicValue> {
  return { msgpack: valueToMsgpack(value, type) }
}

/** Absent or empty: null. @throws CtyError when the bytes are not of the type. */
export function decodeValue(message: Decoded<typeof DynamicValue> | undefined, type: Type): Value {
  if (message === undefined) return nullVal(type)
  if (message.msgpack.length > 0) return msgpackToValue(message.msgpack, type)
  if (message.json.length > 0) return jsonToValue(Buffer.from(message.json).toString('utf8'), type)
  return nullVal(type)
}

const identityTypes = new WeakMap<IdentitySchema, Type>()

export function identityType(schema: IdentitySchema): Type {
  let type = identityTypes.get(schema)
  if (type === undefined) {
    type = objectType(Object.entries(schema.attributes).map(([name, a]) => [name, a.type] as const))
    identityTypes.set(schema, type)
  }
  return type
}

export function encodeIdentity(
  value: Value | undefined,
  schema: IdentitySchema | undefined,
): Encodable<typeof ResourceIdentityData> | undefined {
  if (value === undefined || schema === undefined || value.isNull) return undefined
  return { identityData: encodeValue(value, identityType(schema)) }
}

/** Undefined when there is none. @throws CtyError */
export function decodeIdentity(
  message: Decoded<typeof ResourceIdentityData> | undefined,
  schema: IdentitySchema | undefined,
): Value | undefined {
  if (message?.identityData === undefined || schema === undefined) return undefined
  const value = decodeValue(message.identityData, identityType(schema))
  return value.isNull ? undefined : value
}

/** Absent and empty mean the same. */
export function decodePrivate(bytes: Uint8Array | undefined): Uint8Array | undefined {
  // A copy of its own: what is kept must not hold the whole answer.
  return bytes === undefined || bytes.length === 0 ? undefined : new Uint8Array(bytes)
}

export function decodeDiagnostics(messages: readonly Decoded<typeof Diagnostic>[]): ProviderDiagnostic[] {
  return messages.map((message) => {
    const attribute = message.attribute === undefined ? [] : decodePath(message.attribute)
    return {
      // What is neither is taken seriously.
      severity: message.severity === severity.warning ? 'warning' : 'error',
      summary: message.summary,
      detail: message.detail,
      ...(attribute.length === 0 ? {} : { attribute }),
    }
  })
}

/** Up to a step of a kind that is not known. */
export function decodePath(message: Decoded<typeof AttributePath>): Path {
  const path = []
  for (const step of message.steps) {
    if (step.attributeName !== undefined) path.push(attributeStep(step.attributeName))
    else if (step.elementKeyString !== undefined) path.push(indexStep(stringVal(step.elementKeyString)))
    else if (step.elementKeyInt !== undefined) path.push(indexStep(numberVal(numericFromInteger(step.elementKeyInt))))
    else break
  }
  return path
}

/**
 * Stored attributes without the properties of objects that the type does not know, which releases before may have left; the same text
 * when there are none. Parts of type `dynamic` stay as they are.
 *
 * @throws CtyError when the text is no JSON.
 */
export function withoutUnknownProperties(json: string, type: Type): string {
  const node = parseJsonLossless(json)
  const kept = keep(node, type)
  return kept === node ? json : jsonText(kept)
}

function keep(node: Json, type: Type): Json {
  switch (type.kind) {
    case 'object':
      return node instanceof JsonObject ? keepEntries(node, (key) => type.attributes.get(key)) : node
    case 'map':
      return node instanceof JsonObject ? keepEntries(node, () => type.element) : node
    case 'list':
    case 'set':
      return Array.isArray(node) ? keepElements(node as readonly Json[], () => type.element) : node
    case 'tuple':
      return Array.isArray(node) ? keepElements(node as readonly Json[], (i) => type.elements[i]) : node
    default:
      return node
  }
}

function keepEntries(node: JsonObject, typeOf: (key: string) => Type | undefined): Json {
  const kept: [string, Json][] = []
  let isSame = true
  for (const [key, child] of node.entries) {
    const type = typeOf(key)
    if (type === undefined) {
      isSame = false
      continue
    }
    const own = keep(child, type)
    if (own !== child) isSame = false
    kept.push([key, own])
  }
  return isSame ? node : new JsonObject(kept)
}

function keepElements(nodes: readonly Json[], typeOf: (index: number) => Type | undefined): Json {
  const kept = nodes.map((node, i) => {
    const type = typeOf(i)
    return type === undefined ? node : keep(node, type)
  })
  return kept.every((node, i) => node === nodes[i]) ? (nodes as Json) : (kept as Json)
}

function jsonText(node: Json): string {
  if (node === null || typeof node === 'boolean') return String(node)
  if (typeof node === 'string') return jsonString(node)
  if (node instanceof JsonNumber) return node.text
  if (node instanceof JsonObject) return `{${node.entries.map(([key, child]) => `${jsonString(key)}:${jsonText(child)}`).join(',')}}`
  if (Array.isArray(node)) return `[${(node as readonly Json[]).map(jsonText).join(',')}]`
  throw new CtyError('a JSON document holds something else')
}

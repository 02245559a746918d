import {
  CtyError,
  type Json,
  JsonObject,
  jsonNodeToValue,
  jsonToValue,
  nullVal,
  parseJsonLossless,
  type Type,
  type Value,
} from '../../cty/index.ts'
import { type BlockSchema, coerceValue, impliedType } from '../../schema/index.ts'
import type { Diagnosis, StoredAttributes } from '../provider.ts'

/**
 * The object of stored attributes, or their JSON text, of the current schema version. States of neighbouring releases differ in what attributes there are:
 * those that the schema does not have are dropped, missing ones are null, missing blocks empty.
 */
export function storedToValue(stored: string | StoredAttributes, block: BlockSchema): { readonly value: Value } & Diagnosis {
  const type = impliedType(block)
  try {
    return { value: jsonToValue(typeof stored === 'string' ? stored : (stored.parsed ?? stored.json), type), diags: [] }
  } catch (error) {
    if (!(error instanceof CtyError)) throw error
  }
  try {
    const json = typeof stored === 'string' ? stored : stored.json
    return { value: coerceValue(jsonNodeToValue(fitted(parseJsonLossless(json), type), type), block), diags: [] }
  } catch (error) {
    if (!(error instanceof CtyError)) throw error
    const detail = `What the state holds of it does not fit the schema of its type: ${error.message}.\n\nNothing has been changed. Take an earlier version of the state, or have the object forgotten with "state rm" and import it again.`
    return { value: nullVal(type), diags: [{ severity: 'error', summary: 'Stored object cannot be read', detail }] }
  }
}

function fitted(json: Json, type: Type): Json {
  switch (type.kind) {
    case 'object':
      if (!(json instanceof JsonObject)) return json
      return new JsonObject(
        json.entries.flatMap(([name, member]) => {
          const memberType = type.attributes.get(name)
          return memberType === undefined ? [] : [[name, fitted(member, memberType)] as const]
        }),
      )
    case 'map':
      return json instanceof JsonObject ? new JsonObject(json.entries.map(([key, e]) => [key, fitted(e, type.element)] as const)) : json
    case 'list':
    case 'set':
      return Array.isArray(json) ? (json as readonly Json[]).map((e) => fitted(e, type.element)) : json
    default:
      return json
  }
}

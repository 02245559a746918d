import { readPath, writePath } from './api-path.ts'
import type { Field, FieldMap } from './field.ts'
import { asArray, asRecord, type Plain, type PlainObject, UNKNOWN } from './plain.ts'

export type ApiRequest = Record<string, unknown>

/** Part of a request from the state: what is null, unknown or an empty text is left out. */
export function expandFields(fields: FieldMap, state: PlainObject, when: 'create' | 'update', only?: ReadonlySet<string>): ApiRequest {
  const request: ApiRequest = {}
  for (const [name, field] of Object.entries(fields)) {
    if (only !== undefined && !only.has(name)) continue
    const path = requestPath(field, when)
    if (path === undefined) continue
    const value = expandValue(field, state[name] ?? null, when)
    if (value !== undefined) writePath(request, path, value)
  }
  return request
}

function requestPath(field: Field, when: 'create' | 'update'): string | undefined {
  const { create, updateAt } = field.options
  if (when === 'update') return updateAt ?? (create === false ? field.path : (create ?? field.path))
  return create === false ? undefined : (create ?? field.path)
}

function expandValue(field: Field, value: Plain, when: 'create' | 'update'): unknown {
  if (value === null || value === UNKNOWN) return undefined
  if (field.options.expand !== undefined) return field.options.expand(value)
  if (field.kind === 'blocks') {
    const list = asArray(value).map((block) => expandFields(field.nested!, asRecord(block), when))
    if (field.path?.endsWith('[]')) return list.length === 0 ? undefined : list
    return list[0]
  }
  if (value === '' && when === 'create') return undefined
  if (Array.isArray(value) && value.length === 0 && when === 'create') return undefined
  return value
}

/** The attributes that an answer of the service has. Fields that are never read are absent from the result. */
export function flattenFields(fields: FieldMap, remote: unknown, rules: 'sdk' | 'framework'): Record<string, Plain> {
  const state: Record<string, Plain> = {}
  for (const [name, field] of Object.entries(fields)) {
    const { read } = field.options
    if (read === false || (read === undefined && field.path === undefined)) continue
    state[name] = flattenValue(field, readField(field, remote), rules)
  }
  return state
}

function readField(field: Field, remote: unknown): unknown {
  const { read } = field.options
  if (typeof read === 'function') return read(remote as never)
  return readPath(remote, (read as string | undefined) ?? field.path!)
}

function flattenValue(field: Field, found: unknown, rules: 'sdk' | 'framework'): Plain {
  const { flatten, absent } = field.options
  if (found === undefined || found === null) {
    if (absent !== undefined) return absent
    return rules === 'sdk' && !(found === null && typeof field.options.read === 'function') ? zeroOf(field) : null
  }
  if (flatten !== undefined) return (flatten as (v: unknown) => Plain)(found)
  switch (field.kind) {
    case 'blocks': {
      if (typeof field.options.read === 'function') return found as Plain
      const list = Array.isArray(found) ? found : [found]
      return list.map((element) => flattenFields(field.nested!, element, rules))
    }
    case 'strings':
      return (found as readonly unknown[]).filter((e) => e !== undefined && e !== null).map(String)
    case 'number':
      return typeof found === 'string' ? Number(found) : (found as number)
    case 'bool':
      return typeof found === 'string' ? found === 'true' : (found as boolean)
    case 'string':
      return found instanceof Date ? found.toISOString().replace('.000Z', 'Z') : String(found)
    default:
      return found as Plain
  }
}

/** What the old SDK stores for nothing. */
export function zeroOf(field: Field): Plain {
  switch (field.kind) {
    case 'string':
      return ''
    case 'number':
      return 0
    case 'bool':
      return false
    case 'map':
      return {}
    case 'strings':
    case 'blocks':
      return []
    default:
      return null
  }
}

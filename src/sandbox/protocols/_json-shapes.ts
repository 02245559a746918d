import { AwsError } from '../kernel/errors.ts'
import type { Member, Shape, StructureShape, WireObject, WireValue } from './shape.ts'

/** A JSON document as a value of the shape. @throws AwsError SerializationException for values of another type */
export function readJson(value: unknown, shape: Shape): WireValue {
  switch (shape.kind) {
    case 'structure': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(shape)
      return readJsonMembers(value as Record<string, unknown>, shape)
    }
    case 'list':
      if (!Array.isArray(value)) throw wrongType(shape)
      return value.map((item) => readJson(item, shape.member.shape))
    case 'map':
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(shape)
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, readJson(v, shape.value.shape)]))
    case 'string':
      if (typeof value !== 'string') throw wrongType(shape)
      return value
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType(shape)
      return value
    case 'number': {
      // Non-finite numbers travel as text.
      const number = typeof value === 'string' && /^(NaN|-?Infinity)$/.test(value) ? Number(value) : value
      if (typeof number !== 'number') throw wrongType(shape)
      return number
    }
    case 'timestamp': {
      const date = typeof value === 'number' ? new Date(value * 1000) : new Date(String(value))
      if (Number.isNaN(date.getTime())) throw wrongType(shape)
      return date
    }
    case 'blob':
      if (typeof value !== 'string') throw wrongType(shape)
      return new Uint8Array(Buffer.from(value, 'base64'))
    default:
      return value as WireValue
  }
}

export function readJsonMembers(
  value: Record<string, unknown>,
  shape: StructureShape,
  skip: (m: Member) => boolean = () => false,
): WireObject {
  const result: WireObject = {}
  for (const member of shape.members) {
    if (skip(member)) continue
    const given = value[member.traits.jsonName ?? member.name]
    if (given !== undefined && given !== null) result[member.name] = readJson(given, member.shape)
  }
  return result
}

function wrongType(shape: Shape): AwsError {
  const name = 'name' in shape ? shape.name : shape.kind
  return new AwsError('SerializationException', `The value given is not of the type ${name}`)
}

export function writeJson(value: WireValue, shape: Shape): unknown {
  if (value === undefined || value === null) return undefined
  switch (shape.kind) {
    case 'structure':
      return writeJsonMembers(value as WireObject, shape)
    case 'list':
      return (value as readonly WireValue[]).map((item) => writeJson(item, shape.member.shape))
    case 'map':
      return Object.fromEntries(Object.entries(value as WireObject).map(([k, v]) => [k, writeJson(v, shape.value.shape)]))
    case 'timestamp': {
      const date = value as Date
      if (shape.format === 'dateTime') return date.toISOString()
      return shape.format === 'httpDate' ? date.toUTCString() : date.getTime() / 1000
    }
    case 'blob':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'number':
      return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
    default:
      return value
  }
}

export function writeJsonMembers(
  value: WireObject,
  shape: StructureShape,
  skip: (m: Member) => boolean = () => false,
): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const member of shape.members) {
    if (skip(member)) continue
    const written = writeJson(value[member.name], member.shape)
    if (written !== undefined) result[member.traits.jsonName ?? member.name] = written
  }
  return result
}

/** Reports the first required member that is absent. */
export function requireMembers(value: WireObject, shape: StructureShape, code = 'ValidationException'): void {
  for (const member of shape.members)
    if (member.required && value[member.name] === undefined)
      throw new AwsError(
        code,
        `1 validation error detected: Value null at '${member.name}' failed to satisfy constraint: Member must not be null`,
      )
}

/** @throws AwsError SerializationException when the body is no JSON object */
export function parseJsonObject(body: Uint8Array): Record<string, unknown> {
  const text = Buffer.from(body).toString('utf8')
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new AwsError('SerializationException', 'The body of the request is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AwsError('SerializationException', 'Start of structure or map found where not expected.')
  return value as Record<string, unknown>
}

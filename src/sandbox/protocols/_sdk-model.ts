import { InvariantError } from '../../base/index.ts'
import { type CompactModel, expandModel } from './_compact.ts'
import type { Member, OperationShape, ServiceModel, Shape, StructureShape, TimestampFormat, Traits } from './shape.ts'

/**
 * Reads the schemas that a package `@aws-sdk/client-x` exports as `Name$`: nested tuples whose first element is the
 * kind. The tuples are described in `@smithy/types` (StaticOperationSchema and its neighbours); nothing else of the SDK
 * is used, and every tuple is converted when it is first needed, because EC2 has 3,400 of them.
 *
 * In the executable the package is replaced by the shapes that the sandbox needs of it (scripts/sandbox-shapes.js).
 */
export function sdkModel(exports: Readonly<Record<string, unknown>>): ServiceModel {
  if (exports.compactShapes !== undefined) return expandModel(exports.compactShapes as CompactModel)
  const operations = new Map<string, OperationShape>()
  const operation = (name: string): OperationShape | undefined => {
    const known = operations.get(name)
    if (known !== undefined) return known
    const schema = exports[`${name}$`]
    if (!Array.isArray(schema) || schema[0] !== OPERATION) return undefined
    const shape = operationOf(schema)
    operations.set(name, shape)
    return shape
  }
  return {
    operation,
    operations: () =>
      Object.entries(exports)
        .filter(([key, value]) => key.endsWith('$') && Array.isArray(value) && value[0] === OPERATION)
        .map(([key]) => operation(key.slice(0, -1))!),
  }
}

const OPERATION = 9
const STRUCTURE = 3
const UNION = 4
const ERROR = -3
const LIST = 1
const MAP = 2
const SIMPLE = 0
const LIST_OF = 64
const MAP_OF = 128

const unit: StructureShape = { kind: 'structure', name: 'Unit', traits: {}, members: [] }

const shapes = new WeakMap<object, Shape>()

function operationOf(schema: readonly unknown[]): OperationShape {
  const traits = schema[3] as { http?: [string, string, number] } | number
  const http = typeof traits === 'object' && traits.http !== undefined ? traits.http : undefined
  return {
    name: schema[2] as string,
    ...(http === undefined ? {} : { http: { method: http[0], uri: http[1], status: http[2] } }),
    input: structureOf(schema[4]),
    output: structureOf(schema[5]),
  }
}

function structureOf(ref: unknown): StructureShape {
  const shape = shapeOf(ref).shape
  return shape.kind === 'structure' ? shape : unit
}

/** The shape that a reference leads to, and the traits met on the way. */
function shapeOf(ref: unknown): { shape: Shape; traits: Traits } {
  if (typeof ref === 'function') return shapeOf((ref as () => unknown)())
  if (typeof ref === 'string') return { shape: unit, traits: {} }
  if (typeof ref === 'number') return { shape: simpleShape(ref), traits: {} }
  if (!Array.isArray(ref)) throw new InvariantError('An AWS schema of a form the sandbox does not know.')
  if (ref.length === 2) {
    const target = shapeOf(ref[0])
    return { shape: target.shape, traits: { ...target.traits, ...traitsOf(ref[1]) } }
  }
  const traits = traitsOf(ref[3])
  if (ref[0] === SIMPLE) {
    const target = shapeOf(ref[4])
    return { shape: target.shape, traits: { ...target.traits, ...traits } }
  }
  const known = shapes.get(ref)
  if (known !== undefined) return { shape: known, traits }
  const shape = aggregateShape(ref, traits)
  shapes.set(ref, shape)
  return { shape, traits }
}

function aggregateShape(schema: readonly unknown[], traits: Traits): Shape {
  const name = schema[2] as string
  switch (schema[0]) {
    case STRUCTURE:
    case UNION:
    case ERROR: {
      const names = schema[4] as readonly string[]
      const targets = schema[5] as readonly unknown[]
      const required = schema[0] === UNION ? 0 : ((schema[6] as number | undefined) ?? 0)
      return { kind: 'structure', name, traits, members: names.map((n, i) => lazyMember(n, targets[i], i < required)) }
    }
    case LIST:
      return { kind: 'list', name, member: lazyMember('member', schema[4], false) }
    case MAP:
      return { kind: 'map', name, key: lazyMember('key', schema[4], true), value: lazyMember('value', schema[5], false) }
    default:
      throw new InvariantError(`The AWS schema ${name} is of a kind the sandbox does not know.`)
  }
}

function lazyMember(name: string, ref: unknown, required: boolean): Member {
  let resolved: { shape: Shape; traits: Traits } | undefined
  const resolve = () => {
    resolved ??= memberTarget(ref)
    return resolved
  }
  return {
    name,
    required,
    get traits() {
      return resolve().traits
    },
    get shape() {
      return resolve().shape
    },
  }
}

/** A structure's own traits (such as its root element's name) are not traits of the members that refer to it. */
function memberTarget(ref: unknown): { shape: Shape; traits: Traits } {
  if (Array.isArray(ref) && ref.length === 2) {
    const target = memberTarget(ref[0])
    return { shape: target.shape, traits: { ...target.traits, ...traitsOf(ref[1]) } }
  }
  const { shape, traits } = shapeOf(ref)
  return { shape, traits: shape.kind === 'structure' ? {} : traits }
}

function simpleShape(code: number): Shape {
  if ((code & MAP_OF) !== 0)
    return { kind: 'map', name: '', key: lazyMember('key', 0, true), value: lazyMember('value', code & ~MAP_OF, false) }
  if ((code & LIST_OF) !== 0) return { kind: 'list', name: '', member: lazyMember('member', code & ~LIST_OF, false) }
  switch (code) {
    case 0:
      return { kind: 'string' }
    case 1:
    case 17:
    case 19:
      return { kind: 'number' }
    case 2:
      return { kind: 'boolean' }
    case 4:
    case 5:
    case 6:
    case 7:
      return { kind: 'timestamp', format: (['default', 'dateTime', 'httpDate', 'epoch'] satisfies TimestampFormat[])[code - 4]! }
    case 15:
      return { kind: 'document' }
    case 21:
    case 42:
      return { kind: 'blob' }
    default:
      throw new InvariantError(`The AWS schema code ${code} is unknown to the sandbox.`)
  }
}

/** Traits without a value are bits of one number, in the order of `TraitFlags` in `@smithy/types`. */
function traitsOf(traits: unknown): Traits {
  if (typeof traits === 'number') {
    return {
      ...(traits & 1 ? { httpLabel: true } : {}),
      ...(traits & 4 ? { idempotencyToken: true } : {}),
      ...(traits & 16 ? { httpPayload: true } : {}),
      ...(traits & 32 ? { httpResponseCode: true } : {}),
      ...(traits & 64 ? { httpQueryParams: true } : {}),
    }
  }
  if (typeof traits !== 'object' || traits === null) return {}
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(traits)) result[name] = value === 1 ? true : value
  return result as Traits
}

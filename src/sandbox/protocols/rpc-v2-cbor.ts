import { AwsError } from '../kernel/errors.ts'
import { CborError, type CborValue, decodeCbor, encodeCbor } from './_cbor.ts'
import { requireMembers } from './_json-shapes.ts'
import type { Protocol } from './protocol.ts'
import type { Shape, StructureShape, WireObject, WireValue } from './shape.ts'

const headers = { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' }

/**
 * Smithy's RPC protocol with CBOR bodies: the operation in the path, documents in both directions.
 *
 * @see https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
export const rpcV2Cbor: Protocol = {
  decode(request, model) {
    const operation = model.operation(/\/service\/[^/]+\/operation\/([^/]+)$/.exec(request.path)?.[1] ?? '')
    if (operation === undefined) throw new AwsError('UnknownOperationException', '', 404)
    const input = readMembers(parse(request.body), operation.input)
    requireMembers(input, operation.input)
    return { operation, input }
  },
  encode(output, operation) {
    return { status: 200, headers, body: encodeCbor(writeMembers(output, operation.output)) }
  },
  encodeError(error) {
    return {
      status: error.status,
      headers: { ...headers, ...error.headers },
      body: encodeCbor({ __type: error.code, message: error.message, ...error.extra }),
    }
  },
}

function parse(body: Uint8Array): CborValue {
  if (body.length === 0) return {}
  try {
    return decodeCbor(body)
  } catch (error) {
    if (error instanceof CborError) throw new AwsError('SerializationException', error.message)
    throw error
  }
}

function readMembers(value: CborValue, shape: StructureShape): WireObject {
  if (!isObject(value)) throw wrongType(shape)
  const result: WireObject = {}
  for (const member of shape.members) {
    const given = value[member.name]
    if (given !== undefined && given !== null) result[member.name] = readValue(given, member.shape)
  }
  return result
}

function readValue(value: CborValue, shape: Shape): WireValue {
  switch (shape.kind) {
    case 'structure':
      return readMembers(value, shape)
    case 'list':
      if (!Array.isArray(value)) throw wrongType(shape)
      return (value as readonly CborValue[]).map((item) => readValue(item, shape.member.shape))
    case 'map':
      if (!isObject(value)) throw wrongType(shape)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readValue(item, shape.value.shape)]))
    case 'number':
      if (typeof value !== 'number' && typeof value !== 'bigint') throw wrongType(shape)
      return Number(value)
    case 'timestamp':
      if (typeof value === 'number') return new Date(value * 1000)
      if (!(value instanceof Date)) throw wrongType(shape)
      return value
    case 'blob':
      if (!(value instanceof Uint8Array)) throw wrongType(shape)
      return value
    case 'string':
    case 'boolean':
      if (typeof value !== shape.kind) throw wrongType(shape)
      return value as string | boolean
    default:
      return value as WireValue
  }
}

function isObject(value: CborValue): value is Readonly<Record<string, CborValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date) && !(value instanceof Uint8Array)
}

function wrongType(shape: Shape): AwsError {
  return new AwsError('SerializationException', `The value given is not of the type ${'name' in shape ? shape.name : shape.kind}`)
}

/** The members that the shape has, and no others. */
function writeMembers(value: WireObject, shape: StructureShape): CborValue {
  return Object.fromEntries(shape.members.map((member) => [member.name, writeValue(value[member.name], member.shape)]))
}

function writeValue(value: WireValue, shape: Shape): CborValue {
  if (value === undefined || value === null) return undefined
  switch (shape.kind) {
    case 'structure':
      return writeMembers(value as WireObject, shape)
    case 'list':
      return (value as readonly WireValue[]).map((item) => writeValue(item, shape.member.shape) ?? null)
    case 'map':
      return Object.fromEntries(Object.entries(value as WireObject).map(([key, item]) => [key, writeValue(item, shape.value.shape)]))
    default:
      return value as CborValue
  }
}

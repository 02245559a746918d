import { AwsError } from '../kernel/errors.ts'
import { simpleFromText } from './_text.ts'
import type { WireRequest } from './protocol.ts'
import type { Member, Shape, StructureShape, WireObject, WireValue } from './shape.ts'

/** A form's keys split at their dots: `Tag.1.Key=a` is three nodes below the root. */
interface FormNode {
  value?: string
  readonly children: Map<string, FormNode>
}

/** How a dialect of the query protocol spells names and lists. */
export interface FormDialect {
  memberName(member: Member): string
  /** The node whose children are a list's elements, numbered from 1. */
  listNode(node: FormNode, member: Member, shape: Extract<Shape, { kind: 'list' }>): FormNode | undefined
  /** Whether a parameter that the operation does not have is an error (EC2) or ignored. */
  readonly strict: boolean
  missing(path: string): AwsError
}

/** The parameters of a query request: the form in the body, or the query string. */
export function formOf(request: WireRequest): URLSearchParams {
  return request.body.length > 0 ? new URLSearchParams(Buffer.from(request.body).toString('utf8')) : request.query
}

const commonParameters = /^(Action|Version|AWSAccessKeyId|Signature\w*|Timestamp|Expires|SecurityToken|X-Amz-.*)$/i

/** @throws AwsError for parameters that are unknown, missing or of the wrong type */
export function readForm(form: URLSearchParams, shape: StructureShape, dialect: FormDialect): WireObject {
  const root: FormNode = { children: new Map() }
  for (const [key, value] of form) {
    if (commonParameters.test(key)) continue
    let node = root
    for (const part of key.split('.')) {
      let child = node.children.get(part)
      if (child === undefined) {
        child = { children: new Map() }
        node.children.set(part, child)
      }
      node = child
    }
    node.value = value
  }
  return readStructure(root, shape, dialect, '')
}

function readStructure(node: FormNode, shape: StructureShape, dialect: FormDialect, path: string): WireObject {
  const result: WireObject = {}
  const known = new Set<string>()
  for (const member of shape.members) {
    const name = dialect.memberName(member)
    known.add(name)
    const child = node.children.get(name)
    const where = path === '' ? name : `${path}.${name}`
    if (child !== undefined) result[member.name] = readValue(child, member, dialect, where)
    else if (member.required) throw dialect.missing(where)
  }
  if (dialect.strict)
    for (const name of node.children.keys())
      if (!known.has(name))
        throw new AwsError('UnknownParameter', `The parameter ${path === '' ? name : `${path}.${name}`} is not recognized`)
  return result
}

function readValue(node: FormNode, member: Member, dialect: FormDialect, path: string): WireValue {
  const { shape } = member
  switch (shape.kind) {
    case 'structure':
      return readStructure(node, shape, dialect, path)
    case 'list': {
      const list = dialect.listNode(node, member, shape)
      // An empty list is written as `Name=` by the query protocol.
      if (list === undefined) return []
      return numbered(list).map(([index, child]) => readValue(child, shape.member, dialect, `${path}.${index}`))
    }
    case 'map': {
      const entries = node.children.get('entry') ?? node
      const result: WireObject = {}
      for (const [index, entry] of numbered(entries)) {
        const key = entry.children.get(shape.key.traits.xmlName ?? 'key')?.value
        const value = entry.children.get(shape.value.traits.xmlName ?? 'value')
        if (key !== undefined && value !== undefined) result[key] = readValue(value, shape.value, dialect, `${path}.${index}`)
      }
      return result
    }
    default:
      if (node.value === undefined) throw new AwsError('MalformedQueryString', `The parameter ${path} has no value of its own.`)
      return simpleFromText(node.value, shape, path)
  }
}

function numbered(node: FormNode): [number, FormNode][] {
  return [...node.children]
    .map(([key, child]): [number, FormNode] => [Number(key), child])
    .filter(([index]) => Number.isInteger(index))
    .sort((a, b) => a[0] - b[0])
}

import { AwsError } from '../kernel/errors.ts'
import { simpleFromText, simpleToText } from './_text.ts'
import type { WireRequest } from './protocol.ts'
import type { Member, OperationShape, ServiceModel, StructureShape, WireObject, WireValue } from './shape.ts'

interface Route {
  readonly operation: OperationShape
  readonly method: string
  readonly pattern: RegExp
  readonly labels: readonly string[]
  readonly greedy: number
  /** Keys (and values, where they have one) that the query string must have; `x-id` only informs. */
  readonly literals: readonly (readonly [string, string | undefined])[]
  readonly requiredQuery: readonly string[]
  readonly requiredHeaders: readonly string[]
}

const tables = new WeakMap<ServiceModel, readonly Route[]>()

function routesOf(model: ServiceModel): readonly Route[] {
  let routes = tables.get(model)
  if (routes === undefined) {
    // The most particular first: more of the query string fixed, then fewer labels that swallow slashes, then more labels fixed.
    routes = model
      .operations()
      .filter((operation) => operation.http !== undefined)
      .map(routeOf)
      .sort(
        (a, b) =>
          b.literals.length +
            b.requiredQuery.length +
            b.requiredHeaders.length -
            (a.literals.length + a.requiredQuery.length + a.requiredHeaders.length) ||
          a.greedy - b.greedy ||
          a.labels.length - b.labels.length,
      )
    tables.set(model, routes)
  }
  return routes
}

function routeOf(operation: OperationShape): Route {
  const { method, uri } = operation.http!
  const [path, query] = uri.split('?') as [string, string | undefined]
  const labels: string[] = []
  let greedy = 0
  const pattern = path
    .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    .replace(/\{([^}]*?)(\\\+)?\}/g, (_whole, name: string, plus: string | undefined) => {
      labels.push(name)
      if (plus === undefined) return '([^/]+)'
      greedy++
      return '(.+)'
    })
  const required = operation.input.members.filter((member) => member.required)
  return {
    operation,
    method,
    pattern: new RegExp(`^${pattern}$`),
    labels,
    greedy,
    literals: (query ?? '')
      .split('&')
      .filter((part) => part !== '' && !part.startsWith('x-id='))
      .map((part) => {
        const [key, value] = part.split('=')
        return [key!, value] as const
      }),
    requiredQuery: required.flatMap((member) => member.traits.httpQuery ?? []),
    requiredHeaders: required.flatMap((member) => member.traits.httpHeader?.toLowerCase() ?? []),
  }
}

/** The operation of a request by method, path and query. @throws AwsError when there is none */
export function routeRequest(
  request: WireRequest,
  model: ServiceModel,
  notFound: () => AwsError,
  fits: (operation: OperationShape) => boolean = () => true,
): { operation: OperationShape; labels: WireObject } {
  for (const route of routesOf(model)) {
    if (route.method !== request.method || !fits(route.operation)) continue
    const match = route.pattern.exec(request.path)
    if (match === null) continue
    if (!route.literals.every(([key, value]) => (value === undefined ? request.query.has(key) : request.query.get(key) === value))) continue
    if (!route.requiredQuery.every((key) => request.query.has(key))) continue
    if (!route.requiredHeaders.every((key) => request.headers[key] !== undefined)) continue
    return { operation: route.operation, labels: Object.fromEntries(route.labels.map((label, i) => [label, decode(match[i + 1]!)])) }
  }
  throw notFound()
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.")
  }
}

/** Whether a member travels outside the body. */
export function isBound({ traits }: Member): boolean {
  return (
    traits.httpHeader !== undefined ||
    traits.httpLabel === true ||
    traits.httpQuery !== undefined ||
    traits.httpQueryParams === true ||
    traits.httpPayload === true ||
    traits.httpPrefixHeaders !== undefined ||
    traits.httpResponseCode === true
  )
}

/** What a request's path, query string and headers say. */
export function readBindings(request: WireRequest, operation: OperationShape, labels: WireObject): WireObject {
  const result: WireObject = {}
  for (const member of operation.input.members) {
    const value = readBinding(request, member, labels)
    if (value !== undefined) result[member.name] = value
  }
  return result
}

function readBinding(request: WireRequest, member: Member, labels: WireObject): WireValue {
  const { traits, shape } = member
  if (traits.httpLabel === true) {
    const label = labels[member.name]
    return label === undefined ? undefined : simpleFromText(label as string, shape, member.name)
  }
  if (traits.httpQuery !== undefined) {
    if (!request.query.has(traits.httpQuery)) return undefined
    if (shape.kind === 'list')
      return request.query.getAll(traits.httpQuery).map((item) => simpleFromText(item, shape.member.shape, member.name))
    return simpleFromText(request.query.get(traits.httpQuery)!, shape, member.name)
  }
  if (traits.httpHeader !== undefined) {
    const text = request.headers[traits.httpHeader.toLowerCase()]
    if (text === undefined) return undefined
    if (shape.kind === 'list') return text.split(',').map((item) => simpleFromText(item.trim(), shape.member.shape, member.name))
    return simpleFromText(text, shape, member.name)
  }
  if (traits.httpPrefixHeaders !== undefined) {
    const prefix = traits.httpPrefixHeaders.toLowerCase()
    const found = Object.entries(request.headers).filter(([name]) => name.startsWith(prefix))
    return found.length === 0 ? undefined : Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]))
  }
  if (traits.httpQueryParams === true) return Object.fromEntries(request.query)
  return undefined
}

/** Headers and status of a response. */
export function writeBindings(
  output: WireObject,
  shape: StructureShape,
  status: number,
): { status: number; headers: Record<string, string> } {
  const headers: Record<string, string> = {}
  let code = status
  for (const member of shape.members) {
    const value = output[member.name]
    if (value === undefined || value === null) continue
    const { traits } = member
    if (traits.httpResponseCode === true) code = value as number
    else if (traits.httpHeader !== undefined)
      headers[traits.httpHeader.toLowerCase()] =
        member.shape.kind === 'list' ? (value as readonly WireValue[]).join(',') : simpleToText(value, member.shape, 'httpDate')
    else if (traits.httpPrefixHeaders !== undefined)
      for (const [name, text] of Object.entries(value as WireObject))
        headers[`${traits.httpPrefixHeaders}${name}`.toLowerCase()] = String(text)
  }
  return { status: code, headers }
}

import { describe, expect, test } from 'vitest'
import type {
  Member,
  OperationShape,
  Shape,
  StructureShape,
  WireObject,
  WireRequest,
  WireResponse,
  WireValue,
} from '../../src/sandbox/protocols/index.ts'
import { type ServiceEntry, services } from '../../src/sandbox/services/index.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

/** The same numbers in every run. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const texts = ['x', 'Some Text', 'a-b_c.d', '1', 'ü ß', '<&>"\'', 'line\nbreak', 'trailing ', '100%', '{"a":[1]}']
const plainTexts = ['x', 'some-text', 'abc123']

/** Members that clients fill or change on their own. */
const untouchable = /^(SSECustomer|CopySourceSSECustomer|Checksum|ContentMD5|ContentLength|Expires|ExpiresString|DryRun$)/

interface Draw {
  readonly random: () => number
  /** Whether text travels in a header or a path. */
  readonly plain: boolean
  readonly depth: number
}

function draw(shape: Shape, { random, plain, depth }: Draw): WireValue {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  switch (shape.kind) {
    case 'string':
      return pick(plain ? plainTexts : texts)
    case 'number':
      return Math.floor(random() * 1000)
    case 'boolean':
      return random() < 0.5
    case 'timestamp':
      return new Date(Math.floor(random() * 2_000_000_000) * 1000)
    case 'blob':
      return new Uint8Array([1, 0, 255, Math.floor(random() * 256)])
    case 'document':
      return { a: [1, 'x'] }
    case 'list':
      return Array.from({ length: 1 + Math.floor(random() * 3) }, () => draw(shape.member.shape, { random, plain, depth: depth + 1 }))
    case 'map':
      return Object.fromEntries(plainTexts.slice(0, 2).map((key) => [key, draw(shape.value.shape, { random, plain, depth: depth + 1 })]))
    case 'structure':
      return drawMembers(shape, random, depth)
    default:
      return undefined
  }
}

function drawMembers(shape: StructureShape, random: () => number, depth: number): WireObject {
  const result: WireObject = {}
  for (const member of shape.members) {
    if (untouchable.test(member.name)) continue
    const isDeep = depth > 3 && (member.shape.kind === 'structure' || member.shape.kind === 'list' || member.shape.kind === 'map')
    if (!member.required && (isDeep || random() < 0.3)) continue
    result[member.name] = drawMember(member, random, depth)
  }
  // Forms have no way to say that a structure is there and empty.
  const first = shape.members.find((member) => !untouchable.test(member.name) && member.shape.kind !== 'structure')
  if (Object.keys(result).length === 0 && first !== undefined) result[first.name] = drawMember(first, random, depth)
  return result
}

function drawMember(member: Member, random: () => number, depth: number): WireValue {
  const { traits, shape } = member
  if (member.name === 'Bucket') return 'some-bucket'
  const plain = traits.httpHeader !== undefined || traits.httpLabel === true || traits.httpPrefixHeaders !== undefined
  return draw(shape, { random, plain, depth: depth + 1 })
}

/** Where an answer has something else than was meant; what it has beyond that is the client's business. */
function differences(meant: WireValue, found: unknown, shape: Shape, path: string): string[] {
  if (meant === undefined || meant === null) return []
  if (meant instanceof Date)
    return found instanceof Date && found.getTime() === meant.getTime() ? [] : [`${path}: ${meant.toISOString()} became ${String(found)}`]
  if (meant instanceof Uint8Array) return Buffer.from(meant).equals(Buffer.from((found ?? []) as Uint8Array)) ? [] : [`${path}: bytes`]
  if (shape.kind === 'list') {
    const items = (found ?? []) as readonly unknown[]
    const list = meant as readonly WireValue[]
    if (items.length !== list.length) return [`${path}: ${list.length} became ${items.length} items`]
    return list.flatMap((item, i) => differences(item, items[i], shape.member.shape, `${path}[${i}]`))
  }
  if (shape.kind === 'map')
    return Object.entries(meant as WireObject).flatMap(([key, value]) =>
      differences(value, (found as WireObject)?.[key], shape.value.shape, `${path}.${key}`),
    )
  if (shape.kind === 'structure') {
    // An empty structure may be left out.
    if (found === undefined && Object.keys(meant as WireObject).length === 0) return []
    return shape.members.flatMap((member) =>
      differences(
        (meant as WireObject)[member.name],
        (found as WireObject | undefined)?.[member.name],
        member.shape,
        `${path}.${member.name}`,
      ),
    )
  }
  if (shape.kind === 'document') return JSON.stringify(meant) === JSON.stringify(found) ? [] : [`${path}: document`]
  return meant === found ? [] : [`${path}: ${JSON.stringify(meant)} became ${JSON.stringify(found)}`]
}

interface Sdk {
  /** Sends a command and gives what went over the wire, or what the client made of an answer. */
  send(operation: string, input: object, answer: WireResponse): Promise<{ request: WireRequest; output: object }>
}

const packages: Readonly<Record<string, () => Promise<object>>> = {
  autoscaling: () => import('@aws-sdk/client-auto-scaling'),
  cloudwatch: () => import('@aws-sdk/client-cloudwatch'),
  ec2: () => import('@aws-sdk/client-ec2'),
  ecs: () => import('@aws-sdk/client-ecs'),
  elb: () => import('@aws-sdk/client-elastic-load-balancing'),
  iam: () => import('@aws-sdk/client-iam'),
  logs: () => import('@aws-sdk/client-cloudwatch-logs'),
  route53: () => import('@aws-sdk/client-route-53'),
  s3: () => import('@aws-sdk/client-s3'),
  ssm: () => import('@aws-sdk/client-ssm'),
  sts: () => import('@aws-sdk/client-sts'),
}

function bytesOf(body: Uint8Array | string | undefined): Uint8Array {
  if (body === undefined || typeof body === 'string') return Buffer.from(body ?? '')
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
}

async function openSdk(entry: ServiceEntry): Promise<Sdk> {
  const module = (await packages[entry.name]!()) as Record<string, new (config: object) => unknown>
  const clientName = Object.keys(module).find((name) => name.endsWith('Client') && name !== '__Client')!
  let request: WireRequest | undefined
  let answer: WireResponse | undefined
  const client = new module[clientName]!({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1:9',
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
    requestHandler: {
      metadata: { handlerProtocol: 'http/1.1' },
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
      async handle(sent: {
        method: string
        path: string
        query?: Record<string, string | string[] | null>
        headers: Record<string, string>
        body?: Uint8Array | string
      }) {
        const query = new URLSearchParams()
        for (const [name, value] of Object.entries(sent.query ?? {})) for (const item of [value].flat()) query.append(name, item ?? '')
        const headers = Object.fromEntries(Object.entries(sent.headers).map(([name, value]) => [name.toLowerCase(), value]))
        request = { method: sent.method, path: sent.path, query, headers, body: bytesOf(sent.body) }
        return {
          response: { statusCode: answer!.status, headers: answer!.headers, body: new Uint8Array(Buffer.from(answer!.body as string)) },
        }
      },
    },
  }) as { send(command: unknown): Promise<object> }
  return {
    async send(operation, input, given) {
      answer = given
      const output = await client.send(new module[`${operation}Command`]!(input))
      return { request: request!, output }
    },
  }
}

/** Operations whose answers are streams of bytes, or which clients take for failed when they are empty. */
const ownWay: Readonly<Record<string, WireObject>> = {
  CopyObject: { CopyObjectResult: { ETag: '"x"' } },
  GetBucketLocation: { LocationConstraint: 'eu-west-1' },
  UploadPartCopy: { CopyPartResult: { ETag: '"x"' } },
}

describe('what a client sends is what the sandbox reads, and what it answers is what the client gets', () => {
  test.each(services.filter((entry) => packages[entry.name] !== undefined).map((entry) => [entry.name, entry] as const))(
    '%s',
    async (_, entry) => {
      const service = await entry.load()
      const model = await service.model()
      const sdk = await openSdk(entry)
      const found: string[] = []
      const random = randomFrom(7)
      const check = async (operation: OperationShape): Promise<void> => {
        const input = drawMembers(operation.input, random, 0)
        const output = ownWay[operation.name] ?? drawMembers(operation.output, random, 0)
        const answer = service.protocol.encode(output, operation, service.facts, 'request')
        const round = await sdk.send(operation.name, input, answer)
        found.push(...differences(output, round.output, operation.output, `${operation.name} answer`))
        const decoded = service.protocol.decode(round.request, model, service.facts)
        if (decoded.operation.name === operation.name)
          found.push(...differences(input, decoded.input, operation.input, `${operation.name} request`))
        else found.push(`${operation.name} was read as ${decoded.operation.name}`)
      }
      // Objects come back as streams, which the tests of S3 read.
      for (const name of Object.keys(service.operations).filter((operation) => operation !== 'GetObject')) {
        for (let round = 0; round < 2; round++) {
          await check(model.operation(name)!).catch((error: unknown) => found.push(`${name}: ${String(error)}`))
        }
      }
      expect(found).toEqual([])
    },
  )
})

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Member, Shape, StructureShape } from '../../src/sandbox/protocols/index.ts'
import { services } from '../../src/sandbox/services/index.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

interface BotoRef {
  readonly shape: string
  readonly locationName?: string
  readonly location?: string
  readonly queryName?: string
}

interface BotoShape {
  readonly type: string
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, BotoRef>>
  readonly member?: BotoRef
  readonly key?: BotoRef
  readonly value?: BotoRef
  readonly flattened?: boolean
  readonly timestampFormat?: string
  readonly locationName?: string
}

interface BotoModel {
  readonly metadata: { readonly protocol: string }
  readonly operations: Readonly<
    Record<
      string,
      { readonly http: { readonly method: string; readonly requestUri: string }; readonly input?: BotoRef; readonly output?: BotoRef }
    >
  >
  readonly shapes: Readonly<Record<string, BotoShape>>
}

/** Where the `aws` command or Python keeps the models that AWS publishes. */
function findModels(): string | undefined {
  const program = process.env.LANDFORM_PEER_AWS_CLI ?? 'aws'
  const which = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim()
  const pythons = [...(which === '' ? [] : [join(dirname(realpathSync(which)), 'python3')]), 'python3']
  for (const python of pythons) {
    const script = 'import botocore, os; print(os.path.join(os.path.dirname(botocore.__file__), "data"))'
    const found = spawnSync(python, ['-c', script], { encoding: 'utf8' })
    if (found.status === 0) return found.stdout.trim()
  }
  return undefined
}

const data = findModels()

/** Names of folders where they are not the sandbox's name of the service. */
const folders: Readonly<Record<string, string>> = {
  's3-control': 's3control',
  'cloudwatch-query': 'cloudwatch',
  'cloudwatch-cbor': 'cloudwatch',
}

function readModel(service: string): BotoModel {
  const folder = join(data!, folders[service] ?? service)
  const version = readdirSync(folder).sort().at(-1)!
  const file = readdirSync(join(folder, version)).find((name) => name.startsWith('service-2.json'))!
  const bytes = readFileSync(join(folder, version, file))
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as BotoModel
}

const kinds: Readonly<Record<string, string>> = {
  string: 'string',
  character: 'string',
  integer: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  boolean: 'boolean',
  blob: 'blob',
  timestamp: 'timestamp',
  structure: 'structure',
  list: 'list',
  map: 'map',
}

/** What one model says otherwise than the other, from a shape downwards of what both have. */
class Comparison {
  readonly differences: string[] = []
  readonly #model: BotoModel
  readonly #met = new Set<string>()

  constructor(model: BotoModel) {
    this.#model = model
  }

  structure(where: string, ours: StructureShape, name: string, isInput: boolean): void {
    const key = `${ours.name} ${name} ${isInput}`
    if (this.#met.has(key)) return
    this.#met.add(key)
    const theirs = this.#model.shapes[name]!
    for (const member of ours.members) {
      const ref = theirs.members?.[member.name]
      // The packages that the sandbox takes its shapes from are newer than the models of most machines.
      if (ref !== undefined) this.#member(`${where}.${member.name}`, member, ref, isInput)
    }
    if (!isInput) return
    const required = (names: readonly string[]): string => [...names].sort().join(' ')
    const own = required(ours.members.filter((member) => member.required).map((member) => member.name))
    const wanted = required((theirs.required ?? []).filter((member) => ours.members.some((one) => one.name === member)))
    if (own !== wanted) this.#note(where, `needs ${own || 'nothing'} instead of ${wanted || 'nothing'}`)
  }

  #member(where: string, member: Member, ref: BotoRef, isInput: boolean): void {
    const { traits } = member
    // JSON has no other names than those of the members.
    const isNamed =
      !this.#model.metadata.protocol.includes('json') || (traits.jsonName ?? traits.httpHeader ?? traits.httpQuery) !== undefined
    const name = traits.httpHeader ?? traits.httpQuery ?? traits.httpPrefixHeaders ?? traits.jsonName ?? traits.xmlName ?? member.name
    const theirs = this.#wireName(ref, member.name, isInput)
    const own = this.#model.metadata.protocol === 'ec2' && isInput ? (traits.ec2QueryName ?? capital(traits.xmlName ?? member.name)) : name
    if (isNamed && traits.httpPayload !== true && traits.httpLabel !== true && own.toLowerCase() !== theirs.toLowerCase())
      this.#note(where, `is called ${own} instead of ${theirs}`)
    this.#shape(where, member.shape, ref.shape, isInput, traits.xmlFlattened === true)
  }

  #wireName(ref: BotoRef, name: string, isInput: boolean): string {
    const shape = this.#model.shapes[ref.shape]!
    const isFlat = shape.flattened === true && shape.member?.locationName !== undefined && ref.locationName === undefined
    const plain = ref.locationName ?? (isFlat ? shape.member!.locationName! : name)
    return this.#model.metadata.protocol === 'ec2' && isInput ? (ref.queryName ?? capital(ref.locationName ?? name)) : plain
  }

  #shape(where: string, ours: Shape, name: string, isInput: boolean, isFlat: boolean): void {
    const theirs = this.#model.shapes[name]!
    const kind = kinds[theirs.type] ?? theirs.type
    // A structure without a fixed form is a document.
    if (ours.kind === 'document') return
    if (ours.kind !== kind) {
      this.#note(where, `is a ${ours.kind} instead of a ${kind}`)
      return
    }
    if (ours.kind === 'structure') this.structure(where, ours, name, isInput)
    else if (ours.kind === 'list') {
      if (isFlat !== (theirs.flattened === true)) this.#note(where, isFlat ? 'is flattened' : 'is not flattened')
      const own = ours.member.traits.xmlName ?? 'member'
      const wanted = theirs.member!.locationName ?? 'member'
      // Requests of EC2 number the elements; JSON does not name them.
      const isNamed =
        !isFlat && /query|xml|ec2/.test(this.#model.metadata.protocol) && !(isInput && this.#model.metadata.protocol === 'ec2')
      if (isNamed && own !== wanted) this.#note(where, `has elements ${own} instead of ${wanted}`)
      this.#shape(`${where}[]`, ours.member.shape, theirs.member!.shape, isInput, false)
    } else if (ours.kind === 'map') this.#shape(`${where}{}`, ours.value.shape, theirs.value!.shape, isInput, false)
  }

  #note(where: string, what: string): void {
    this.differences.push(`${where} ${what}`)
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Where the two models are meant to differ, with the reason. */
const known: readonly (readonly [RegExp, string])[] = [
  [/^route53 .*(MaxItems|MaxResults) is a number instead of a string$/, 'numbers that botocore leaves as texts; the same on the wire'],
  [/^s3 .*PartNumberMarker is a string instead of a number$/, 'the same on the wire'],
  [/^s3 .*\.Expires is a timestamp instead of a string$/, 'botocore leaves it as text because of what people put there'],
  [/^s3 .*Filter\.And\.Tags is flattened$/, 'botocore says so at the member and not at the list'],
  [/^s3-control .* instead of (AccountId|AccountId PublicAccessBlockConfiguration)$/, 'the account is in the name of the host'],
  [/^autoscaling TerminateInstanceInAutoScalingGroup needs /, 'takes several instances in newer models'],
  [/^ecs RegisterTaskDefinition.*resourceRequirements\[\] needs type/, 'has no value for some types in newer models'],
]

describe.skipIf(data === undefined)('what the sandbox reads and writes, by the models of botocore (skipped without them)', () => {
  test.each(services.map((entry) => [entry.name, entry] as const))('%s', async (_, entry) => {
    const service = await entry.load()
    const shapes = await service.model()
    const model = readModel(entry.name)
    const comparison = new Comparison(model)
    for (const name of Object.keys(service.operations)) {
      const ours = shapes.operation(name)!
      const theirs = model.operations[name]
      if (theirs === undefined) {
        comparison.differences.push(`${name} is no operation`)
        continue
      }
      if (ours.http !== undefined && model.metadata.protocol.startsWith('rest') && ours.http.method !== theirs.http.method)
        comparison.differences.push(`${name} is asked by ${ours.http.method} instead of ${theirs.http.method}`)
      if (theirs.input !== undefined) comparison.structure(name, ours.input, theirs.input.shape, true)
      if (theirs.output !== undefined) comparison.structure(`${name}>`, ours.output, theirs.output.shape, false)
      else if (ours.output.members.length > 0) comparison.differences.push(`${name} has an answer`)
    }
    expect(comparison.differences.filter((text) => !known.some(([pattern]) => pattern.test(`${entry.name} ${text}`)))).toEqual([])
  })
})

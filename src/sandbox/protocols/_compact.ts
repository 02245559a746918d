import type { Member, OperationShape, ServiceModel, Shape, StructureShape, TimestampFormat, Traits } from './shape.ts'

/**
 * The shapes of some operations as JSON. The executable is built with the operations that the sandbox implements, a few
 * hundred KB that take milliseconds, in place of the SDK's packages, which take a tenth of a second each.
 */
export interface CompactModel {
  readonly operations: Readonly<
    Record<string, readonly [http: readonly [method: string, uri: string, status: number] | 0, input: Ref, output: Ref]>
  >
  /** What references point at. */
  readonly shapes: readonly CompactShape[]
}

/** A place in `shapes`, or the code of a simple shape. */
type Ref = number | string

type CompactMember = readonly [name: string, ref: Ref, traits?: Traits | 0, required?: 1]

type CompactShape =
  | readonly [kind: 's', name: string, traits: Traits | 0, ...members: CompactMember[]]
  | readonly [kind: 'l', name: string, member: CompactMember]
  | readonly [kind: 'm', name: string, key: CompactMember, value: CompactMember]

const simpleCodes = { string: 's', number: 'n', boolean: 'b', blob: 'o', document: 'd', unit: 'u' } as const
const simpleShapes = new Map<string, Shape>(
  Object.entries(simpleCodes).map(([kind, code]) => [code, { kind: kind as keyof typeof simpleCodes }]),
)
const formats: readonly TimestampFormat[] = ['default', 'dateTime', 'httpDate', 'epoch']
formats.forEach((format, i) => {
  simpleShapes.set(`t${i}`, { kind: 'timestamp', format })
})

/** The shapes that operations of a model need. Names that it does not have are left out. */
export function compactModel(model: ServiceModel, names: Iterable<string>): CompactModel {
  const shapes: CompactShape[] = []
  const known = new Map<Shape, number>()
  const refOf = (shape: Shape): Ref => {
    if (shape.kind === 'timestamp') return `t${formats.indexOf(shape.format)}`
    if (shape.kind !== 'structure' && shape.kind !== 'list' && shape.kind !== 'map') return simpleCodes[shape.kind]
    const place = known.get(shape)
    if (place !== undefined) return place
    const index = shapes.length
    known.set(shape, index)
    // Holds the place: shapes refer to themselves by way of others.
    shapes.push(['s', '', 0])
    shapes[index] = aggregate(shape)
    return index
  }
  const memberOf = ({ name, shape, traits, required }: Member): CompactMember => {
    const ref = refOf(shape)
    const some = Object.keys(traits).length > 0
    if (required) return [name, ref, some ? traits : 0, 1]
    return some ? [name, ref, traits] : [name, ref]
  }
  const aggregate = (shape: Extract<Shape, { kind: 'structure' | 'list' | 'map' }>): CompactShape => {
    if (shape.kind === 'list') return ['l', shape.name, memberOf(shape.member)]
    if (shape.kind === 'map') return ['m', shape.name, memberOf(shape.key), memberOf(shape.value)]
    return ['s', shape.name, Object.keys(shape.traits).length > 0 ? shape.traits : 0, ...shape.members.map(memberOf)]
  }
  const operations: Record<string, CompactModel['operations'][string]> = {}
  for (const name of [...names].sort()) {
    const operation = model.operation(name)
    if (operation === undefined) continue
    const { http, input, output } = operation
    operations[name] = [http === undefined ? 0 : [http.method, http.uri, http.status], refOf(input), refOf(output)]
  }
  return { operations, shapes }
}

/** The model that `compactModel` was made from, as far as it goes. */
export function expandModel(compact: CompactModel): ServiceModel {
  const shapes: (Shape | undefined)[] = []
  const operations = new Map<string, OperationShape>()
  const shapeOf = (ref: Ref): Shape => {
    if (typeof ref === 'string') return simpleShapes.get(ref)!
    let shape = shapes[ref]
    if (shape === undefined) shapes[ref] = shape = build(compact.shapes[ref]!)
    return shape
  }
  const memberOf = ([name, ref, traits, required]: CompactMember): Member => ({
    name,
    traits: traits === undefined || traits === 0 ? none : traits,
    required: required === 1,
    get shape() {
      return shapeOf(ref)
    },
  })
  const build = (shape: CompactShape): Shape => {
    switch (shape[0]) {
      case 'l':
        return { kind: 'list', name: shape[1], member: memberOf(shape[2]) }
      case 'm':
        return { kind: 'map', name: shape[1], key: memberOf(shape[2]), value: memberOf(shape[3]) }
      default: {
        const [, name, traits, ...members] = shape
        return { kind: 'structure', name, traits: traits === 0 ? none : traits, members: members.map(memberOf) }
      }
    }
  }
  const operation = (name: string): OperationShape | undefined => {
    const known = operations.get(name)
    if (known !== undefined || !Object.hasOwn(compact.operations, name)) return known
    const [http, input, output] = compact.operations[name]!
    const shape: OperationShape = {
      name,
      ...(http === 0 ? {} : { http: { method: http[0], uri: http[1], status: http[2] } }),
      input: shapeOf(input) as StructureShape,
      output: shapeOf(output) as StructureShape,
    }
    operations.set(name, shape)
    return shape
  }
  return { operation, operations: () => Object.keys(compact.operations).map((name) => operation(name)!) }
}

const none: Traits = {}

import { type Config, loadConfig, memoryFileSystem } from '../../../src/config/index.ts'
import {
  boolVal,
  dynamicType,
  jsonToValue,
  listVal,
  mapVal,
  nullVal,
  numberVal,
  numericFromInteger,
  objectVal,
  rawEquals,
  setVal,
  stringVal,
  type Type,
  type Value,
} from '../../../src/cty/index.ts'
import { Diagnostics } from '../../../src/diags/index.ts'
import { type Body, partialContent } from '../../../src/hcl/index.ts'
import { proposedNew } from '../../../src/plans/objchange/index.ts'
import type { Provider } from '../../../src/providers/index.ts'
import { layoutOf } from '../../../src/schema/decode.ts'
import {
  type AttributeSchema,
  absentBlocks,
  attributeType,
  type BlockSchema,
  blockObject,
  collectBlocks,
  emptyBlockValue,
  impliedType,
  type NestedBlockSchema,
  type Schema,
} from '../../../src/schema/index.ts'
import { fixture, recorded } from './_recorded.ts'

/** What is done to an attribute: it was not set and is now, it has another value, it is no longer set. */
export const operations = ['set', 'change', 'unset'] as const
export type Operation = (typeof operations)[number]

/** One question to two providers: how is this planned? */
export interface Cell {
  readonly typeName: string
  /** Attribute names from the outside in, of blocks too: `ingress.from_port`. */
  readonly attribute: string
  readonly operation: Operation
  readonly prior: Value
  readonly config: Value
  readonly private: Uint8Array | undefined
}

interface Stored {
  readonly value: Value
  readonly written: Written
  readonly private: Uint8Array | undefined
}

const recordings = ['network', 'compute', 'bucket', 'names', 'iam', 'service']

/** Values that are checked by their form while planning; other texts are as good as any. Two of each. */
const texts: readonly (readonly [RegExp, readonly [string, string]])[] = [
  [/(^|_)(assume_role_)?policy$|policy_document/, [policyText('sample'), policyText('other')]],
  [/container_definitions/, [containers('sample'), containers('other')]],
  [/ipv6.*cidr|cidr.*ipv6/, ['2001:db8:1::/64', '2001:db8:2::/64']],
  [/cidr/, ['10.71.0.0/20', '10.72.0.0/20']],
  [/ipv6_address/, ['2001:db8::7', '2001:db8::8']],
  [/(^|_)(ip|address)$/, ['10.71.0.7', '10.71.0.8']],
  [/kms_(key_)?(id|arn)|kms_master/, [keyArn('1'), keyArn('2')]],
  [/(^|_)arns?$|permissions_boundary/, ['arn:aws:iam::123456789012:role/sample', 'arn:aws:iam::123456789012:role/other']],
  [/public_key/, [sshKey('a'), sshKey('b')]],
  [/user_data_base64|^user_data$/, ['c2FtcGxl', 'b3RoZXI=']],
  [/availability_zones?$/, ['eu-central-1a', 'eu-central-1b']],
  [/(^|_)(timestamp|valid_until|valid_from)$/, ['2030-01-01T00:00:00Z', '2031-01-01T00:00:00Z']],
]

function policyText(sid: string): string {
  return `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Sid":"${sid}"}],"Version":"2012-10-17"}`
}

function containers(name: string): string {
  return `[{"essential":true,"image":"${name}:1","memory":128,"name":"${name}"}]`
}

function keyArn(n: string): string {
  return `arn:aws:kms:eu-central-1:123456789012:key/0000000${n}-1111-2222-3333-444444444444`
}

function sshKey(c: string): string {
  return `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${c.repeat(43)} sample`
}

/** Of the data files: values that are allowed. */
export interface ValueHints {
  readonly oneOf?: readonly (string | number)[]
  readonly between?: readonly [least: number, most: number]
  readonly atLeast?: number
  readonly format?: string
}

export type Hints = Readonly<Record<string, ValueHints | undefined>>

/** Every settable attribute of a type, at every depth, times what can be done to it: the denominator. */
export function cellNames(schema: Schema): readonly (readonly [attribute: string, operation: Operation])[] {
  return settablePaths(schema.block).flatMap((path) => operations.map((operation) => [path.join('.'), operation] as const))
}

function settablePaths(block: BlockSchema): string[][] {
  const own = Object.entries(block.attributes)
    .filter(([, a]) => isSettable(a))
    .map(([name]) => [name])
  const below = Object.entries(block.blockTypes).flatMap(([name, nested]) => [
    [name],
    ...settablePaths(nested.block).map((path) => [name, ...path]),
  ])
  return [...own, ...below]
}

function isSettable(attribute: AttributeSchema): boolean {
  return attribute.required === true || attribute.optional === true
}

/** The cells of a type that make sense: a required attribute cannot be unset. */
export function cellsOf(typeName: string, schema: Schema, hints: Hints): readonly Cell[] {
  const stored = storedObjects(typeName, schema)
  return settablePaths(schema.block).flatMap((path) =>
    operations.flatMap((operation) => {
      const cell = makeCell(typeName, schema.block, path, operation, stored, hints)
      return cell === undefined ? [] : [cell]
    }),
  )
}

/** Which arguments a block of a fixture sets, and which blocks it has; blocks of one name together. */
interface Written {
  readonly attributes: ReadonlySet<string>
  readonly blocks: ReadonlyMap<string, Written>
}

const nothingWritten: Written = { attributes: new Set(), blocks: new Map() }

function writtenIn(bodies: readonly Body[], block: BlockSchema): Written {
  const { schema } = layoutOf(block)
  const contents = bodies.map((body) => partialContent(body, schema, new Diagnostics()).content)
  const blocks = Object.entries(block.blockTypes).flatMap(([name, nested]) => {
    const own = contents.flatMap((c) => c.blocks.filter((b) => b.type === name).map((b) => b.body))
    return own.length === 0 ? [] : [[name, writtenIn(own, nested.block)] as const]
  })
  return { attributes: new Set(contents.flatMap((c) => [...c.attributes.keys()])), blocks: new Map(blocks) }
}

const fixtures = new Map<string, Config>()

function fixtureConfig(name: string): Config {
  let config = fixtures.get(name)
  if (config === undefined) {
    config = loadConfig('.', { files: memoryFileSystem({ 'main.tf': fixture(name) }) }, new Diagnostics())
    fixtures.set(name, config)
  }
  return config
}

/** What hashicorp/aws stored for objects of the type, those first of which most is set. */
function storedObjects(typeName: string, { block }: Schema): readonly Stored[] {
  const found = recordings.flatMap((name) => {
    const { stored, private: kept } = recorded(name)
    return Object.entries(stored).flatMap(([address, attributes]): Stored[] => {
      if (!address.startsWith(`${typeName}.`)) return []
      const text = kept[address]
      const resource = fixtureConfig(name).module.resources.get(address)
      return [
        {
          value: jsonToValue(JSON.stringify(attributes), impliedType(block)),
          written: resource === undefined ? nothingWritten : writtenIn([resource.body], block),
          private: text === null || text === undefined ? undefined : Buffer.from(text),
        },
      ]
    })
  })
  const weight = ({ value }: Stored): number => JSON.stringify(value.toJSON()).length
  return found.sort((a, b) => weight(b) - weight(a))
}

function makeCell(
  typeName: string,
  block: BlockSchema,
  path: readonly string[],
  operation: Operation,
  stored: readonly Stored[],
  hints: Hints,
): Cell | undefined {
  // An object that has the attribute is the better example.
  const example = stored.find(({ value }) => isPresent(value, path)) ?? stored[0]
  if (example === undefined) return undefined
  const key = path.join('.')
  const samples = (n: 0 | 1) => sampleAt(block, path, n, hints, '')
  const current = isPresent(example.value, path) ? undefined : samples(0)
  const withValue = current === undefined ? example.value : replaceAt(example.value, block, path, current, hints)
  const without = replaceAt(example.value, block, path, undefined, hints)
  if (withValue === undefined || without === undefined) return undefined
  const configured = (prior: Value, change: Value | undefined | 'keep'): Value | undefined => {
    const config = configOf(prior, block, path, example.written)
    return change === 'keep' ? config : replaceAt(config, block, path, change, hints)
  }
  const cell = (prior: Value, config: Value | undefined): Cell | undefined =>
    config === undefined ? undefined : { typeName, attribute: key, operation, prior, config, private: example.private }
  switch (operation) {
    case 'set':
      return cell(without, configured(without, valueAt(withValue, path) ?? samples(0)))
    case 'change': {
      const now = valueAt(withValue, path)
      const next = [samples(0), samples(1)].find((v) => now === undefined || !rawEquals(v, now))
      return next === undefined ? undefined : cell(withValue, configured(withValue, next))
    }
    case 'unset':
      return isRequired(block, path) ? undefined : cell(withValue, configured(withValue, undefined))
  }
}

/** The first element of a collection of blocks stands for all. */
function step(value: Value): Value | undefined {
  if (!value.isKnown || value.isNull) return undefined
  switch (value.type.kind) {
    case 'list':
    case 'set':
    case 'tuple':
      return value.asArray()[0]
    case 'map':
      return [...value.asMap().values()][0]
    default:
      return value
  }
}

function valueAt(value: Value, path: readonly string[]): Value | undefined {
  let at: Value | undefined = value
  for (const [i, name] of path.entries()) {
    at = i === 0 ? at : at === undefined ? undefined : step(at)
    if (at === undefined || at.isNull || at.type.kind !== 'object') return undefined
    at = at.getAttr(name)
  }
  return at
}

function isPresent(value: Value, path: readonly string[]): boolean {
  const at = valueAt(value, path)
  if (at === undefined || at.isNull) return false
  if (at.type.kind === 'list' || at.type.kind === 'set' || at.type.kind === 'map') return step(at) !== undefined
  // The old SDK stores what is not set as the zero of its type.
  return !(at.type.kind === 'string' && at.asString() === '')
}

function isRequired(block: BlockSchema, path: readonly string[]): boolean {
  const [name, ...rest] = path as [string, ...string[]]
  const nested = block.blockTypes[name]
  if (nested !== undefined) return rest.length > 0 ? isRequired(nested.block, rest) : (nested.minItems ?? 0) > 0
  return block.attributes[name]?.required === true
}

/** The object with another value at a path, with the blocks on the way there; undefined removes it. */
function replaceAt(
  object: Value,
  block: BlockSchema,
  path: readonly string[],
  value: Value | undefined,
  hints: Hints,
  prefix = '',
): Value | undefined {
  const [name, ...rest] = path as [string, ...string[]]
  const members = new Map(object.asMap())
  const nested = block.blockTypes[name]
  if (nested === undefined) {
    members.set(name, value ?? nullVal(attributeType(block.attributes[name]!)))
    return blockObject(members, block)
  }
  const current = members.get(name)!
  if (rest.length === 0) {
    members.set(name, value ?? absentBlocks(nested))
    return blockObject(members, block)
  }
  const inner = step(current) ?? (value === undefined ? undefined : step(sampleBlocks(nested, 0, hints, `${prefix}${name}.`)))
  if (inner === undefined) return object
  const changed = replaceAt(inner, nested.block, rest, value, hints, `${prefix}${name}.`)
  if (changed === undefined) return undefined
  members.set(name, withFirst(current, nested, changed))
  return blockObject(members, block)
}

function withFirst(current: Value, nested: NestedBlockSchema, first: Value): Value {
  if (nested.nesting === 'single' || nested.nesting === 'group') return first
  const others = current.isNull ? [] : current.asArray().slice(1)
  return collectBlocks(
    nested,
    [first, ...others].map((v, i) => [String(i), v] as const),
  )
}

/** The configuration that an object has come from: what the fixture sets, with the values that were stored, and what is at `path`. */
function configOf(object: Value, block: BlockSchema, path: readonly string[], written: Written, isOneOfMany = false): Value {
  const members = new Map<string, Value>()
  for (const [name, attribute] of Object.entries(block.attributes)) {
    const own = object.getAttr(name)
    // What one of several blocks of a name sets, another may not: the old SDK stores that as the zero of its type.
    const isAbsent = isOneOfMany && (isZeroValue(own) || rawEquals(own, numberVal(numericFromInteger(0))))
    const isWritten = written.attributes.has(name) && !isAbsent
    members.set(name, isWritten || (path.length === 1 && path[0] === name) ? own : nullVal(attributeType(attribute)))
  }
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    const own = object.getAttr(name)
    const inner = written.blocks.get(name)
    const below = path[0] === name ? path.slice(1) : []
    if (inner === undefined && path[0] !== name) members.set(name, absentBlocks(nested))
    else if (own.isNull) members.set(name, own)
    else if (nested.nesting === 'single' || nested.nesting === 'group') {
      members.set(name, configOf(own, nested.block, below, inner ?? nothingWritten))
    } else {
      const elements = own
        .asArray()
        .map((v) =>
          inner === undefined
            ? settableOf(v, nested.block)
            : configOf(v, nested.block, below, inner, isOneOfMany || own.asArray().length > 1),
        )
      members.set(
        name,
        collectBlocks(
          nested,
          elements.map((v, i) => [String(i), v] as const),
        ),
      )
    }
  }
  return blockObject(members, block)
}

/** Of a block that no fixture writes: all that may be set and is. */
function settableOf(object: Value, block: BlockSchema): Value {
  const members = new Map<string, Value>()
  for (const [name, attribute] of Object.entries(block.attributes)) {
    const own = object.getAttr(name)
    members.set(name, isSettable(attribute) && !isZeroValue(own) ? own : nullVal(attributeType(attribute)))
  }
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    const own = object.getAttr(name)
    const isOne = nested.nesting === 'single' || nested.nesting === 'group'
    if (own.isNull) members.set(name, own)
    else if (isOne) members.set(name, settableOf(own, nested.block))
    else
      members.set(
        name,
        collectBlocks(
          nested,
          own.asArray().map((v, i) => [String(i), settableOf(v, nested.block)] as const),
        ),
      )
  }
  return blockObject(members, block)
}

function isZeroValue(value: Value): boolean {
  if (value.isNull) return true
  switch (value.type.kind) {
    case 'string':
      return value.asString() === ''
    case 'list':
    case 'set':
      return value.asArray().length === 0
    case 'map':
      return value.asMap().size === 0
    default:
      return false
  }
}

/** `prefix` is where the block is: `ingress.`, or nothing. */
function sampleAt(block: BlockSchema, path: readonly string[], n: 0 | 1, hints: Hints, prefix: string): Value {
  const [name, ...rest] = path as [string, ...string[]]
  const nested = block.blockTypes[name]
  const place = `${prefix}${name}`
  if (nested === undefined) return sampleOf(attributeType(block.attributes[name]!), name, n, hintsAt(hints, place))
  return rest.length > 0 ? sampleAt(nested.block, rest, n, hints, `${place}.`) : sampleBlocks(nested, n, hints, `${place}.`)
}

function hintsAt(hints: Hints, place: string): ValueHints {
  return hints[place] ?? (place.startsWith('timeouts.') ? { format: 'duration' } : {})
}

/** One block with all that is required, and with one more attribute to tell it from the next. */
function sampleBlocks(nested: NestedBlockSchema, n: 0 | 1, hints: Hints, prefix: string): Value {
  const members = new Map(emptyBlockValue(nested.block).asMap())
  const settable = Object.entries(nested.block.attributes).filter(([, a]) => isSettable(a))
  const chosen = settable.some(([, a]) => a.required) ? settable.filter(([, a]) => a.required) : settable.slice(0, 1)
  for (const [name, attribute] of chosen) {
    members.set(name, sampleOf(attributeType(attribute), name, n, hintsAt(hints, `${prefix}${name}`)))
  }
  for (const [name, inner] of Object.entries(nested.block.blockTypes)) {
    if ((inner.minItems ?? 0) > 0) members.set(name, sampleBlocks(inner, n, hints, `${prefix}${name}.`))
  }
  const one = blockObject(members, nested.block)
  return nested.nesting === 'single' || nested.nesting === 'group' ? one : collectBlocks(nested, [['0', one]])
}

function leastOf({ between, atLeast }: ValueHints): number {
  return between?.[0] ?? atLeast ?? 7
}

/** By the format that the data files ask for. */
const formats: Readonly<Record<string, readonly [string, string]>> = {
  arn: ['arn:aws:iam::123456789012:role/sample', 'arn:aws:iam::123456789012:role/other'],
  base64: ['c2FtcGxl', 'b3RoZXI='],
  boolean: ['true', 'false'],
  duration: ['3m', '4m'],
  ipv4: ['10.71.0.7', '10.71.0.8'],
  'ipv4-cidr': ['10.71.0.0/20', '10.72.0.0/20'],
  ipv6: ['2001:db8::7', '2001:db8::8'],
  'ipv6-cidr': ['2001:db8:1::/64', '2001:db8:2::/64'],
  json: [policyText('sample'), policyText('other')],
  network: ['10.71.0.0/20', '10.72.0.0/20'],
  timestamp: ['2030-01-01T00:00:00Z', '2031-01-01T00:00:00Z'],
}

function sampleOf(type: Type, name: string, n: 0 | 1, hints: ValueHints): Value {
  switch (type.kind) {
    case 'string': {
      const allowed = hints.oneOf
      if (allowed !== undefined) return stringVal(String(allowed[n % allowed.length]))
      const known = texts.find(([pattern]) => pattern.test(name))?.[1]
      if (known === undefined && hints.format !== undefined && formats[hints.format] !== undefined)
        return stringVal(formats[hints.format]![n])
      return stringVal(known?.[n] ?? ['sample', 'other'][n]!)
    }
    case 'number':
      return numberVal(numericFromInteger(Number(hints.oneOf?.[n % hints.oneOf.length] ?? leastOf(hints) + n)))
    case 'bool':
      return boolVal(n === 0)
    case 'list':
      return listVal([sampleOf(type.element, name, n, hints)])
    case 'set':
      return setVal([sampleOf(type.element, name, n, hints)])
    case 'map':
      return mapVal([['key', sampleOf(type.element, name, n, hints)]])
    case 'object':
      return objectVal([...type.attributes].map(([member, t]) => [member, sampleOf(t, member, n, {})] as const))
    default:
      return nullVal(dynamicType)
  }
}

/** How a provider plans a cell, as text that can be compared. */
export interface Answer {
  /** Errors of validation. */
  readonly invalid: readonly string[]
  /** Undefined where planning failed. */
  readonly planned: unknown
  readonly replace: readonly string[]
  /** The plan of the new object, where the old one has to go. */
  readonly created: unknown
  readonly errors: readonly string[]
}

export async function answerOf(provider: Provider, schema: Schema, cell: Cell, describe: (v: Value) => unknown): Promise<Answer> {
  const { typeName, prior, config } = cell
  const errorsOf = (diags: readonly { severity: string; summary: string; detail: string }[]): string[] =>
    diags.filter((d) => d.severity === 'error').map((d) => `${d.summary}: ${d.detail}`.slice(0, 300))
  const invalid = errorsOf((await provider.validateResourceConfig({ typeName, config })).diags)
  const ask = (before: Value) =>
    provider.planResourceChange({
      typeName,
      prior: before,
      proposed: proposedNew(schema.block, before, config),
      config,
      priorPrivate: before.isNull ? undefined : cell.private,
    })
  const plan = await ask(prior)
  const errors = errorsOf(plan.diags)
  if (errors.length > 0) return { invalid, planned: undefined, replace: [], created: undefined, errors }
  const replace = plan.requiresReplace
    .map((path) => path.map((s) => (s.kind === 'attribute' ? s.name : '*')).filter((s) => s !== '*'))
    .filter((path) => path.length > 0 && differsAt(prior, plan.planned, path))
    .map((path) => path[0]!)
  let created: unknown
  if (replace.length > 0) {
    const anew = await ask(nullVal(prior.type))
    errors.push(...errorsOf(anew.diags))
    created = describe(anew.planned)
  }
  return { invalid, planned: describe(plan.planned), replace: [...new Set(replace)].sort(), created, errors }
}

function differsAt(prior: Value, planned: Value, path: readonly string[]): boolean {
  const name = path[0]!
  // hashicorp/aws names an attribute without a name, too, for rules of security groups.
  if (prior.type.kind !== 'object' || !prior.type.attributes.has(name)) return false
  return !rawEquals(prior.getAttr(name), planned.getAttr(name))
}

import type { Step } from './_peer.ts'
import { Random } from './_programs.ts'

/**
 * Random objects of a type with every kind of attribute and block, and changes of them. What is compared is how changes are planned, drawn
 * and written; every step has many objects, since starting programs is what takes time.
 */

type Kind =
  | { readonly kind: 'string' | 'number' | 'bool' }
  | { readonly kind: 'list' | 'set' | 'map'; readonly element: Kind; readonly nested?: boolean }
  | { readonly kind: 'object'; readonly members: Readonly<Record<string, Kind>>; readonly nested?: boolean }

const string: Kind = { kind: 'string' }
const number: Kind = { kind: 'number' }
const bool: Kind = { kind: 'bool' }
const list = (element: Kind): Kind => ({ kind: 'list', element })
const set = (element: Kind): Kind => ({ kind: 'set', element })
const map = (element: Kind): Kind => ({ kind: 'map', element })
const object = (members: Readonly<Record<string, Kind>>): Kind => ({ kind: 'object', members })
/** A nested attribute: its objects have attributes with a schema each. */
function nested(kind: Kind): Kind {
  return kind.kind === 'object'
    ? { ...kind, nested: true }
    : 'element' in kind
      ? { ...kind, element: nested(kind.element), nested: true }
      : kind
}

const pair = object({ a: string, b: number })
const rich = object({ s: string, n: number, l: list(string), m: map(string), o: nested(object({ x: bool, longer: string })) })

/** A change of `fixed` makes a replacement necessary. */
const replaced = object({ fixed: string, b: number })

const attributes: Readonly<Record<string, Kind>> = {
  s: string,
  n: number,
  b: bool,
  ls: list(string),
  ss: set(string),
  ms: map(string),
  mn: map(number),
  o: pair,
  lo: list(pair),
  so: set(pair),
  mo: map(pair),
  ll: list(list(string)),
  lm: list(map(string)),
  ml: map(list(string)),
  nl: nested(list(rich)),
  ns: nested(set(pair)),
  nm: nested(map(rich)),
  no: nested(rich),
  rl: nested(list(replaced)),
  rs: nested(set(replaced)),
  rm: nested(map(replaced)),
  ro: nested(replaced),
}
const special = {
  sensitive: string,
  fixed: string,
  fixed_list: list(string),
  fixed_set: set(string),
  fixed_map: map(string),
  name: string,
  tags: map(string),
}
const blockMembers = { s: string, n: number, ls: list(string), ms: map(string) }
const blocks = { lb: blockMembers, sb: blockMembers }

function declared(kind: Kind, more: object): object {
  const { kind: name } = kind
  switch (kind.kind) {
    case 'list':
    case 'set':
    case 'map':
      return { type: name, [name]: declared(kind.element, {}), ...(kind.nested ? {} : { skip_nested_metadata: true }), ...more }
    case 'object': {
      const members = Object.fromEntries(
        Object.entries(kind.members).map(([k, m]) => [k, declared(m, { optional: true, replace: k === 'fixed' })]),
      )
      return { type: 'object', object: members, ...(kind.nested ? {} : { skip_nested_metadata: true }), ...more }
    }
    default:
      return { type: name === 'bool' ? 'boolean' : name, ...more }
  }
}

function declaredAttributes(members: Readonly<Record<string, Kind>>): object {
  return Object.fromEntries(
    Object.entries(members).map(([name, kind]) => [
      name,
      declared(kind, {
        optional: true,
        ...(name === 'sensitive' ? { sensitive: true } : {}),
        ...(name.startsWith('fixed') ? { replace: true } : {}),
      }),
    ]),
  )
}

const block = (mode: 'list' | 'set', inner: object = {}): object => ({ mode, attributes: declaredAttributes(blockMembers), blocks: inner })

/** The type of the objects, as `dynamic_resources.json` declares it. */
export const declaredTypes = JSON.stringify({
  tfcoremock_any: {
    attributes: {
      ...declaredAttributes({ ...attributes, ...special }),
      computed: { type: 'string', optional: true, computed: true, value: { string: 'given' } },
      computed_list: { type: 'list', list: { type: 'string' }, optional: true, computed: true, value: { list: [{ string: 'given' }] } },
      computed_nested: {
        type: 'object',
        optional: true,
        computed: true,
        object: { c: { type: 'string', computed: true, optional: true, value: { string: 'inner' } } },
      },
    },
    blocks: { lb: block('list', { inner: block('list') }), sb: block('set') },
  },
})

// ---- values

/** A value as it is written: the text of an expression, or what holds others. */
type Written = string | { readonly list: Written[] } | { readonly members: Map<string, Written>; readonly isMap: boolean }

const words = ['one', 'two', 'three', 'four', '', 'ünïcødé ☃', '日本語', 'a "quoted" one', 'tab\there', '${x}']
const texts = [
  'first line\nsecond line\nthird line\n',
  'first line\nanother\nthird line',
  '\nleading',
  'only one\n',
  '{"a":1,"b":[true,null,"x"]}',
  '{"a":2,"b":[true,"x"],"c":{"d":"e"}}',
  '{ "a": 1, "b": [true, null, "x"] }',
  '[1,2,3]',
  '[1,3,{"k":"v"}]',
  '[]',
  '{}',
  '[ ]',
  '{ }',
]

function text(value: string): string {
  return JSON.stringify(value).replaceAll('${', () => '$${')
}

class Writer {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  value(kind: Kind, depth = 0): Written {
    const random = this.#random
    if (depth > 0 && kind.kind !== 'object' && random.chance(0.04)) return 'null'
    switch (kind.kind) {
      case 'string':
        if (random.chance(0.05)) return 'local.later'
        if (random.chance(0.04)) return `sensitive(${text(random.pick(words))})`
        return text(random.chance(0.25) ? random.pick(texts) : random.pick(words))
      case 'number':
        return random.pick(['0', '1', '2', '3.5', '-7', '12345678901234567890'])
      case 'bool':
        return random.pick(['true', 'false'])
      case 'list':
      case 'set': {
        if (random.chance(0.02)) return `[for x in local.laters : ${source(this.known(kind.element))}]`
        const items = Array.from({ length: random.below(random.chance(0.2) ? 7 : 4) }, () => this.value(kind.element, depth + 1))
        return { list: kind.kind === 'set' ? items.filter((item) => item !== 'null') : items }
      }
      case 'map': {
        const keys = ['a', 'bb', 'ccc', 'with space', 'd-d'].filter(() => random.chance(0.45))
        return { members: new Map(keys.map((key) => [key, this.value(kind.element, depth + 1)])), isMap: true }
      }
      case 'object': {
        const names = Object.keys(kind.members)
        return {
          members: new Map(names.map((name) => [name, random.chance(0.25) ? 'null' : this.value(kind.members[name]!, depth + 1)])),
          isMap: false,
        }
      }
    }
  }

  known(kind: Kind): Written {
    return kind.kind === 'string' ? text('k') : kind.kind === 'number' ? '4' : this.value(kind, 1)
  }

  /** The same with some parts changed. */
  changed(kind: Kind, written: Written): Written {
    const random = this.#random
    if (random.chance(0.12)) return this.value(kind)
    if (typeof written === 'string') return random.chance(0.35) ? this.value(kind) : written
    if ('list' in written && 'element' in kind) {
      const items = written.list.map((item) => (random.chance(0.25) ? this.changed(kind.element, item) : item))
      if (random.chance(0.25)) items.splice(random.below(items.length + 1), 0, this.value(kind.element))
      if (items.length > 0 && random.chance(0.25)) items.splice(random.below(items.length), 1)
      if (random.chance(0.1)) items.reverse()
      return { list: kind.kind === 'set' ? items.filter((item) => item !== 'null') : items }
    }
    if ('members' in written) {
      const members = new Map(written.members)
      for (const [key, item] of members) {
        const of = kind.kind === 'object' ? kind.members[key]! : (kind as { element: Kind }).element
        if (random.chance(0.3)) members.set(key, this.changed(of, item))
        else if (written.isMap && random.chance(0.12)) members.delete(key)
      }
      if (written.isMap && random.chance(0.2)) members.set(random.pick(['a', 'new', 'zz']), this.value((kind as { element: Kind }).element))
      return { members, isMap: written.isMap }
    }
    return written
  }
}

function source(written: Written): string {
  if (typeof written === 'string') return written
  if ('list' in written) return `[${written.list.map(source).join(', ')}]`
  return `{ ${[...written.members].map(([key, item]) => `${written.isMap ? text(key) : key} = ${source(item)}`).join(', ')} }`
}

// ---- objects

interface Block {
  readonly type: string
  /** How many there will be is not known while something is replaced. */
  readonly later: boolean
  members: Map<string, Written>
  inner: Map<string, Written>[]
}

interface MadeObject {
  readonly name: string
  attributes: Map<string, Written>
  blocks: Block[]
}

const kinds: Readonly<Record<string, Kind>> = { ...attributes, ...special, computed: string, computed_list: list(string) }

function someMembers(random: Random, writer: Writer, members: Readonly<Record<string, Kind>>, chance: number): Map<string, Written> {
  const names = Object.keys(members).filter(() => random.chance(chance))
  return new Map(names.map((name) => [name, writer.value(members[name]!)]))
}

function newBlock(random: Random, writer: Writer): Block {
  const type = random.pick(Object.keys(blocks))
  const inner = type === 'lb' && random.chance(0.4) ? [someMembers(random, writer, blockMembers, 0.4)] : []
  return { type, later: random.chance(0.1), members: someMembers(random, writer, blockMembers, 0.5), inner }
}

function newObject(random: Random, writer: Writer, name: string): MadeObject {
  return {
    name,
    attributes: someMembers(random, writer, kinds, 0.25),
    blocks: Array.from({ length: random.chance(0.5) ? random.below(4) : 0 }, () => newBlock(random, writer)),
  }
}

function changedMembers(
  random: Random,
  writer: Writer,
  of: Readonly<Record<string, Kind>>,
  members: ReadonlyMap<string, Written>,
): Map<string, Written> {
  const next = new Map(members)
  for (const [name, written] of members) {
    if (random.chance(0.5)) next.set(name, writer.changed(of[name]!, written))
    else if (random.chance(0.1)) next.delete(name)
  }
  if (random.chance(0.4)) {
    const name = random.pick(Object.keys(of))
    next.set(name, writer.value(of[name]!))
  }
  return next
}

function changedObject(random: Random, writer: Writer, made: MadeObject): MadeObject {
  if (random.chance(0.15)) return made
  const next = made.blocks.map((b) =>
    random.chance(0.4)
      ? {
          ...b,
          members: changedMembers(random, writer, blockMembers, b.members),
          inner: b.inner.map((i) => changedMembers(random, writer, blockMembers, i)),
        }
      : b,
  )
  if (random.chance(0.3)) next.splice(random.below(next.length + 1), 0, newBlock(random, writer))
  if (next.length > 0 && random.chance(0.25)) next.splice(random.below(next.length), 1)
  const attributes = random.chance(0.8) ? changedMembers(random, writer, kinds, made.attributes) : made.attributes
  if (!random.chance(0.3)) for (const name of attributes.keys()) if (name.startsWith('fixed')) keep(attributes, made.attributes, name)
  return { name: made.name, attributes, blocks: next }
}

/** Most changes are no replacements. */
function keep(attributes: Map<string, Written>, before: ReadonlyMap<string, Written>, name: string): void {
  const old = before.get(name)
  if (old === undefined) attributes.delete(name)
  else attributes.set(name, old)
}

function membersText(members: ReadonlyMap<string, Written>, indent: string): string {
  return [...members].map(([name, written]) => `${indent}${name} = ${source(written)}\n`).join('')
}

function objectText({ name, attributes: written, blocks: inside }: MadeObject): string {
  const nestedText = inside
    .map((b) =>
      b.later
        ? `  dynamic "${b.type}" {\n    for_each = local.laters\n    content {\n${membersText(b.members, '      ')}    }\n  }\n`
        : `  ${b.type} {\n${membersText(b.members, '    ')}${b.inner.map((i) => `    inner {\n${membersText(i, '      ')}    }\n`).join('')}  }\n`,
    )
    .join('')
  return `resource "tfcoremock_any" "${name}" {\n  id = "id-${name}"\n${membersText(written, '  ')}${nestedText}}\n`
}

const outputKinds = [list(string), map(string), pair, list(pair), string, set(string)]

function configuration(objects: readonly MadeObject[], outputs: readonly Written[], generation: number): string {
  return [
    `terraform {\n  required_providers {\n    tfcoremock = {\n      source = "hashicorp/tfcoremock"\n    }\n  }\n}\n`,
    // Its id is not known before each of its replacements; the length of that is a text like any other, then.
    `resource "terraform_data" "later" {\n  triggers_replace = ${generation}\n}\n`,
    'locals {\n  later  = tostring(length(terraform_data.later.id))\n  laters = toset([local.later])\n}\n',
    ...objects.map(objectText),
    ...outputs.map((written, i) => {
      const value = source(written)
      return `output "o${i}" {\n  value = ${value}\n${value.includes('sensitive(') ? '  sensitive = true\n' : ''}}\n`
    }),
  ].join('')
}

/** Many objects that are made, changed some times and destroyed; always the same for a seed. */
export function schemaSteps(seed: number, { size = 8, changes = 3 } = {}): readonly Step[] {
  const random = new Random(seed)
  const writer = new Writer(random)
  let objects = Array.from({ length: size }, (_, i) => newObject(random, writer, `r${i}`))
  let outputs = outputKinds.map((kind) => writer.value(kind))
  const steps: Step[] = []
  let generation = 0
  for (let i = 0; i <= changes; i++) {
    steps.push({
      config: { 'main.tf': configuration(objects, outputs, generation), 'dynamic_resources.json': declaredTypes },
      thorough: true,
    })
    objects = objects.map((made) => changedObject(random, writer, made))
    outputs = outputs.map((written, k) => (random.chance(0.5) ? writer.changed(outputKinds[k]!, written) : written))
    if (random.chance(0.6)) generation++
  }
  return [...steps, { args: ['-destroy'] }]
}

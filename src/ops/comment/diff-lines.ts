import { visible } from './escape.ts'
import { bigNumberMark, isObject, type Json, type Mask, parseJson } from './plan-json.ts'
import { isSecretName, memberMask, type Redactor, redactedText, sensitiveText } from './redact.ts'

/**
 * What a change does to an object, line by line, in the signs of a diff: `+` added, `-` removed, `!` changed, a space for what stands around it. Secrets are
 * taken out already, and no line holds a character that cannot be seen.
 */
export function diffLines(change: DiffInput, redactor: Redactor): readonly string[] {
  const writer = new Writer(redactor, forcedPaths(change.replacePaths))
  const { before, after } = sidesOf(change)
  writer.members(before, after, [], 0)
  return writer.lines
}

export interface DiffInput {
  readonly before: Json | undefined
  readonly after: Json | undefined
  readonly unknown: Mask
  readonly beforeSensitive: Mask
  readonly afterSensitive: Mask
  readonly replacePaths?: Json | undefined
}

/** One value, as outputs have it. */
export function diffValueLines(name: string, change: DiffInput, redactor: Redactor): readonly string[] {
  const writer = new Writer(redactor, new Set())
  const { before, after } = sidesOf(change)
  writer.entry(name, before, after, [name], 0)
  return writer.lines
}

/** A value with what is known about it. Absent and null are one: both mean that nothing is there. */
interface Side {
  readonly value: Json
  readonly unknown: Mask
  readonly sensitive: Mask
}

const nothing: Side = { value: null, unknown: false, sensitive: false }

function sidesOf(change: DiffInput): { readonly before: Side; readonly after: Side } {
  return {
    before: { value: change.before ?? null, unknown: false, sensitive: change.beforeSensitive },
    after: { value: change.after ?? null, unknown: change.unknown, sensitive: change.afterSensitive },
  }
}

/** Paths that make a replacement necessary, as JSON texts. */
function forcedPaths(paths: Json | undefined): ReadonlySet<string> {
  return new Set(Array.isArray(paths) ? paths.map((path) => JSON.stringify(path)) : [])
}

type Sign = '+' | '-' | '!' | ' '
type Path = readonly (string | number)[]

/** No provider's schema nests as deep; JSON in a text may. */
const deepest = 40

class Writer {
  readonly lines: string[] = []
  readonly #redactor: Redactor
  readonly #forced: ReadonlySet<string>

  constructor(redactor: Redactor, forced: ReadonlySet<string>) {
    this.#redactor = redactor
    this.#forced = forced
  }

  /** The members of an object that differ, with the number of those that do not. */
  members(before: Side, after: Side, path: Path, indent: number): void {
    if (isHidden(before) || isHidden(after)) {
      this.#line(signOf(before, after), indent, sensitiveText)
      return
    }
    const names = new Set([...namesOf(before), ...namesOf(after)])
    let same = 0
    for (const name of [...names].sort()) {
      if (!this.entry(name, memberOf(before, name), memberOf(after, name), [...path, name], indent, objectName(before, after))) same++
    }
    if (same > 0 && isThere(before) && isThere(after)) {
      this.#line(' ', indent, `# (${same} unchanged attribute${same === 1 ? '' : 's'} hidden)`)
    }
  }

  /**
   * One member, if it differs.
   *
   * @param beside what the object calls itself by a member `name`, which says what its member `value` is.
   * @returns false when there was nothing to write.
   */
  entry(name: string, before: Side, after: Side, path: Path, indent: number, beside = ''): boolean {
    const label = `${keyText(name)} = `
    const known = name === 'value' && beside !== '' ? beside : name
    return this.#value(label, known, before, after, path, indent)
  }

  /** @param name of the argument that tells what the value is, for finding secrets */
  #value(label: string, name: string, before: Side, after: Side, path: Path, indent: number): boolean {
    const forced = this.#forced.size > 0 && this.#forced.has(JSON.stringify(path)) ? ' # forces replacement' : ''
    if (isHidden(before) || isHidden(after)) {
      const same = equal(before.value, after.value) && !hasUnknown(after.unknown)
      const sign = !isThere(before) && !hasUnknown(before.unknown) ? '+' : !isThere(after) && !hasUnknown(after.unknown) ? '-' : '!'
      if (sign === '!' && same) {
        if (isHidden(before) === isHidden(after)) return false
        this.#line('!', indent, `${label}${sensitiveText} # ${isHidden(after) ? 'becomes' : 'is no longer'} sensitive`)
        return true
      }
      if (!isThere(before) && !isThere(after) && !hasUnknown(after.unknown)) return false
      this.#line(sign, indent, `${label}${sensitiveText}${forced}`)
      return true
    }
    if (after.unknown === true) {
      const shown = isThere(before) ? `${this.#short(before.value, name)} -> ` : ''
      this.#line(isThere(before) ? '!' : '+', indent, `${label}${shown}(known after apply)${forced}`)
      return true
    }
    if (!isThere(before) && !isThere(after)) return false
    if (!isThere(before)) return this.#whole('+', label, name, after, indent, forced)
    if (!isThere(after)) return this.#whole('-', label, name, before, indent, forced)
    if (indent < deepest) {
      if (isObject(before.value) && isObject(after.value)) return this.#nested(label, '{', '}', before, after, path, indent, forced)
      if (Array.isArray(before.value) && Array.isArray(after.value)) {
        return this.#list(label, name, before, after, path, indent, forced)
      }
    }
    if (typeof before.value === 'string' && typeof after.value === 'string') {
      return this.#text(label, name, before.value, after.value, path, indent, forced)
    }
    if (equal(before.value, after.value)) return false
    this.#line('!', indent, `${label}${this.#short(before.value, name)} -> ${this.#short(after.value, name)}${forced}`)
    return true
  }

  #nested(label: string, open: string, close: string, before: Side, after: Side, path: Path, indent: number, forced: string): boolean {
    const at = this.lines.length
    this.#line('!', indent, `${label}${open}${forced}`)
    const from = this.lines.length
    this.members(before, after, path, indent + 1)
    const silent = this.lines.slice(from).every((line) => line.startsWith(' '))
    if (silent) {
      this.lines.length = at
      return false
    }
    this.#line(' ', indent, close)
    return true
  }

  #list(label: string, name: string, before: Side, after: Side, path: Path, indent: number, forced: string): boolean {
    const old = itemsOf(before)
    const now = itemsOf(after)
    const at = this.lines.length
    this.#line('!', indent, `${label}[${forced}`)
    const from = this.lines.length
    let same = 0
    const write = (i: number | undefined, j: number | undefined): void => {
      const b = i === undefined ? nothing : old[i]!
      const a = j === undefined ? nothing : now[j]!
      const index = i ?? j!
      if (isObject(b.value) && isObject(a.value) && !isHidden(b) && !isHidden(a)) {
        if (!this.#nested('', '{', '}', b, a, [...path, index], indent + 1, '')) same++
      } else if (!this.#value('', name, b, a, [...path, index], indent + 1)) same++
    }
    for (const [i, j] of pairUp(old, now)) write(i, j)
    const silent = this.lines.slice(from).every((line) => line.startsWith(' '))
    if (silent) {
      this.lines.length = at
      return false
    }
    if (same > 0) this.#line(' ', indent + 1, `# (${same} unchanged element${same === 1 ? '' : 's'} hidden)`)
    this.#line(' ', indent, ']')
    return true
  }

  #text(label: string, name: string, before: string, after: string, path: Path, indent: number, forced: string): boolean {
    if (before === after) return false
    const b = this.#document(before, name)
    const a = b === undefined ? undefined : this.#document(after, name)
    if (b !== undefined && a !== undefined && Array.isArray(b) === Array.isArray(a)) {
      const side = (value: Json): Side => ({ value, unknown: false, sensitive: false })
      const [open, close] = Array.isArray(b) ? ['jsonencode([', '])'] : ['jsonencode({', '})']
      const written = Array.isArray(b)
        ? this.#list(`${label}jsonencode(`, name, side(b), side(a), path, indent, forced)
        : this.#nested(label, open!, close!, side(b), side(a), path, indent, forced)
      if (written) return true
      this.#line('!', indent, `${label}${open}…${close} # only white space or the order changes`)
      return true
    }
    if (before.includes('\n') && after.includes('\n')) {
      this.#line('!', indent, `${label}<<EOT${forced}`)
      this.#lineDiff(this.#redactor.text(before, name).split('\n'), this.#redactor.text(after, name).split('\n'), indent + 1)
      this.#line(' ', indent, 'EOT')
      return true
    }
    this.#line('!', indent, `${label}${this.#short(before, name)} -> ${this.#short(after, name)}${forced}`)
    return true
  }

  #lineDiff(before: readonly string[], after: readonly string[], indent: number): void {
    let same = 0
    const flush = (): void => {
      if (same > 0) this.#line(' ', indent, `# (${same} unchanged line${same === 1 ? '' : 's'} hidden)`)
      same = 0
    }
    for (const [i, j] of align(before, after)) {
      if (i !== undefined && j !== undefined) {
        same++
        continue
      }
      flush()
      if (i !== undefined) this.#line('-', indent, before[i]!)
      else this.#line('+', indent, after[j!]!)
    }
    flush()
  }

  /** All of a value that appears or goes. */
  #whole(sign: '+' | '-', label: string, name: string, side: Side, indent: number, forced: string): boolean {
    const end = sign === '-' && indent === 0 && label !== '' ? ' -> null' : ''
    const { value } = side
    if (indent >= deepest && typeof value === 'object' && value !== null) {
      this.#line(sign, indent, `${label}(nested deeper than is shown)${forced}`)
    } else if (isObject(value)) this.#wholeObject(sign, label, side, indent, forced + end)
    else if (Array.isArray(value)) this.#wholeList(sign, label, name, side, indent, forced + end)
    else if (typeof value === 'string') {
      const document = this.#document(value, name)
      if (document !== undefined) {
        const inner: Side = { value: document, unknown: false, sensitive: false }
        if (Array.isArray(document)) this.#wholeList(sign, `${label}jsonencode(`, name, inner, indent, forced + end)
        else this.#wholeObject(sign, `${label}jsonencode(`, inner, indent, forced + end)
      } else if (/\n./.test(value)) {
        this.#line(sign, indent, `${label}<<EOT${forced}`)
        for (const line of this.#redactor.text(value, name).split('\n')) this.#line(sign, indent + 1, line)
        this.#line(sign, indent, `EOT${end}`)
      } else this.#line(sign, indent, `${label}${this.#short(value, name)}${forced}${end}`)
    } else this.#line(sign, indent, `${label}${this.#short(value, name)}${forced}${end}`)
    return true
  }

  #wholeObject(sign: '+' | '-', label: string, side: Side, indent: number, end: string): void {
    const names = namesOf(side)
    const close = label.endsWith('jsonencode(') ? '})' : '}'
    if (names.length === 0) return void this.#line(sign, indent, `${label}{${close}${end}`)
    this.#line(sign, indent, `${label}{${sign === '+' ? end : ''}`)
    for (const name of [...names].sort()) {
      const member = memberOf(side, name)
      const [b, a] = sign === '+' ? [nothing, member] : [member, nothing]
      this.entry(name, b, a, [], indent + 1, objectName(side, nothing))
    }
    this.#line(sign, indent, `${close}${sign === '-' ? end : ''}`)
  }

  #wholeList(sign: '+' | '-', label: string, name: string, side: Side, indent: number, end: string): void {
    const items = itemsOf(side)
    const close = label.endsWith('jsonencode(') ? '])' : ']'
    if (items.length === 0) return void this.#line(sign, indent, `${label}[${close}${end}`)
    this.#line(sign, indent, `${label}[${sign === '+' ? end : ''}`)
    for (const item of items) {
      const [b, a] = sign === '+' ? [nothing, item] : [item, nothing]
      this.#value('', name, b, a, [], indent + 1)
    }
    this.#line(sign, indent, `${close}${sign === '-' ? end : ''}`)
  }

  /** A value on one line. */
  #short(value: Json, name: string): string {
    if (typeof value === 'string') {
      if (value.startsWith(bigNumberMark)) return value.slice(bigNumberMark.length)
      return JSON.stringify(this.#redactor.text(value, name))
    }
    if (Array.isArray(value)) return value.length === 0 ? '[]' : '[…]'
    if (isObject(value)) return Object.keys(value).length === 0 ? '{}' : '{…}'
    return isSecretName(name) && typeof value === 'number' ? redactedText : String(value)
  }

  /** The document in a text that is one of JSON. */
  #document(text: string, name: string): Json | undefined {
    if (text.length > 200_000 || !/^\s*[[{]/.test(text) || isSecretName(name)) return undefined
    // A text that is sensitive as a whole is no document to look into.
    if (this.#redactor.text(text) === sensitiveText) return undefined
    try {
      const value = parseJson(text)
      return typeof value === 'object' && value !== null ? value : undefined
    } catch {
      return undefined
    }
  }

  #line(sign: Sign, indent: number, text: string): void {
    this.lines.push(`${sign} ${'  '.repeat(indent)}${visible(text)}`.trimEnd())
  }
}

function isThere(side: Side): boolean {
  return side.value !== null || side.unknown === true
}

function isHidden(side: Side): boolean {
  return side.sensitive === true
}

function signOf(before: Side, after: Side): Sign {
  return !isThere(before) ? '+' : isThere(after) ? '!' : '-'
}

/** Iterative: values may nest as deep as their writer likes. */
function hasUnknown(mask: Mask): boolean {
  const stack: Mask[] = [mask]
  for (let next: Mask | undefined = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next === true) return true
    if (typeof next === 'object') for (const child of Object.values(next)) if (child !== false && child !== undefined) stack.push(child)
  }
  return false
}

function namesOf(side: Side): readonly string[] {
  const names = isObject(side.value) ? Object.keys(side.value) : []
  if (typeof side.unknown !== 'object' || Array.isArray(side.unknown)) return names
  return [...new Set([...names, ...Object.keys(side.unknown)])]
}

function memberOf(side: Side, name: string): Side {
  const value = isObject(side.value) && Object.hasOwn(side.value, name) ? (side.value[name] ?? null) : null
  return { value, unknown: memberMask(side.unknown, name), sensitive: memberMask(side.sensitive, name) }
}

function itemsOf(side: Side): readonly Side[] {
  const values = Array.isArray(side.value) ? (side.value as readonly Json[]) : []
  const unknown = Array.isArray(side.unknown) ? (side.unknown as readonly Mask[]) : []
  const sensitive = side.sensitive
  const items: Side[] = []
  for (let i = 0; i < Math.max(values.length, unknown.length); i++) {
    items.push({
      value: values[i] ?? null,
      unknown: unknown[i] ?? false,
      sensitive: Array.isArray(sensitive) ? (sensitive[i] ?? false) : sensitive,
    })
  }
  return items
}

/** What an object calls itself, such as an entry of a list of environment variables. */
function objectName(before: Side, after: Side): string {
  for (const side of [after, before]) {
    if (!isObject(side.value)) continue
    const name = side.value.name ?? side.value.key ?? side.value.Name ?? side.value.Key
    if (typeof name === 'string') return name
  }
  return ''
}

/** Deep comparison by text, which is the same for the same document. */
function equal(a: Json, b: Json): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  return canonical(a) === canonical(b)
}

function canonical(value: Json): string {
  try {
    return JSON.stringify(value, (_key, v: Json) =>
      isObject(v) ? Object.fromEntries(Object.entries(v).sort(([x], [y]) => (x < y ? -1 : 1))) : v,
    )
  } catch {
    return 'nested too deep to compare'
  }
}

/** Elements that are the same stand beside each other; between them, what is gone and what came are paired in order when both are objects. */
function* pairUp(old: readonly Side[], now: readonly Side[]): Iterable<readonly [number | undefined, number | undefined]> {
  const text = (side: Side): string => `${canonical(side.value)}\0${JSON.stringify(side.unknown)}\0${JSON.stringify(side.sensitive)}`
  const gone: number[] = []
  const came: number[] = []
  function* flush(): Iterable<readonly [number | undefined, number | undefined]> {
    while (gone.length > 0 && came.length > 0 && isObject(old[gone[0]!]!.value) && isObject(now[came[0]!]!.value)) {
      yield [gone.shift()!, came.shift()!]
    }
    for (const i of gone.splice(0)) yield [i, undefined]
    for (const j of came.splice(0)) yield [undefined, j]
  }
  for (const [i, j] of align(old.map(text), now.map(text))) {
    if (i !== undefined && j !== undefined) {
      yield* flush()
      yield [i, j]
    } else if (i !== undefined) gone.push(i)
    else came.push(j!)
  }
  yield* flush()
}

/** Above this many comparisons what is equal is found without regard to order. */
const mostCells = 250_000

/** Two sequences beside each other: pairs of equal entries, and those that only one has, in order. */
function* align(a: readonly string[], b: readonly string[]): Iterable<readonly [number | undefined, number | undefined]> {
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let endA = a.length
  let endB = b.length
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--
    endB--
  }
  for (let i = 0; i < start; i++) yield [i, i]
  const rows = endA - start
  const columns = endB - start
  if (rows * columns > mostCells) {
    const left = new Map<string, number>()
    for (let j = start; j < endB; j++) left.set(b[j]!, (left.get(b[j]!) ?? 0) + 1)
    const unpaired = new Map(left)
    for (let i = start; i < endA; i++) {
      const count = unpaired.get(a[i]!) ?? 0
      if (count > 0) unpaired.set(a[i]!, count - 1)
      else yield [i, undefined]
    }
    const before = new Map<string, number>()
    for (let i = start; i < endA; i++) before.set(a[i]!, (before.get(a[i]!) ?? 0) + 1)
    for (let j = start; j < endB; j++) {
      const count = before.get(b[j]!) ?? 0
      if (count > 0) before.set(b[j]!, count - 1)
      else yield [undefined, j]
    }
  } else if (rows > 0 || columns > 0) {
    const width = columns + 1
    // lengths[i * width + j]: the longest common part of what follows i and j.
    const lengths = new Uint32Array((rows + 1) * width)
    for (let i = rows - 1; i >= 0; i--) {
      for (let j = columns - 1; j >= 0; j--) {
        lengths[i * width + j] =
          a[start + i] === b[start + j]
            ? lengths[(i + 1) * width + j + 1]! + 1
            : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
      }
    }
    let i = 0
    let j = 0
    while (i < rows || j < columns) {
      if (i < rows && j < columns && a[start + i] === b[start + j]) yield [start + i++, start + j++]
      else if (j >= columns || (i < rows && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)) yield [start + i++, undefined]
      else yield [undefined, start + j++]
    }
  }
  for (let i = endA; i < a.length; i++) yield [i, i - endA + endB]
}

/** A name as configuration has it, in quotes where it needs them. */
function keyText(name: string): string {
  return /^[A-Za-z_][\w-]*$/.test(name) ? name : JSON.stringify(name)
}

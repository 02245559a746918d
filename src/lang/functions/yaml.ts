import type { Node, Scalar } from 'yaml'
import {
  convert,
  dynamicType,
  falseVal,
  friendlyName,
  nullVal,
  numberVal,
  numericToString,
  objectVal,
  parseNumeric,
  stringType,
  stringVal,
  trueVal,
  tupleVal,
  type Value,
} from '../../cty/index.ts'
import { fail } from './_define.ts'
import { loadYaml } from './_libraries.ts'
import { problemInToken, yamlProblem } from './_yaml-problems.ts'
import { settleTabs } from './_yaml-tabs.ts'

/**
 * Block style with two spaces: strings in double quotes unless they have several lines, keys of objects in byte order.
 * Text with a newline is a literal block, with the indentation indicator where the first line starts with white space.
 */
export function encodeYaml(value: Value): string {
  const lines: string[] = []
  write(value, 0, '', lines)
  // A document that is a plain word only is ended by a mark: what followed could be taken for a part of it.
  const { kind } = value.type
  if (value.isNull || kind === 'number' || kind === 'bool') lines.push('...')
  return `${lines.join('\n')}\n`
}

/** `lead` is what stands on the first line already; further lines begin at `indent` spaces. */
function write(value: Value, indent: number, lead: string, lines: string[]): void {
  const scalar = scalarText(value, lead.length, indent)
  if (scalar !== undefined) {
    lines.push(lead + scalar)
    return
  }
  const pad = ' '.repeat(indent)
  let first = true
  const place = () => {
    const text = first ? lead : pad
    first = false
    return text
  }
  if (value.type.kind === 'map' || value.type.kind === 'object') {
    for (const [key, child] of value.asMap()) entry(keyText(place(), key, indent), child, indent, lines)
    return
  }
  for (const child of value.asArray()) write(child, indent + 2, `${place()}- `, lines)
}

function entry(head: string, child: Value, indent: number, lines: string[]): void {
  const inner = scalarText(child, head.length - head.lastIndexOf('\n'), indent + 2)
  if (inner !== undefined) {
    lines.push(`${head} ${inner}`)
    return
  }
  if (head.includes('\n')) {
    write(child, indent + 2, `${head} `, lines)
    return
  }
  lines.push(head)
  // Sequences below a key stand at the key's own indentation.
  const at = child.type.kind === 'map' || child.type.kind === 'object' ? indent + 2 : indent
  write(child, at, ' '.repeat(at), lines)
}

/** Keys of several lines, and long ones, stand on lines of their own behind a mark. */
function keyText(lead: string, key: string, indent: number): string {
  const pad = ' '.repeat(indent)
  if (isBlock(key)) return `${lead}? ${block(key, indent + 2)}\n${pad}:`
  const quoted = quote(key)
  return quoted.length > longestKey ? `${lead}? ${fold(quoted, indent + 2, indent + 2)}\n${pad}:` : `${lead}${quoted}:`
}

const longestKey = 128
const lineWidth = 80

/** Quoted text goes on in the next line at the first single space beyond the width. */
function fold(quoted: string, column: number, indent: number): string {
  if (column + quoted.length <= lineWidth) return quoted
  let result = ''
  let at = column
  let afterSpace = false
  const characters = [...quoted]
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i]!
    // The text within the quotes has neither begun nor ended.
    if (c === ' ' && !afterSpace && at > lineWidth && i > 1 && i < characters.length - 2) {
      result += `\n${' '.repeat(indent)}`
      at = indent
      if (characters[i + 1] === ' ') {
        result += '\\'
        at++
      }
    } else {
      result += c
      at++
    }
    afterSpace = c === ' '
  }
  return result
}

/**
 * Undefined for collections that have elements.
 *
 * @param column where the text begins in its line
 * @param indent of further lines
 */
function scalarText(value: Value, column: number, indent: number): string | undefined {
  if (value.isNull) return 'null'
  switch (value.type.kind) {
    case 'string':
      return isBlock(value.asString()) ? block(value.asString(), indent) : fold(quote(value.asString()), column, Math.max(2, indent))
    case 'number':
      return numericToString(value.asNumeric())
    case 'bool':
      return String(value.asBool())
    case 'map':
    case 'object':
      return value.asMap().size === 0 ? '{}' : undefined
    case 'list':
    case 'set':
    case 'tuple':
      return value.asArray().length === 0 ? '[]' : undefined
    default:
      return fail(`cannot encode a value of type ${value.type.kind} as YAML`)
  }
}

/** Text of several lines, unless it has characters, such as tabs, or spaces at the end of a line, that a block would not show. */
function isBlock(text: string): boolean {
  if (!text.includes('\n') || / (?:\n|$)/.test(text)) return false
  return !/[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u.test(text)
}

function block(text: string, indent: number): string {
  const pad = ' '.repeat(Math.max(2, indent))
  const hint = /^[ \n]/.test(text) ? '2' : ''
  const body = text.replace(/\n+$/, '')
  const newlines = text.length - body.length
  const chomp = newlines === 0 ? '-' : newlines === 1 && body !== '' ? '' : '+'
  const kept = newlines === 0 || chomp === '' ? body : body + '\n'.repeat(body === '' ? newlines : newlines - 1)
  const rows = (body === '' ? '\n'.repeat(newlines - 1) : kept).split('\n').map((row) => (row === '' ? '' : pad + row))
  return [`|${hint}${chomp}`, ...rows].join('\n')
}

function quote(text: string): string {
  const short: Readonly<Record<string, string>> = {
    '\0': '\\0',
    '\x07': '\\a',
    '\b': '\\b',
    '\t': '\\t',
    '\n': '\\n',
    '\v': '\\v',
    '\f': '\\f',
    '\r': '\\r',
    '\x1b': '\\e',
    '"': '\\"',
    '\\': '\\\\',
    '\x85': '\\N',
    '\ufeff': '\\uFEFF',
    '\u2028': '\\L',
    '\u2029': '\\P',
  }
  let result = '"'
  for (const c of text) {
    const code = c.codePointAt(0)!
    if (short[c] !== undefined) result += short[c]
    else if (code < 0x20 || (code >= 0x7f && code < 0xa0)) result += `\\x${code.toString(16).toUpperCase().padStart(2, '0')}`
    else if (code > 0xffff) result += `\\U${code.toString(16).toUpperCase().padStart(8, '0')}`
    else result += c
  }
  return `${result}"`
}

/** What no YAML text may hold, not even in quotes. */
const notPrintable = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/** The text as the library has to be given it to read what libyaml reads. */
function prepared(given: string): string {
  // Each of these ends a line.
  let text = given.replace(/\r(?!\n)|\x85/g, '\n')
  if (text.includes('\t')) {
    const settled = settleTabs(text)
    if (typeof settled !== 'string') fail(problemInToken(text, settled))
    text = settled
  }
  return text
}

/** YAML 1.2 core schema, as far as its types exist in the language; aliases and merge keys are resolved. */
export function decodeYaml(given: string): Value {
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } = loadYaml()
  if (notPrintable.test(given)) fail('control characters are not allowed')
  const text = prepared(given)
  const lineCounter = new LineCounter()
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    merge: false,
    uniqueKeys: false,
    lineCounter,
    prettyErrors: false,
    strict: true,
  })
  if (!Array.isArray(documents) || documents.length === 0) fail('on line 1, column 1: missing start of document')
  const [document] = documents
  if (/^%YAML (?!1\.1\s*$)\d+\.\d+/m.test(text) && document!.directives.yaml.explicit === true) fail('found incompatible YAML document')
  if (/^(?:[ \t]*(?:#.*)?\n)*\.\.\.(?!\S)/.test(text)) {
    const line = text.slice(0, text.indexOf('...')).split('\n').length - 1
    fail(`${line === 0 ? '' : `on line ${line}, column 1: `}did not find expected node content`)
  }
  if (document!.warnings.some(({ code }) => code === 'BAD_DIRECTIVE') && /^%(?!YAML|TAG)/m.test(text)) fail('found unknown directive name')
  // Dates are read below, whatever the library makes of them.
  const problems = document!.errors.filter(({ message }) => !/^!!timestamp|^Comments must be separated/.test(message))
  if (problems.length > 0) fail(yamlProblem(text, problems))
  if (documents.length > 1) {
    const { line, col } = lineCounter.linePos(documents[1]!.range[0])
    const isSeparate = documents[1]!.directives?.docStart === true
    fail(
      `on line ${Math.max(1, line - 1)}, column ${col}: ${isSeparate ? 'unexpected extra content after value' : 'did not find expected <document start>'}`,
    )
  }
  const anchors = new Map<string, Value>()
  /** Those whose values are being read. */
  const open = new Set<string>()
  const where = (node: Node): string => {
    // Properties such as tags belong to the node.
    const at = node.range?.[0] ?? 0
    const properties = /(?:[!&]\S*[ \t]+)*$/.exec(text.slice(Math.max(0, at - 200), at))![0].length
    const { line, col } = lineCounter.linePos(at - properties)
    // libyaml counts lines from zero, and says nothing of the first one.
    return line === 1 ? '' : `on line ${line - 1}, column ${col}: `
  }
  const decode = (node: Node | null): Value => {
    if (node === null) return nullVal(dynamicType)
    if (isAlias(node)) {
      const value = anchors.get(node.source)
      if (value === undefined) {
        if (open.has(node.source)) fail(`cannot refer to anchor ${JSON.stringify(node.source)} from inside its own definition`)
        fail(`reference to undefined anchor ${JSON.stringify(node.source)}`)
      }
      return value
    }
    const anchor = 'anchor' in node && typeof node.anchor === 'string' ? node.anchor : undefined
    if (anchor !== undefined) open.add(anchor)
    const value = content(node)
    if (anchor !== undefined) {
      open.delete(anchor)
      anchors.set(anchor, value)
    }
    return value
  }
  const content = (node: Node): Value => {
    if (isScalar(node)) {
      // Half a pair of UTF-16 is no character, not even beside the other half.
      if (node.type === 'QUOTE_DOUBLE' && /(?:^|[^\\])(?:\\\\)*\\u[dD][89a-fA-F]/.test(text.slice(...node.range!.slice(0, 2))))
        fail('found invalid Unicode character escape code')
      return scalar(node, where, text)
    }
    if (isSeq(node)) {
      checkTag(node, ['!!seq', 'tag:yaml.org,2002:seq'])
      return tupleVal(node.items.map((item) => decode(item as Node)))
    }
    if (isMap(node)) {
      checkTag(node, ['!!map', 'tag:yaml.org,2002:map'])
      const members = new Map<string, Value>()
      for (const pair of node.items) {
        const keyNode = pair.key as Node
        const value = decode(pair.value as Node | null)
        if (isScalar(keyNode) && keyNode.source === '<<' && (keyNode.tag === undefined || keyNode.tag === '!!merge')) {
          if (value.type.kind !== 'object') fail(`${where(keyNode)}cannot merge ${friendlyName(value.type)} into mapping`)
          for (const [k, v] of value.asMap()) members.set(k, v)
          continue
        }
        const key = decode(keyNode)
        if (key.isNull) {
          const isWritten = isScalar(keyNode) && keyNode.source !== '' && keyNode.source !== undefined
          fail(isWritten ? `${where(keyNode)}mapping key cannot be null` : 'did not find expected key')
        }
        if (!['string', 'number', 'bool'].includes(key.type.kind)) fail(`${where(keyNode)}only strings are allowed as mapping keys`)
        members.set(convert(key, stringType).asString(), value)
      }
      return objectVal(members)
    }
    return fail(`${where(node)}unsupported YAML content`)
  }
  return decode(document!.contents as Node | null)
}

function checkTag(node: Node & { tag?: string }, allowed: readonly string[]): void {
  const { tag } = node
  if (tag === undefined || allowed.includes(tag)) return
  const kind = allowed[0] === '!!seq' ? 'sequence' : 'mapping'
  if (tag === '!') fail(`can't interpret ${kind} as !`)
  const long = tag.startsWith('!!') ? CORE + tag.slice(2) : tag
  if (long.startsWith(CORE)) fail(`can't interpret ${kind} as ${long}`)
  fail(`unsupported tag ${JSON.stringify(tag)}`)
}

const CORE = 'tag:yaml.org,2002:'

function scalar(node: Scalar, where: (node: Node) => string, document: string): Value {
  // What the library makes of tags is not asked for.
  const text = textOf(node, document)
  const isQuoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE'
  const tag = node.tag?.startsWith('!!') ? CORE + node.tag.slice(2) : node.tag
  switch (tag) {
    case undefined:
      if (isQuoted) return stringVal(text)
      // A block means what the same words would mean elsewhere, and is text all the same.
      return node.type === 'PLAIN' || node.type === undefined ? resolve(text) : convert(resolve(text), stringType)
    case '!':
      return fail(`${where(node)}unsupported tag "!"`)
    case `${CORE}str`:
      return stringVal(text)
    case `${CORE}binary`:
      if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replace(/[\r\n]/g, '')))
        fail(`${where(node)}cannot parse ${JSON.stringify(text)} as ${tag}: not valid base64`)
      return stringVal(text.replace(/\n/g, ''))
    case `${CORE}null`: {
      const value = isQuoted ? stringVal(text) : resolve(text)
      return value.type.kind === 'string' ? nullVal(dynamicType) : value
    }
    case `${CORE}int`:
    case `${CORE}float`:
    case `${CORE}bool`:
    case `${CORE}timestamp`: {
      if (isQuoted && text === '') return stringVal('')
      const value = resolve(text)
      const wanted = { int: 'number', float: 'number', bool: 'bool', timestamp: 'string' }[tag.slice(CORE.length)]
      if (value.type.kind !== wanted || (wanted === 'string' && !/^\d/.test(value.asString())))
        fail(`${where(node)}cannot parse ${JSON.stringify(text)} as ${tag}`)
      // Quoted text stays text.
      return isQuoted ? stringVal(text) : value
    }
    default:
      return fail(`unsupported tag ${JSON.stringify(node.tag)}`)
  }
}

/** What a plain scalar means. */
function resolve(text: string): Value {
  if (/^(?:|~|null|Null|NULL)$/.test(text)) return nullVal(dynamicType)
  if (/^(?:true|True|TRUE|yes|Yes|YES|on|On|ON|y|Y)$/.test(text)) return trueVal
  if (/^(?:false|False|FALSE|no|No|NO|off|Off|OFF|n|N)$/.test(text)) return falseVal
  if (/^[+-]?\.(?:inf|Inf|INF)$/.test(text)) return numberVal(text.startsWith('-') ? -Infinity : Infinity)
  if (/^\.(?:nan|NaN|NAN)$/.test(text)) fail('floating point NaN is not supported')
  const radix = /^0([xo])([0-9a-fA-F]+)$/.exec(text)
  if (radix !== null && (radix[1] === 'x' || /^[0-7]+$/.test(radix[2]!))) return numberVal(parseNumeric(BigInt(text).toString())!)
  if (/^[+-]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][+-]?\d+)?$/.test(text)) {
    const number = parseNumeric(
      text
        .replace(/^\+/, '')
        .replace(/^(-?)\./, '$10.')
        .replace(/\.(?=$|[eE])/, ''),
    )
    if (number !== undefined) return numberVal(number)
  }
  const time = timestamp(text)
  return stringVal(time ?? text)
}

/**
 * What was read of a scalar. A block that the document ends in without a line break has none at its end, which the library
 * adds.
 */
function textOf(node: Scalar, document: string): string {
  const text = node.source ?? String(node.value ?? '')
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED'
  if (!isBlock || !text.endsWith('\n') || document.endsWith('\n') || node.range === undefined || node.range === null) return text
  if (node.range[1] < document.length) return text
  const last = document.slice(document.lastIndexOf('\n') + 1)
  return last.trim() !== '' || text.endsWith(' \n') ? text.slice(0, -1) : text
}

/** As dates are shown in RFC 3339, with whole seconds; undefined for anything that is no date. */
function timestamp(text: string): string | undefined {
  const parts = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|( +))(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text)
  if (parts === null) return undefined
  const [, year, month, day, space, hour = '0', minute = '0', second = '0', zone] = parts
  // A time after a space has no zone, a time after a T must have one.
  if (parts[5] !== undefined && (space === undefined) !== (zone !== undefined)) return undefined
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > days) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const two = (digits: string | undefined) => digits!.padStart(2, '0')
  const offset = zone === undefined || /^[+-]00:00$/.test(zone) ? 'Z' : zone
  return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${offset}`
}

import { gunzipSync, gzipSync } from 'node:zlib'
import { goQuote } from '../../base/index.ts'
import {
  boolType,
  dynamicType,
  type FunctionSpec,
  impliedTypeOfJson,
  jsonToValue,
  listVal,
  numberType,
  objectType,
  objectVal,
  refine,
  stringType,
  stringVal,
  type Type,
  unknownVal,
  type Value,
  valueToJson,
} from '../../cty/index.ts'
import { type Charset, findCharset } from './_charsets.ts'
import { any, define, fail, failArg, str } from './_define.ts'
import { decodeYaml, encodeYaml } from './yaml.ts'

export const encodingFunctions: readonly FunctionSpec[] = [
  define('base64encode', [str('str')], stringType, ([s]) => stringVal(Buffer.from(s!.asString()).toString('base64')), {
    description: 'A string in Base64.',
  }),
  define('base64decode', [str('str', { allowMarked: true })], stringType, ([s]) => base64Decode(s!), {
    description: 'The text that Base64 stands for.',
  }),
  define('base64gzip', [str('str')], stringType, ([s]) => stringVal(gzipSync(s!.asString()).toString('base64')), {
    description: 'A string compressed with gzip, in Base64.',
  }),
  define('base64gunzip', [str('str', { allowMarked: true })], stringType, ([s]) => base64Gunzip(s!), {
    description: 'Text that was compressed with gzip and written in Base64.',
  }),
  define('urlencode', [str('str')], stringType, ([s]) => stringVal(urlEncode(s!.asString())), {
    description: 'A string escaped for a query in a URL.',
  }),
  define('urldecode', [str('str')], stringType, ([s]) => stringVal(urlDecode(s!.asString())), { description: 'The reverse of urlencode.' }),
  define(
    'textencodebase64',
    [str('string'), str('encoding')],
    stringType,
    ([s, e]) => stringVal(encodeText(s!.asString(), e!.asString())),
    {
      description: 'A string in another character encoding, in Base64.',
    },
  ),
  define(
    'textdecodebase64',
    [str('source'), str('encoding')],
    stringType,
    ([s, e]) => stringVal(decodeText(s!.asString(), e!.asString())),
    {
      description: 'Text in another character encoding that is given in Base64.',
    },
  ),
  define('jsonencode', [any('val', { allowNull: true, allowUnknown: true, allowDynamic: true })], stringType, ([v]) => jsonEncode(v!), {
    description: 'A value as JSON.',
  }),
  define(
    'jsondecode',
    [str('str')],
    ([s]) => (s!.isKnown ? jsonType(s!) : jsonTypeOfPrefix(s!.refinement?.prefix)),
    ([s], type) => jsonToValue(s!.asString(), type),
    {
      description: 'The value that JSON text stands for.',
      mayBeNull: true,
    },
  ),
  define(
    'yamlencode',
    [any('value', { allowNull: true })],
    stringType,
    ([v]) => (v!.isWhollyKnown ? stringVal(encodeYaml(v!)) : unknownVal(stringType)),
    {
      description: 'A value as YAML.',
    },
  ),
  define(
    'yamldecode',
    [str('src')],
    ([s]) => (s!.isKnown ? decodeYaml(s!.asString()).type : dynamicType),
    ([s]) => decodeYaml(s!.asString()),
    {
      description: 'The value that YAML text stands for.',
      mayBeNull: true,
    },
  ),
  define(
    'csvdecode',
    [str('str')],
    ([s]) => (s!.isKnown ? decodeCsv(s!.asString()).type : dynamicType),
    ([s]) => decodeCsv(s!.asString()),
    {
      description: 'A list of objects from CSV text whose first line names the attributes.',
    },
  ),
]

function shown(value: Value): string {
  return value.isMarked ? '(sensitive value)' : JSON.stringify(value.unmark().asString())
}

function decodeBytes(value: Value): Buffer {
  const text = value
    .unmark()
    .asString()
    .replace(/[\r\n]/g, '')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) fail(`failed to decode base64 data ${shown(value)}`)
  return Buffer.from(text, 'base64')
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function base64Decode(value: Value): Value {
  const text = utf8(decodeBytes(value))
  if (text === undefined) fail('the result of decoding the provided string is not valid UTF-8')
  return stringVal(text).withMarks(value.marks)
}

function base64Gunzip(value: Value): Value {
  let bytes: Buffer
  try {
    bytes = gunzipSync(decodeBytes(value))
  } catch {
    failArg(0, `failed to gunzip bytes: gzip: invalid header`)
  }
  const text = utf8(bytes)
  if (text === undefined) failArg(0, 'the result of decoding the provided string is not valid UTF-8')
  return stringVal(text).withMarks(value.marks)
}

/** As in a query: letters, digits and -_.~ stay, a space becomes +. */
function urlEncode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}

function urlDecode(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(text)
  if (bad !== null) failArg(0, `failed to decode URL ${JSON.stringify(text)}: invalid URL escape ${JSON.stringify(bad[0])}`)
  const bytes = Buffer.from(
    text
      .replaceAll('+', ' ')
      .replace(/[^\x00-\x7f]/gu, (c) => encodeURIComponent(c))
      .replace(/%([0-9a-fA-F]{2})/g, (_, h: string) => String.fromCharCode(Number.parseInt(h, 16))),
    'latin1',
  )
  return utf8(bytes) ?? fail('the result of decoding the given string is not valid UTF-8')
}

function charsetOf(name: string): Charset {
  return findCharset(name) ?? failArg(1, `${JSON.stringify(name)} is not a supported IANA encoding name or alias in this Terraform version`)
}

function encodeText(text: string, encoding: string): string {
  const { name, encode } = charsetOf(encoding)
  const bytes = encode(text) ?? failArg(0, `the given string contains characters that cannot be represented in ${name}`)
  return Buffer.from(bytes).toString('base64')
}

function decodeText(text: string, encoding: string): string {
  const { name, decode } = charsetOf(encoding)
  const bad = base64Error(text)
  if (bad !== undefined) failArg(0, `the given value is has an invalid base64 symbol at offset ${bad}`)
  const result = decode(Buffer.from(text, 'base64'))
  return result.includes('\ufffd') ? failArg(0, `the given string contains symbols that are not defined for ${name}`) : result
}

/** The byte offset at which Base64 text ends to be such, after Go's decoder. Line ends do not count. @see RFC 4648, section 4 */
function base64Error(text: string): number | undefined {
  const bytes = Buffer.from(text)
  const isLineEnd = (at: number): boolean => bytes[at] === 0x0a || bytes[at] === 0x0d
  const skipLineEnds = (at: number): number => {
    while (isLineEnd(at)) at++
    return at
  }
  let digits = 0
  for (let at = 0; at < bytes.length; at++) {
    if (isLineEnd(at)) continue
    const c = String.fromCharCode(bytes[at]!)
    if (/[A-Za-z0-9+/]/.test(c)) {
      digits = (digits + 1) % 4
      continue
    }
    if (c !== '=' || digits < 2) return at
    let end = skipLineEnds(at + 1)
    if (digits === 2) {
      if (end >= bytes.length) return bytes.length
      if (bytes[end] !== 0x3d) return end - 1
      end = skipLineEnds(end + 1)
    }
    return end < bytes.length ? end : undefined
  }
  return digits > 0 ? bytes.length - digits : undefined
}

function jsonEncode(value: Value): Value {
  if (!value.isWhollyKnown) {
    // What kind of JSON it will be is known from the type, so its first character is too.
    const kind = value.type.kind
    const open =
      value.isKnown || value.refinement?.notNull
        ? { string: '"', object: '{', map: '{', list: '[', set: '[', tuple: '[' }[kind as string]
        : undefined
    return refine(unknownVal(stringType), { notNull: true, prefix: open })
  }
  return stringVal(valueToJson(value, value.type))
}

/** The first character tells the type of a primitive value. */
function jsonTypeOfPrefix(prefix: string | undefined): Type {
  const [first] = prefix?.trimStart() ?? ''
  if (first === undefined) return dynamicType
  if (first === '"') return stringType
  if (first === 't' || first === 'f') return boolType
  if (/[-.\d]/.test(first)) return numberType
  if (/[[{n]/.test(first)) return dynamicType
  const shown = first === "'" ? "\\'" : goQuote(first).slice(1, -1)
  return failArg(0, `a JSON document cannot begin with the character '${shown}'`)
}

function jsonType(text: Value): Type {
  try {
    return impliedTypeOfJson(text.asString())
  } catch (error) {
    fail(error instanceof Error ? jsonProblem(error.message, text.asString()) : String(error))
  }
}

/** In the words of Go's token reader, which looks at bytes and tells ends between tokens from ends within one. */
function jsonProblem(problem: string, text: string): string {
  if (problem === 'unexpected end of JSON input') {
    const rest = text.replace(/"(?:[^"\\]|\\.)*"/gs, '')
    const word = /[-+.\w]*$/.exec(rest.trimEnd())![0]
    const whole = word === '' || /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)$/.test(word)
    return whole && !rest.includes('"') ? 'EOF' : 'unexpected EOF'
  }
  return problem
    .replace(/^(invalid character '[^}]') looking for beginning of object key string$/u, '$1')
    .replace(/^(invalid character ')([^\x00-\x7f])'/u, (_, lead: string, c: string) => `${lead}${String.fromCharCode(Buffer.from(c)[0]!)}'`)
}

/** RFC 4180 as Go reads it: fields may be quoted, quotes are doubled, empty lines are skipped. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let at = 0
  let line = 1
  const bad = (reason: string): never => fail(`CSV parse error on line ${line}: ${reason}`)
  while (at < text.length) {
    if (text[at] === '\n' || text.startsWith('\r\n', at)) {
      at += text[at] === '\n' ? 1 : 2
      line++
      continue
    }
    const row: string[] = []
    for (;;) {
      let field = ''
      if (text[at] === '"') {
        at++
        for (;;) {
          const quote = text.indexOf('"', at)
          if (quote < 0) bad('extraneous or missing " in quoted-field')
          field += text.slice(at, quote)
          at = quote + 1
          if (text[at] !== '"') break
          field += '"'
          at++
        }
        line += field.split('\n').length - 1
        field = field.replaceAll('\r\n', '\n')
        if (at < text.length && text[at] !== ',' && text[at] !== '\n' && !text.startsWith('\r\n', at))
          bad('extraneous or missing " in quoted-field')
      } else {
        const end = /,|\r?\n/g
        end.lastIndex = at
        const stop = end.exec(text)?.index ?? text.length
        field = text.slice(at, stop)
        if (field.includes('"')) bad('bare " in non-quoted-field')
        at = stop
      }
      row.push(field)
      if (text[at] !== ',') break
      at++
    }
    if (rows.length > 0 && row.length !== rows[0]!.length) bad('wrong number of fields')
    rows.push(row)
    if (at < text.length) {
      at += text[at] === '\r' ? 2 : 1
      line++
    }
  }
  return rows
}

function decodeCsv(text: string): Value {
  const [header, ...rows] = parseCsv(text)
  if (header === undefined) fail('missing header line')
  const seen = new Set<string>()
  for (const name of header) {
    if (seen.has(name)) fail(`duplicate column name ${JSON.stringify(name)}`)
    seen.add(name)
  }
  const type = objectType(header.map((name) => [name, stringType] as const))
  return listVal(
    rows.map((row) => objectVal(header.map((name, i) => [name, stringVal(row[i]!)] as const))),
    type,
  )
}

import { gunzipSync, gzipSync } from 'node:zlib'
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

/** Names that browsers know and that are not registered with IANA. */
const unregistered = /^(?:utf8|utf16.*|ascii|cp125\d|x-.*|sjis|ms932|iso8859.*|koi8?|logical|visual|866|dos-874|unicode.*|hebrew8)$/

interface Encoding {
  readonly label: string
  /** The registered name. */
  readonly shown: string
}

/** The encodings that the platform does not have, or takes for another one. */
const named: Readonly<Record<string, Encoding>> = {
  cp437: { label: 'ibm437', shown: 'IBM437' },
  ibm437: { label: 'ibm437', shown: 'IBM437' },
  'utf-16': { label: 'utf-16', shown: 'UTF-16' },
  'us-ascii': { label: 'us-ascii', shown: 'US-ASCII' },
  'iso-8859-1': { label: 'iso-8859-1', shown: 'ISO_8859-1:1987' },
  latin1: { label: 'iso-8859-1', shown: 'ISO_8859-1:1987' },
  l1: { label: 'iso-8859-1', shown: 'ISO_8859-1:1987' },
  'windows-1252': { label: 'windows-1252', shown: 'windows-1252' },
}

function encodingOf(name: string, index: number): Encoding {
  const lower = name.toLowerCase()
  const own = Object.hasOwn(named, lower) ? named[lower] : undefined
  if (own !== undefined) return own
  const known = lower.replace(/^cp936$/, 'gbk').replace(/^cp932$/, 'shift_jis')
  try {
    if (unregistered.test(lower)) throw new RangeError(name)
    return { label: new TextDecoder(known).encoding, shown: name }
  } catch {
    failArg(index, `${JSON.stringify(name)} is not a supported IANA encoding name or alias in this Terraform version`)
  }
}

const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

/** From 0x80 to 0x9f. */
const CP1252 = '€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ'

function decoderFor(label: string): (bytes: Uint8Array) => string {
  switch (label) {
    case 'us-ascii':
      return (bytes) => Array.from(bytes, (b) => (b < 0x80 ? String.fromCharCode(b) : '\ufffd')).join('')
    case 'iso-8859-1':
      return (bytes) => Buffer.from(bytes).toString('latin1')
    case 'windows-1252':
      return (bytes) => Array.from(bytes, (b) => (b >= 0x80 && b < 0xa0 ? CP1252[b - 0x80]! : String.fromCharCode(b))).join('')
    case 'utf-16': {
      // In the order that its mark tells, which is not part of the text.
      const decoder = (order: string) => new TextDecoder(order, { fatal: true })
      return (bytes) => decoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-16be').decode(bytes)
    }
  }
  if (label === 'ibm437') return (bytes) => Array.from(bytes, (b) => (b < 0x80 ? String.fromCharCode(b) : CP437[b - 0x80]!)).join('')
  const decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true })
  return (bytes) => decoder.decode(bytes)
}

function encodeText(text: string, name: string): string {
  const { label, shown } = encodingOf(name, 1)
  if (label === 'utf-8') return Buffer.from(text).toString('base64')
  if (label === 'utf-16le') return Buffer.from(text, 'utf16le').toString('base64')
  if (label === 'utf-16be') return Buffer.from(text, 'utf16le').swap16().toString('base64')
  if (label === 'utf-16') return Buffer.from(`\ufeff${text}`, 'utf16le').swap16().toString('base64')
  const bytes = encoderTable(label)
  const result: number[] = []
  for (const c of text) {
    const known = bytes.get(c)
    if (known === undefined) failArg(0, `the given string contains characters that cannot be represented in ${shown}`)
    result.push(...known)
  }
  return Buffer.from(result).toString('base64')
}

const encoderTables = new Map<string, ReadonlyMap<string, readonly number[]>>()
/** Those of two bytes, and the length of whose sequences the first byte tells. */
const multiByte = new Set(['shift_jis', 'euc-jp', 'gbk', 'gb18030', 'big5', 'euc-kr'])

/** The platform decodes but does not encode: its tables are turned round. */
function encoderTable(label: string): ReadonlyMap<string, readonly number[]> {
  const known = encoderTables.get(label)
  if (known !== undefined) return known
  const decode = decoderFor(label)
  const table = new Map<string, readonly number[]>()
  const add = (...bytes: number[]): void => {
    let c: string
    try {
      c = decode(Uint8Array.from(bytes))
    } catch {
      return // Not a character in this encoding.
    }
    if (c !== '\ufffd' && [...c].length === 1 && !table.has(c)) table.set(c, bytes)
  }
  for (let b = 0; b < 256; b++) add(b)
  if (multiByte.has(label)) for (let lead = 0x81; lead < 0xff; lead++) for (let trail = 0x40; trail < 0xff; trail++) add(lead, trail)
  encoderTables.set(label, table)
  return table
}

function decodeText(text: string, name: string): string {
  const { label, shown } = encodingOf(name, 1)
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0)
    failArg(0, `the given value is has an invalid base64 symbol at offset ${Math.max(0, text.search(/[^A-Za-z0-9+/]/))}`)
  // The WHATWG table of windows-1250 and its like fills holes with control characters, which no text in them uses.
  try {
    const result = decoderFor(label)(Buffer.from(text, 'base64'))
    if (result.includes('\ufffd') || (/^(windows|iso)/i.test(label) && label !== 'iso-8859-1' && /[\u0080-\u009f]/.test(result)))
      failArg(0, `the given string contains symbols that are not defined for ${shown}`)
    return result
  } catch (error) {
    if (error instanceof TypeError) failArg(0, `the given string contains symbols that are not defined for ${shown}`)
    throw error
  }
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
  const first = prefix?.trimStart()[0]
  if (first === undefined) return dynamicType
  if (first === '"') return stringType
  if (first === 't' || first === 'f') return boolType
  return /[-.\d]/.test(first) ? numberType : dynamicType
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

/*
 * Character encodings under the names that IANA registers, as far as the language has them. The tables are those of the platform's
 * `TextDecoder`, which only decodes and which takes liberties: they are turned round when they are first asked for, and what the platform
 * lacks or has otherwise is written down as differences.
 */

export interface Charset {
  /** The preferred registered name. */
  readonly name: string
  /** What is not a character of the encoding becomes U+FFFD. */
  readonly decode: (bytes: Uint8Array) => string
  /** `undefined` when a character has no place in the encoding. */
  readonly encode: (text: string) => Uint8Array | undefined
}

/** The encoding of a registered name or alias, whose case does not matter. */
export function findCharset(nameOrAlias: string): Charset | undefined {
  namesOf ??= preferredNames()
  const name = namesOf.get(nameOrAlias.toLowerCase())
  if (name === undefined) return undefined
  let charset = charsets.get(name)
  if (charset === undefined) {
    charset = { name, ...build(name) }
    charsets.set(name, charset)
  }
  return charset
}

const EUC_JP = 'Extended_UNIX_Code_Packed_Format_for_Japanese'

/** Each line: what messages call it, then its other names. @see https://www.iana.org/assignments/character-sets */
const registered = `US-ASCII ANSI_X3.4-1968 ANSI_X3.4-1986 ISO_646.irv:1991 ISO646-US iso-ir-6 us IBM367 cp367 csASCII
ISO_8859-1:1987 ISO_8859-1 ISO-8859-1 iso-ir-100 latin1 l1 IBM819 CP819 csISOLatin1
ISO_8859-2:1987 ISO_8859-2 ISO-8859-2 iso-ir-101 latin2 l2 csISOLatin2
ISO_8859-3:1988 ISO_8859-3 ISO-8859-3 iso-ir-109 latin3 l3 csISOLatin3
ISO_8859-4:1988 ISO_8859-4 ISO-8859-4 iso-ir-110 latin4 l4 csISOLatin4
ISO_8859-5:1988 ISO_8859-5 ISO-8859-5 iso-ir-144 cyrillic csISOLatinCyrillic
ISO_8859-6:1987 ISO_8859-6 ISO-8859-6 iso-ir-127 ECMA-114 ASMO-708 arabic csISOLatinArabic
ISO_8859-7:1987 ISO_8859-7 ISO-8859-7 iso-ir-126 ELOT_928 ECMA-118 greek greek8 csISOLatinGreek
ISO_8859-8:1988 ISO_8859-8 ISO-8859-8 iso-ir-138 hebrew csISOLatinHebrew
ISO_8859-9:1989 ISO_8859-9 ISO-8859-9 iso-ir-148 latin5 l5 csISOLatin5
ISO_8859-6-E ISO-8859-6-E csISO88596E
ISO_8859-6-I ISO-8859-6-I csISO88596I
ISO_8859-8-E ISO-8859-8-E csISO88598E
ISO_8859-8-I ISO-8859-8-I csISO88598I
ISO-8859-10 ISO_8859-10:1992 iso-ir-157 latin6 l6 csISOLatin6
ISO-8859-13 csISO885913
ISO-8859-14 ISO_8859-14:1998 ISO_8859-14 iso-ir-199 iso-celtic latin8 l8 csISO885914
ISO-8859-15 ISO_8859-15 Latin-9 csISO885915
ISO-8859-16 ISO_8859-16:2001 ISO_8859-16 iso-ir-226 latin10 l10 csISO885916
IBM037 cp037 ebcdic-cp-us ebcdic-cp-ca ebcdic-cp-wt ebcdic-cp-nl csIBM037
IBM437 cp437 437 csPC8CodePage437
IBM850 cp850 850 csPC850Multilingual
IBM852 cp852 852 csPCp852
IBM855 cp855 855 csIBM855
IBM860 cp860 860 csIBM860
IBM862 cp862 862 csPC862LatinHebrew
IBM863 cp863 863 csIBM863
IBM865 cp865 865 csIBM865
IBM866 cp866 866 csIBM866
IBM00858 CCSID00858 CP00858 PC-Multilingual-850+euro csIBM00858
IBM01140 CCSID01140 CP01140 ebcdic-us-37+euro csIBM01140
IBM1047 IBM-1047 csIBM1047
KOI8-R csKOI8R
KOI8-U csKOI8U
macintosh mac csMacintosh
windows-874 cswindows874
windows-1250 cswindows1250
windows-1251 cswindows1251
windows-1252 cswindows1252
windows-1253 cswindows1253
windows-1254 cswindows1254
windows-1255 cswindows1255
windows-1256 cswindows1256
windows-1257 cswindows1257
windows-1258 cswindows1258
UTF-8 csUTF8
UTF-16 csUTF16
UTF-16BE csUTF16BE
UTF-16LE csUTF16LE
Big5 csBig5
EUC-KR csEUCKR
${EUC_JP} csEUCPkdFmtJapanese EUC-JP
Shift_JIS MS_Kanji csShiftJIS
ISO-2022-JP csISO2022JP
GBK CP936 MS936 windows-936 csGBK
GB18030 csGB18030
HZ-GB-2312`

let namesOf: ReadonlyMap<string, string> | undefined
const charsets = new Map<string, Charset>()

function preferredNames(): ReadonlyMap<string, string> {
  const lines = registered.split('\n').map((line) => line.split(' '))
  return new Map(lines.flatMap((names) => names.map((name) => [name.toLowerCase(), names[0]!] as const)))
}

type Codec = Omit<Charset, 'name'>

function build(name: string): Codec {
  switch (name) {
    case 'UTF-8':
      return { decode: (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), encode: (text) => Buffer.from(text) }
    case 'UTF-16':
      // In the order that its mark tells, which is no part of the text.
      return {
        decode: (bytes) => new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-16be').decode(bytes),
        encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
      }
    case 'UTF-16LE':
    case 'UTF-16BE':
      return {
        decode: (bytes) => new TextDecoder(name, { ignoreBOM: true }).decode(bytes),
        encode: (text) => (name === 'UTF-16LE' ? Buffer.from(text, 'utf16le') : Buffer.from(text, 'utf16le').swap16()),
      }
    case 'ISO-2022-JP':
      return iso2022JpCodec()
    case 'HZ-GB-2312':
      return hzCodec()
  }
  return Object.hasOwn(multiByte, name) ? multiByteCodec(multiByte[name]!()) : singleByteCodec(name)
}

/* One byte a character. */

const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'
/** The characters of EBCDIC 037 are those of Latin-1 in another order. */
const CP037 =
  'AAECA5wJhn+XjY4LDA0ODxAREhOdhQiHGBmSjxwdHh+AgYKDhAoXG4iJiouMBQYHkJEWk5SVlgSYmZqbFBWeGiCg4uTg4ePl5/GiLjwoK3wm6err6O3u7+zfISQqKTusLS/CxMDBw8XH0aYsJV8+P/jJysvIzc7PzGA6I0AnPSLYYWJjZGVmZ2hpq7vw/f6xsGprbG1ub3Bxcqq65rjGpLV+c3R1dnd4eXqhv9Dd3q5eo6W3qae2vL2+W12vqLTXe0FCQ0RFRkdISa309vLz9X1KS0xNTk9QUVK5+/z5+v9c91NUVVZXWFlastTW0tPVMDEyMzQ1Njc4ObPb3Nnanw=='

/** Another table, and bytes in which this one differs from it, each with its character. */
const derived: Readonly<Record<string, readonly [from: string, differences: string]>> = {
  'ISO_8859-6-E': ['ISO_8859-6:1987', ''],
  'ISO_8859-6-I': ['ISO_8859-6:1987', ''],
  'ISO_8859-8-E': ['ISO_8859-8:1988', ''],
  'ISO_8859-8-I': ['ISO_8859-8:1988', ''],
  'ISO_8859-9:1989': ['ISO_8859-1:1987', 'd0ĞddİdeŞf0ğfdıfeş'],
  'ISO-8859-16': ['ISO-8859-15', 'a1Ąa2ąa3Ła5„aaȘacŹaeźafŻb2Čb3łb5”b9čbașbfżc3Ăc5Ćd0Đd1Ńd5Őd7Śd8ŰddĘdeȚe3ăe5ćf0đf1ńf5őf7śf8űfdęfeț'],
  IBM850: [
    'IBM437',
    '9bø9dØ9e×a9®b5Áb6Âb7Àb8©bd¢be¥c6ãc7Ãcf¤d0ðd1Ðd2Êd3Ëd4Èd5ıd6Íd7Îd8Ïdd¦deÌe0Óe2Ôe3Òe4õe5Õe7þe8Þe9ÚeaÛebÙecýedÝee¯ef´f0\u00adf2‗f3¾f4¶f5§f7¸f9¨fb¹fc³',
  ],
  IBM852: [
    'IBM850',
    '85ů86ć88ł8aŐ8bő8dŹ8fĆ91Ĺ92ĺ95Ľ96ľ97Ś98ś9bŤ9cť9dŁ9fča4Ąa5ąa6Ža7ža8Ęa9ęabźacČadşb7Ěb8ŞbdŻbeżc6Ăc7ăd0đd1Đd2Ďd4ďd5Ňd8ěddŢdeŮe3Ńe4ńe5ňe6Še7še8ŔeaŕebŰeeţf1˝f2˛f3ˇf4˘fa˙fbűfcŘfdř',
  ],
  IBM855: [
    'IBM850',
    '80ђ81Ђ82ѓ83Ѓ84ё85Ё86є87Є88ѕ89Ѕ8aі8bІ8cї8dЇ8eј8fЈ90љ91Љ92њ93Њ94ћ95Ћ96ќ97Ќ98ў99Ў9aџ9bЏ9cю9dЮ9eъ9fЪa0аa1Аa2бa3Бa4цa5Цa6дa7Дa8еa9ЕaaфabФacгadГb5хb6Хb7иb8ИbdйbeЙc6кc7Кd0лd1Лd2мd3Мd4нd5Нd6оd7Оd8пddПdeяe0Яe1рe2Рe3сe4Сe5тe6Тe7уe8Уe9жeaЖebвecВedьeeЬef№f1ыf2Ыf3зf4Зf5шf6Шf7эf8Эf9щfaЩfbчfcЧfd§',
  ],
  IBM860: ['IBM437', '84ã86Á89Ê8bÍ8cÔ8eÃ8fÂ91À92È94õ96Ú98Ì99Õ9dÙ9fÓa9Ò'],
  IBM862: ['IBM437', '80א81ב82ג83ד84ה85ו86ז87ח88ט89י8aך8bכ8cל8dם8eמ8fן90נ91ס92ע93ף94פ95ץ96צ97ק98ר99ש9aת'],
  IBM863: ['IBM437', '84Â86¶8d‗8eÀ8f§91È92Ê94Ë95Ï98¤99Ô9dÙ9eÛa0¦a1´a4¨a5¸a6³a7¯a8Îad¾'],
  IBM865: ['IBM437', '9bø9dØaf¤'],
  IBM00858: ['IBM850', 'd5€'],
  IBM01140: ['IBM037', '9f€'],
  IBM1047: ['IBM037', '5f^ad[b0¬baÝbb¨bd]'],
  'KOI8-U': ['platform', 'aeўbeЎ'],
  'windows-1252': [
    'ISO_8859-1:1987',
    '80€81\ufffd82‚83ƒ84„85…86†87‡88ˆ89‰8aŠ8b‹8cŒ8d\ufffd8eŽ8f\ufffd90\ufffd91‘92’93“94”95•96–97—98˜99™9aš9b›9cœ9d\ufffd9ež9fŸ',
  ],
  'windows-1253': ['platform', 'aa\ufffd'],
  'windows-1255': ['platform', 'ca\u05ba'],
}

function latin1(): string[] {
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(b))
}

/** The character of each byte, or U+FFFD. */
function singleByteTable(name: string): readonly string[] {
  if (Object.hasOwn(derived, name)) {
    const [from, differences] = derived[name]!
    const table = from === 'platform' ? platformTable(name) : [...singleByteTable(from)]
    for (const [, byte, character] of differences.matchAll(/([0-9a-f]{2})(.)/g)) table[Number.parseInt(byte!, 16)] = character!
    return table
  }
  switch (name) {
    case 'US-ASCII':
      return latin1().slice(0, 128)
    case 'ISO_8859-1:1987':
      return latin1()
    case 'IBM437':
      return [...latin1().slice(0, 128), ...CP437]
    case 'IBM037':
      return Array.from(Buffer.from(CP037, 'base64'), (b) => String.fromCharCode(b))
  }
  return platformTable(name)
}

/** The platform fills holes with control characters and ones for private use, where the standards have nothing. */
function platformTable(name: string): string[] {
  const decoder = new TextDecoder(name.replace(/^ISO_(.*):.*/, 'iso-$1'))
  return latin1().map((c, b) => (b < 128 ? c : decoder.decode(Uint8Array.of(b)).replace(/[\x80-\x9f\uf8c1-\uf8c8]/, '\ufffd')))
}

function singleByteCodec(name: string): Codec {
  const table = singleByteTable(name)
  const bytes = new Map(table.map((c, b) => [c, b] as const).filter(([c]) => c !== '\ufffd'))
  return {
    decode: (source) => Array.from(source, (b) => table[b] ?? '\ufffd').join(''),
    encode: (text) => {
      const result: number[] = []
      for (const c of text) {
        const byte = bytes.get(c)
        if (byte === undefined) return undefined
        result.push(byte)
      }
      return Uint8Array.from(result)
    },
  }
}

/* Several bytes a character, as many as the first ones tell. */

interface MultiByte {
  /** How many bytes the character takes that begins at `at`. */
  readonly lengthAt: (bytes: Uint8Array, at: number) => number
  /** The character of a whole sequence, or U+FFFD. */
  readonly character: (sequence: Uint8Array) => string
  /** Sequences for all characters but those of ASCII. Of several for one character the first is written. */
  readonly sequences: () => Iterable<Uint8Array>
  /** For characters that are not in the sequences. */
  readonly beyond?: (codePoint: number) => Uint8Array
}

const multiByte: Readonly<Record<string, () => MultiByte>> = {
  Big5: () => ({ lengthAt: pairFrom(0x81), character: big5Character(), sequences: () => [...pairs(0xa1, 0xf9)].reverse() }),
  'EUC-KR': () => ({ lengthAt: pairFrom(0x81), character: hangulCharacter(), sequences: () => pairs(0x81, 0xfe) }),
  [EUC_JP]: () => ({
    lengthAt: (bytes, at) => (bytes[at] === 0x8f ? 3 : bytes[at] === 0x8e || bytes[at]! >= 0xa1 ? 2 : 1),
    character: platformCharacter('euc-jp', isPlatformJapanese),
    sequences: () => concat(pairs(0x8e, 0x8e), pairs(0xa1, 0xfe), pairs(0xa1, 0xfe, 0x8f)),
  }),
  Shift_JIS: () => {
    const character = platformCharacter('shift_jis')
    return {
      lengthAt: (bytes, at) => ((bytes[at]! > 0x80 && bytes[at]! < 0xa0) || bytes[at]! >= 0xe0 ? 2 : 1),
      character: (sequence) => (sequence[0] === 0x80 ? '\x80' : character(sequence)),
      sequences: () => concat(singles(0xa1, 0xdf), pairs(0x81, 0xfc)),
    }
  },
  GBK: () => ({ lengthAt: pairFrom(0x81), character: chineseCharacter(), sequences: () => concat(singles(0x80, 0x80), pairs(0x81, 0xfe)) }),
  GB18030: () => ({
    lengthAt: (bytes, at) => (bytes[at]! < 0x81 ? 1 : bytes[at + 1]! >= 0x30 && bytes[at + 1]! <= 0x39 ? 4 : 2),
    character: chineseCharacter(),
    sequences: () => concat(pairs(0x81, 0xfe), fours()),
    beyond: (codePoint) => four(codePoint - 0x10000 + FOURS_BEFORE_BEYOND),
  }),
}

function pairFrom(least: number): MultiByte['lengthAt'] {
  return (bytes, at) => (bytes[at]! < least ? 1 : 2)
}

function* concat(...parts: Iterable<Uint8Array>[]): Generator<Uint8Array> {
  for (const part of parts) yield* part
}

function* singles(first: number, last: number): Generator<Uint8Array> {
  for (let byte = first; byte <= last; byte++) yield Uint8Array.of(byte)
}

function* pairs(firstLead: number, lastLead: number, ...before: number[]): Generator<Uint8Array> {
  for (let lead = firstLead; lead <= lastLead; lead++)
    for (let trail = 0x40; trail < 0xff; trail++) yield Uint8Array.of(...before, lead, trail)
}

/** Sequences of four bytes are numbered; those for characters beyond the first 65,536 follow a gap. */
const FOURS_FOR_FIRST = 39_420
const FOURS_BEFORE_BEYOND = 189_000

function four(index: number): Uint8Array {
  return Uint8Array.of(
    0x81 + Math.floor(index / 12_600),
    0x30 + (Math.floor(index / 1260) % 10),
    0x81 + (Math.floor(index / 10) % 126),
    0x30 + (index % 10),
  )
}

function* fours(): Generator<Uint8Array> {
  for (let index = 0; index < FOURS_FOR_FIRST; index++) yield four(index)
}

/** Of the platform, without what it has for private use and what else it has added. */
function platformCharacter(label: string, isAdded: (sequence: Uint8Array, text: string) => boolean = () => false): MultiByte['character'] {
  const decoder = new TextDecoder(label, { ignoreBOM: true })
  return (sequence) => {
    const text = decoder.decode(sequence)
    return (sequence.length > 3 ? /^[^\ue000-\uf8ff]$/u : /^[^\x80-\x9f\ue000-\uf8ff]$/u).test(text) && !isAdded(sequence, text)
      ? text
      : '\ufffd'
  }
}

/** Of the platform: currency signs in the half width set, IBM's rows in JIS X 0212. */
function isPlatformJapanese([first, second]: Uint8Array): boolean {
  return (first === 0x8e && second! >= 0xe0) || (first === 0x8f && second! >= 0xf3)
}

/** Big5 of 1984 with the extensions of ETEN, which has control pictures; not the supplement of Hong Kong. */
function big5Character(): MultiByte['character'] {
  const character = platformCharacter('big5')
  return (sequence) => {
    const [lead, trail] = sequence
    if (lead === 0xa3 && trail! >= 0xc0) return trail! < 0xe0 ? String.fromCharCode(0x2340 + trail!) : trail === 0xe0 ? '␡' : '\ufffd'
    return lead! < 0xa1 ? '\ufffd' : character(sequence)
  }
}

/** GB 18030 as of 2000: the platform has two bytes for some characters that had four then. */
function chineseCharacter(): MultiByte['character'] {
  const character = platformCharacter(
    'gb18030',
    (sequence, text) => sequence.length === 2 && /[\u1e3f\u9fb4-\u9fbb\ufe10-\ufe19]/.test(text),
  )
  return (sequence) => {
    if (sequence.length === 1) return sequence[0] === 0x80 ? '€' : '\ufffd'
    return sequence.length === 4 && Buffer.from(sequence).readUInt32BE() === 0x8135f437 ? '\u1e3f' : character(sequence)
  }
}

/** Unified Hangul Code: the syllables that KS X 1001 lacks stand in their order where it has nothing. */
function hangulCharacter(): MultiByte['character'] {
  const standard = platformCharacter('euc-kr')
  const isStandard = new Set<string>()
  for (const sequence of pairs(0xb0, 0xc8)) isStandard.add(standard(sequence))
  const others = Array.from({ length: 11_172 }, (_, i) => String.fromCharCode(0xac00 + i)).filter((c) => !isStandard.has(c))
  return (sequence) => {
    const lead = sequence[0]!
    const trail = sequence[1]!
    if (lead === 0xa2 && (trail === 0xe6 || trail === 0xe7)) return trail === 0xe6 ? '€' : '®'
    if (lead >= 0xa1 && trail >= 0xa1) return standard(sequence)
    const letter = trail >= 0x41 && trail <= 0x5a ? trail - 0x41 : trail >= 0x61 && trail <= 0x7a ? trail - 0x47 : trail - 0x4d
    if (trail < 0x41 || (trail > 0x5a && trail < 0x61) || (trail > 0x7a && trail < 0x81) || trail > 0xfe) return '\ufffd'
    return others[lead < 0xa1 ? (lead - 0x81) * 178 + letter : 32 * 178 + (lead - 0xa1) * 84 + letter] ?? '\ufffd'
  }
}

function multiByteCodec({ lengthAt, character, sequences, beyond }: MultiByte): Codec {
  let table: ReadonlyMap<string, Uint8Array> | undefined
  return {
    decode: (bytes) => {
      let text = ''
      for (let at = 0; at < bytes.length; ) {
        const end = at + lengthAt(bytes, at)
        text += bytes[at]! < 0x80 ? String.fromCharCode(bytes[at]!) : end > bytes.length ? '\ufffd' : character(bytes.subarray(at, end))
        at = end
      }
      return text
    },
    encode: (text) => {
      table ??= tableOf(sequences(), character)
      const result: number[] = []
      for (const c of text) {
        const codePoint = c.codePointAt(0)!
        const bytes = codePoint < 0x80 ? [codePoint] : codePoint > 0xffff && beyond !== undefined ? beyond(codePoint) : table.get(c)
        if (bytes === undefined) return undefined
        result.push(...bytes)
      }
      return Uint8Array.from(result)
    },
  }
}

function tableOf(sequences: Iterable<Uint8Array>, character: MultiByte['character']): ReadonlyMap<string, Uint8Array> {
  const table = new Map<string, Uint8Array>()
  for (const sequence of sequences) {
    const c = character(sequence)
    if (c !== '\ufffd' && !table.has(c)) table.set(c, sequence)
  }
  return table
}

/* Seven bits, with sequences that change what they mean. Pairs of bytes are those of an encoding in which both have the upper bit set. */

const ESCAPE = 0x1b
const LINE_FEED = 0x0a
const TILDE = 0x7e

type Iso2022Set = 'ascii' | 'roman' | 'katakana' | 'jis0208' | 'jis0212'
const iso2022Sets: readonly (readonly [sequence: string, set: Iso2022Set])[] = [
  ['(B', 'ascii'],
  ['(J', 'roman'],
  ['(I', 'katakana'],
  ['$B', 'jis0208'],
  ['$@', 'jis0208'],
  ['$(D', 'jis0212'],
]

function upperPair(charset: Charset, lead: number, trail: number, ...before: number[]): string {
  return lead > 0x20 && trail > 0x20 && lead < 0x7f ? charset.decode(Uint8Array.of(...before, lead | 0x80, trail | 0x80)) : '\ufffd'
}

/** @see RFC 1468; half width katakana and JIS X 0212 as in the encodings that came after it. */
function iso2022JpCodec(): Codec {
  const eucJp = findCharset(EUC_JP)!
  return {
    decode: (bytes) => {
      let text = ''
      let set: Iso2022Set = 'ascii'
      for (let at = 0; at < bytes.length; ) {
        const byte = bytes[at]!
        if (byte === ESCAPE) {
          const rest = Buffer.from(bytes.subarray(at + 1, at + 4)).toString('latin1')
          const change = iso2022Sets.find(([sequence]) => rest.startsWith(sequence))
          if (change === undefined) return '\ufffd'
          set = change[1]
          at += 1 + change[0].length
        } else if (set === 'katakana') {
          text += byte > 0x20 && byte < 0x60 ? String.fromCharCode(0xff40 + byte) : '\ufffd'
          at++
        } else if (set === 'ascii' || set === 'roman' || byte === LINE_FEED) {
          text += ascii(byte)
          if (byte === LINE_FEED) set = 'ascii'
          at++
        } else {
          text += upperPair(eucJp, byte, bytes[at + 1] ?? 0, ...(set === 'jis0212' ? [0x8f] : []))
          at += 2
        }
      }
      return text
    },
    encode: (text) => {
      const result: number[] = []
      let set: Iso2022Set = 'ascii'
      const change = (to: Iso2022Set): void => {
        if (set !== to) result.push(ESCAPE, ...Buffer.from(iso2022Sets.find(([, is]) => is === to)![0]))
        set = to
      }
      for (const c of text) {
        const bytes = eucJp.encode(c)
        if (bytes === undefined || bytes.length > 2) return undefined
        const isKatakana = bytes[0] === 0x8e
        change(bytes.length === 1 ? 'ascii' : isKatakana ? 'katakana' : 'jis0208')
        result.push(...(isKatakana ? bytes.subarray(1) : bytes).map((b) => b & 0x7f))
      }
      change('ascii')
      return Uint8Array.from(result)
    },
  }
}

/** @see RFC 1843 */
function hzCodec(): Codec {
  const chinese = findCharset('GB18030')!
  return {
    decode: (bytes) => {
      let text = ''
      let isChinese = false
      for (let at = 0; at < bytes.length; ) {
        const byte = bytes[at]!
        const next = bytes[at + 1] ?? 0
        if (byte === TILDE) {
          const escaped = String.fromCharCode(next)
          if (escaped === '{' || escaped === '}') isChinese = escaped === '{'
          else if (escaped === '~') text += '~'
          else if (next !== LINE_FEED) return '\ufffd'
          at += 2
        } else if (isChinese) {
          text += upperPair(chinese, byte, next)
          at += 2
        } else {
          text += ascii(byte)
          at++
        }
      }
      return text
    },
    encode: (text) => {
      const result: number[] = []
      let isChinese = false
      for (const c of text) {
        const bytes = chinese.encode(c)
        if (bytes === undefined || bytes.length > 2 || (bytes.length === 2 && bytes.some((b) => b < 0xa1))) return undefined
        if (isChinese !== bytes.length > 1) {
          isChinese = !isChinese
          result.push(TILDE, isChinese ? 0x7b : 0x7d)
        }
        result.push(...(c === '~' ? [TILDE, TILDE] : bytes.map((b) => b & 0x7f)))
      }
      return Uint8Array.from(result)
    },
  }
}

function ascii(byte: number): string {
  return byte < 0x80 ? String.fromCharCode(byte) : '\ufffd'
}

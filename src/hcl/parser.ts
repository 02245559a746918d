import { numberVal, parseNumeric, stringVal } from '../cty/index.ts'
import { Diagnostics, formatRange, type Source, type SourceRange } from '../diags/index.ts'
import { errorExpr, parseExpr } from './_expression.ts'
import { SharedValues } from './_shared-values.ts'
import { parseBareTemplate, parseQuotedLiteral } from './_template.ts'
import { TokenReader } from './_token-reader.ts'
import type { Attribute, Expr, NativeBlock, NativeBody, Traversal, TraversalStep } from './ast.ts'
import { type ScanMode, scan, scanParts } from './scanner.ts'
import type { TokenKind, TokenTable } from './token.ts'

/** What a file is worth when there are errors: all items that could be made out, with `error` expressions for broken values. */
export interface NativeFile {
  readonly body: NativeBody
}

/**
 * Parses a configuration file in native syntax. After an error parsing goes on with the next argument or block, so that
 * one reading finds as many independent errors as there are.
 *
 * @see HCL Native Syntax Specification (hclsyntax/spec.md)
 */
export function parseHcl(source: Source, diags: Diagnostics): NativeFile {
  const reader = open(source, 'normal', 0, source.text.length, diags)
  const body = parseBody(reader, undefined)
  reader.finish()
  return { body }
}

/**
 * The same for those who need a body once only and keep little of it: hands over the items of the file in several bodies, so that
 * neither all tokens nor all blocks of a large file are in memory at once. From the first mistake or argument on, what is left comes
 * in one body.
 */
export function parseHclInParts(source: Source, diags: Diagnostics, visit: (body: NativeBody) => void): void {
  const shared = new SharedValues()
  for (const tokens of scanParts(source.text, false)) {
    const found = new Diagnostics()
    const reader = new TokenReader(source, tokens, found, undefined, shared)
    const body = parseBody(reader, undefined)
    reader.finish()
    if (tokens.suspicious || found.items.length > 0 || body.attributes.size > 0) {
      const rest = open(source, 'normal', tokens.starts[0]!, source.text.length, diags)
      const restBody = parseBody(rest, undefined)
      rest.finish()
      visit(restBody)
      return
    }
    visit(body)
  }
}

/**
 * Parses one part of a configuration after the other, and hands each over with the arguments and blocks that stand in it at the top.
 * Gives false as soon as there is a mistake: what is wrong is then for `parseHcl` to say, which sees all of the file.
 */
export function parseParts(source: Source, visit: (body: NativeBody, tokens: TokenTable) => void): boolean {
  const names = new Map<string, Attribute>()
  for (const tokens of scanParts(source.text, true)) {
    if (tokens.suspicious) return false
    const diags = new Diagnostics()
    const reader = new TokenReader(source, withoutTrivia(tokens), diags)
    const body = parseBody(reader, undefined)
    reader.finish()
    if (diags.items.length > 0) return false
    for (const [name, attribute] of body.attributes) {
      if (names.has(name)) return false
      names.set(name, attribute)
    }
    visit(body, tokens)
  }
  return true
}

/** The tokens that the grammar knows. */
function withoutTrivia(all: TokenTable): TokenTable {
  const kinds: TokenKind[] = []
  const starts: number[] = []
  const ends: number[] = []
  const places = all.closers.size === 0 ? undefined : new Map<number, number>()
  for (let i = 0; i < all.kinds.length; i++) {
    const kind = all.kinds[i]!
    if (kind === 'space' || kind === 'comment' || kind === 'bom') continue
    if (kind === 'openSequence' || kind === 'openDirective' || kind === 'closeSequence') places?.set(i, kinds.length)
    kinds.push(kind)
    starts.push(all.starts[i]!)
    ends.push(all.ends[i]!)
  }
  const closers = new Map<number, number>()
  for (const [open, close] of all.closers) closers.set(places!.get(open)!, places!.get(close)!)
  return { kinds, starts, ends, closers, suspicious: all.suspicious }
}

export function exprRange(expr: Expr): SourceRange {
  return expr.range
}

/** Parses the whole text as one expression; line ends count for nothing. After an error the result is an `error` expression. */
export function parseExpression(source: Source, diags: Diagnostics): Expr {
  const reader = open(source, 'normal', 0, source.text.length, diags)
  reader.newlines = false
  const result = reader.attempt(
    () => {
      const expr = parseExpr(reader)
      if (reader.peek() !== 'eof') {
        reader.syntaxError(
          'Extra characters after expression',
          'An expression was successfully parsed, but extra characters were found after it.',
          reader.nextRange(),
        )
      }
      return expr
    },
    () => errorExpr(reader, 0),
  )
  reader.finish()
  return result
}

/** Parses text between two offsets as a template without quotes, in which a backslash is an ordinary character. */
export function parseTemplate(source: Source, diags: Diagnostics, start = 0, end: number = source.text.length): Expr {
  return templateOf(open(source, 'template', start, end, diags), start)
}

/** The same for text that has been decoded from elsewhere: all ranges are `place`. */
export function parseTemplateText(text: Source, diags: Diagnostics, place: SourceRange): Expr {
  return templateOf(open(text, 'template', 0, text.text.length, diags, place), 0)
}

function templateOf(reader: TokenReader, start: number): Expr {
  const result = reader.attempt<Expr>(
    () => parseBareTemplate(reader),
    () => errorExpr(reader, start),
  )
  reader.finish()
  return result
}

/** Parses an absolute traversal with literal indexes only, such as a resource address or a reference given as a string. */
export function parseTraversal(source: Source, diags: Diagnostics): Traversal | undefined {
  return readTraversal(open(source, 'normal', 0, source.text.length, diags), false)
}

/** The same where `[*]` may stand for the last index, which is as far as the conformance data lets it go. */
export function parsePartialTraversal(source: Source, diags: Diagnostics): Traversal | undefined {
  return readTraversal(open(source, 'normal', 0, source.text.length, diags), true)
}

function open(source: Source, mode: ScanMode, start: number, end: number, diags: Diagnostics, place?: SourceRange): TokenReader {
  const tokens = scan(source.text, mode, start, end, false)
  const reader = new TokenReader(source, tokens, diags, place)
  if (tokens.suspicious) reportInvalidTokens(reader)
  return reader
}

const bitwise: Readonly<Record<string, string>> = {
  '&': ' Did you mean boolean AND ("&&")?',
  '|': ' Did you mean boolean OR ("||")?',
  '~': ' Did you mean boolean NOT ("!")?',
  '^': '',
}

const invalidCharacters: Readonly<Record<string, string>> = {
  '`': 'The "`" character is not valid. To create a multi-line string, use the "heredoc" syntax, like "<<EOT".',
  "'": 'Single quotes are not valid. Use double quotes (") to enclose strings.',
  ';': 'The ";" character is not valid. Use newlines to separate arguments and blocks, and commas to separate items in collection values.',
}

const curlyQuotes =
  '"Curly quotes" are not valid here. These can sometimes be inadvertently introduced when sharing code via documents or discussion forums. It might help to replace the character with a "straight quote".'

/** Explains characters that people bring from other languages; most are reported once only. */
function reportInvalidTokens(reader: TokenReader): void {
  const { kinds } = reader.tokens
  const told = new Set<string>()
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds[i]!
    if (kind === 'quotedNewline') {
      reader.error(
        'Invalid multi-line string',
        'Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \\n escape to represent a newline character or use the "heredoc" multi-line template syntax.',
        reader.range(i),
      )
    } else if (kind === 'unsupported') {
      const text = reader.text(i)
      if (told.has(text)) continue
      told.add(text)
      const detail =
        text === '**'
          ? '"**" is not a supported operator. Exponentiation is not supported as an operator.'
          : `Bitwise operators are not supported.${bitwise[text] ?? ''}`
      reader.error('Unsupported operator', detail, reader.range(i))
    } else if (kind === 'invalid') {
      const text = reader.text(i)
      const known = Object.hasOwn(invalidCharacters, text) ? invalidCharacters[text]! : undefined
      if (known !== undefined) {
        if (told.has(text)) continue
        told.add(text)
      }
      if (/[\ud800-\udfff]/.test(text) && text.length === 1) {
        reader.error(
          'Invalid character encoding',
          'All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.',
          reader.range(i),
        )
      } else {
        const detail = known ?? (text === '“' || text === '”' ? curlyQuotes : 'This character is not used within the language.')
        reader.error('Invalid character', detail, reader.range(i))
      }
    }
  }
}

/** What has been found of a body so far. */
interface BodyParts {
  readonly attributes: Map<string, Attribute>
  readonly blocks: NativeBlock[]
  /** Whether the last block has a mistake in it from which reading has still to recover. */
  endsBroken: boolean
}

/** Body = (Attribute | Block | newline)*, up to the closing brace of the block opened at token `brace`, or the end of the file. */
function parseBody(reader: TokenReader, brace: number | undefined): NativeBody {
  const parts: BodyParts = { attributes: new Map(), blocks: [], endsBroken: false }
  const start = brace === undefined ? 0 : reader.tokens.starts[brace]!
  for (;;) {
    const kind = reader.peek()
    if (kind === 'newline') {
      reader.next()
      continue
    }
    if (kind === 'eof') {
      if (brace !== undefined) reportUnclosed(reader, brace)
      break
    }
    if (kind === '}' && brace !== undefined) {
      reader.next()
      break
    }
    const item = reader.at
    reader.attempt(
      () => {
        if (kind !== 'identifier') {
          if (reader.hasFailed && isBracket(kind)) reader.recovering = true
          if (kind === 'openQuote') reader.fail('Invalid argument name', 'Argument names must not be quoted.', reader.nextRange())
          reader.fail('Argument or block definition required', 'An argument or block definition is required here.', reader.nextRange())
        }
        parseItem(reader, parts)
      },
      () => undefined,
    )
    if (reader.recovering) {
      resynchronize(reader, item)
      if (parts.endsBroken) stretchLastBlock(reader, parts)
    }
  }
  return bodyOf(reader, parts, start, brace)
}

function bodyOf(reader: TokenReader, { attributes, blocks }: BodyParts, start: number, brace: number | undefined): NativeBody {
  const end = brace === undefined ? reader.source.text.length : reader.lastEnd
  return { kind: 'native', attributes, blocks, range: reader.span(start, end), endRange: reader.span(start, start) }
}

/** A block with a mistake in it takes all that was passed over: what is said of the mistake names the block. */
function stretchLastBlock(reader: TokenReader, parts: BodyParts): void {
  const { blocks } = parts
  parts.endsBroken = false
  const block = blocks.pop()!
  const end = reader.lastItemEnd
  blocks.push(end > block.closeBraceRange.end ? { ...block, closeBraceRange: reader.span(end - 1, end) } : block)
}

function isBracket(kind: TokenKind): boolean {
  return kind === '{' || kind === '}' || kind === ']' || kind === ')'
}

function reportUnclosed(reader: TokenReader, brace: number): void {
  if (reader.hasFailed) return
  reader.syntaxError(
    'Unclosed configuration block',
    'There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.',
    reader.range(brace),
  )
}

const pairs: Readonly<Record<string, string>> = {
  ']': '[',
  ')': '(',
  '}': '{',
  closeQuote: 'openQuote',
  closeHeredoc: 'openHeredoc',
}

/**
 * Goes to the next line end after the item that began at token `item` at which all of its brackets are closed, or to a
 * closing brace that must be that of the block around it; an unclosed bracket of the item does not swallow what follows.
 */
function resynchronize(reader: TokenReader, item: number): void {
  const { kinds } = reader.tokens
  const reached = reader.at
  // Every block around the error comes by here once more when it has taken all the rest of the file with it.
  if (kinds[reached] === 'eof') return
  const open: string[] = []
  let braces = 0
  let at = item
  reader.newlines = true
  scanning: for (; ; at++) {
    const kind = kinds[at]!
    switch (kind) {
      case 'eof':
        break scanning
      case 'newline':
        // The item may have read its own line end already. A line that no item can begin with goes on with this one.
        if (open.length === 0 && at + 1 >= reached && canFollowLineEnd(kinds[at + 1]!)) {
          at++
          break scanning
        }
        break
      case '{':
        braces++
        open.push(kind)
        break
      case '[':
      case '(':
      case 'openQuote':
      case 'openHeredoc':
      case 'openSequence':
      case 'openDirective':
        open.push(kind)
        break
      case '}':
        if (braces === 0 && at > item) {
          if (at >= reached) break scanning
          break
        }
        if (braces > 0) {
          braces--
          while (open.pop() !== '{');
        }
        break
      case ']':
      case ')':
      case 'closeQuote':
      case 'closeHeredoc':
        if (open[open.length - 1] === pairs[kind]) open.pop()
        break
      case 'closeSequence': {
        // The scanner pairs these, so the opener is there unless the item began inside, which it cannot.
        let kept = open.pop()
        while (kept !== undefined && kept !== 'openSequence' && kept !== 'openDirective') {
          if (kept === '{') braces--
          kept = open.pop()
        }
        break
      }
      default:
        break
    }
  }
  reader.at = at
  // Errors up to the end of the file would all follow from this one.
  reader.recovering = kinds[at] === 'eof'
}

function canFollowLineEnd(kind: TokenKind): boolean {
  return kind === 'identifier' || kind === 'newline' || kind === '}' || kind === 'eof'
}

/** Item = name "=" Expression newline | name label* "{" Body "}" newline */
function parseItem(reader: TokenReader, parts: BodyParts): void {
  const name = reader.next()
  switch (reader.peek()) {
    case '=':
      parseAttribute(reader, name, parts, false)
      break
    case 'openQuote':
    case '{':
    case 'identifier':
      parseBlock(reader, name, parts)
      break
    default:
      reader.fail(
        'Argument or block definition required',
        'An argument or block definition is required here. To set an argument, use the equals sign "=" to introduce the argument value.',
        reader.range(name),
      )
  }
}

function parseAttribute(reader: TokenReader, nameIndex: number, parts: BodyParts, singleLine: boolean): void {
  reader.next()
  const start = reader.tokens.starts[nameIndex]!
  const nameRange = reader.range(nameIndex)
  const valueStart = reader.nextStart
  let aborted = false
  const expr = reader.attempt(
    () => parseExpr(reader),
    () => {
      aborted = true
      return errorExpr(reader, Math.min(valueStart, reader.lastEnd))
    },
  )
  const name = reader.text(nameIndex).normalize('NFC')
  const existing = parts.attributes.get(name)
  if (existing !== undefined) {
    reader.error(
      'Attribute redefined',
      `The argument ${JSON.stringify(name)} was already set at ${formatRange(existing.nameRange)}. Each argument may be set only once.`,
      nameRange,
    )
  } else parts.attributes.set(name, { name, expr, nameRange, range: reader.from(start) })
  if (aborted || singleLine) return
  const kind = reader.peek()
  if (kind === 'newline') reader.next()
  else if (kind !== 'eof') {
    const subject = reader.nextRange()
    const context = reader.span(start, reader.tokens.ends[reader.at]!)
    if (kind === ',') {
      reader.syntaxError(
        'Unexpected comma after argument',
        'Argument definitions must be separated by newlines, not commas. An argument definition must end with a newline.',
        subject,
        context,
      )
    } else reader.syntaxError('Missing newline after argument', 'An argument definition must end with a newline.', subject, context)
  }
}

function parseBlock(reader: TokenReader, typeIndex: number, parts: BodyParts): void {
  const start = reader.tokens.starts[typeIndex]!
  const labels: string[] = []
  const labelRanges: SourceRange[] = []
  const finish = (body: NativeBody, openBraceRange: SourceRange, closeBraceRange: SourceRange): void => {
    const last = labelRanges[labelRanges.length - 1]
    parts.blocks.push({
      type: reader.text(typeIndex).normalize('NFC'),
      labels,
      body,
      typeRange: reader.range(typeIndex),
      labelRanges,
      headerRange: last === undefined ? reader.range(typeIndex) : reader.span(start, last.end),
      openBraceRange,
      closeBraceRange,
    })
  }
  for (let kind = reader.peek(); kind !== '{'; kind = reader.peek()) {
    if (kind === 'identifier') {
      const index = reader.next()
      labels.push(reader.text(index).normalize('NFC'))
      labelRanges.push(reader.range(index))
    } else if (kind === 'openQuote') {
      const label = parseQuotedLiteral(reader)
      labels.push(label.text.normalize('NFC'))
      labelRanges.push(label.range)
    } else {
      const detail =
        kind === '='
          ? 'The equals sign "=" indicates an argument definition, and must not be used when defining a block.'
          : kind === 'newline'
            ? 'A block definition must have block content delimited by "{" and "}", starting on the same line as the block header.'
            : 'Either a quoted string block label or an opening brace ("{") is expected here.'
      const at = reader.nextRange()
      const here = reader.range(typeIndex)
      finish({ kind: 'native', attributes: new Map(), blocks: [], range: here, endRange: here }, here, here)
      reader.fail('Invalid block definition', detail, at, reader.span(start, reader.tokens.ends[reader.at]!))
    }
  }
  const brace = reader.next()
  const openBraceRange = reader.range(brace)
  const body = parseBlockBody(reader, brace)
  const end = reader.lastEnd
  finish(body, openBraceRange, reader.span(Math.max(end - 1, 0), end))
  parts.endsBroken = reader.recovering
  if (reader.recovering) return
  const after = reader.peek()
  if (after === 'newline') reader.next()
  else if (after !== 'eof') {
    reader.syntaxError(
      'Missing newline after block definition',
      'A block definition must end with a newline.',
      reader.nextRange(),
      reader.span(start, reader.tokens.ends[reader.at]!),
    )
  }
}

/** Behind the opening brace. */
function parseBlockBody(reader: TokenReader, brace: number): NativeBody {
  const last = reader.endToWaitFor(brace)
  if (last !== undefined) {
    const range = reader.span(reader.tokens.starts[brace]!, reader.tokens.ends[last]!)
    const empty: NativeBody = { kind: 'native', attributes: new Map(), blocks: [], range, endRange: range }
    return reader.postpone(empty, brace + 1, last, () => parseBlockBody(reader, brace))
  }
  const next = reader.peek()
  reader.enter()
  const body = next === 'newline' || next === 'eof' || next === '}' ? parseBody(reader, brace) : parseSingleLine(reader, brace)
  reader.leave()
  return body
}

/** Content of a block on one line: at most one argument. */
function parseSingleLine(reader: TokenReader, brace: number): NativeBody {
  const parts: BodyParts = { attributes: new Map(), blocks: [], endsBroken: false }
  const start = reader.tokens.starts[brace]!
  const summary = 'Argument or block definition required'
  if (reader.peek() !== 'identifier') {
    reader.syntaxError(summary, 'An argument or block definition is required here.', reader.nextRange())
    return bodyOf(reader, parts, start, brace)
  }
  const name = reader.next()
  switch (reader.peek()) {
    case '=':
      parseAttribute(reader, name, parts, true)
      break
    case 'openQuote':
    case '{':
    case 'identifier':
      reader.syntaxError(
        'Argument definition required',
        `A single-line block definition can contain only a single argument. If you meant to define argument ${JSON.stringify(reader.text(name))}, use an equals sign to assign it a value. To define a nested block, place it on a line of its own within its parent block.`,
        reader.span(reader.tokens.starts[name]!, reader.nextRange().end),
      )
      return bodyOf(reader, parts, start, brace)
    default:
      reader.syntaxError(
        summary,
        'An argument or block definition is required here. To set an argument, use the equals sign "=" to introduce the argument value.',
        reader.range(name),
      )
      return bodyOf(reader, parts, start, brace)
  }
  const kind = reader.peek()
  if (kind === '}') reader.next()
  else if (kind === 'eof') reportUnclosed(reader, brace)
  else {
    const detail =
      kind === ','
        ? 'Single-line block syntax can include only one argument definition. To define multiple arguments, use the multi-line block syntax with one argument definition per line.'
        : kind === 'newline'
          ? "An argument definition on the same line as its containing block creates a single-line block definition, which must also be closed on the same line. Place the block's closing brace immediately after the argument definition."
          : 'A single-line block definition must end with a closing brace immediately after its single argument definition.'
    reader.syntaxError(
      'Invalid single-argument block definition',
      detail,
      reader.nextRange(),
      reader.span(start, reader.tokens.ends[reader.at]!),
    )
  }
  // What is missing is missed where the argument stands.
  const first = reader.tokens.starts[name]!
  return { ...bodyOf(reader, parts, start, brace), endRange: reader.span(first, first + 1) }
}

/** Traversal = name ("." name | "[" (number | string | "*") "]")* */
function readTraversal(reader: TokenReader, allowSplat: boolean): Traversal | undefined {
  return reader.attempt(
    () => {
      if (reader.peek() !== 'identifier') {
        reader.fail('Variable name required', 'Must begin with a variable name.', reader.nextRange())
      }
      const root = reader.next()
      const steps: TraversalStep[] = []
      for (;;) {
        const kind = reader.peek()
        if (kind === 'eof') break
        if (kind === 'newline') {
          reader.next()
          continue
        }
        if (steps[steps.length - 1]?.kind === 'splat') {
          reader.fail('Extra characters after splat', 'Nothing can follow the splat index [*] here.', reader.nextRange())
        }
        if (kind === '.') {
          const start = reader.tokens.starts[reader.next()]!
          if (reader.peek() !== 'identifier') {
            const detail =
              reader.peek() === '*' ? 'Splat expressions (.*) may not be used here.' : 'Dot must be followed by attribute name.'
            reader.fail('Attribute name required', detail, reader.nextRange())
          }
          const name = reader.text(reader.next()).normalize('NFC')
          steps.push({ kind: 'attr', name, range: reader.from(start) })
        } else if (kind === '[') steps.push(readBrackets(reader, allowSplat))
        else reader.fail('Invalid character', 'Expected an attribute access or an index operator.', reader.nextRange())
      }
      return {
        root: reader.text(root).normalize('NFC'),
        rootRange: reader.range(root),
        steps,
        range: reader.from(reader.tokens.starts[root]!),
      }
    },
    () => undefined,
  )
}

function readBrackets(reader: TokenReader, allowSplat: boolean): TraversalStep {
  const start = reader.tokens.starts[reader.next()]!
  const close = (): SourceRange => {
    if (reader.peek() !== ']') {
      reader.fail('Unclosed index brackets', 'Index key must be followed by a closing bracket.', reader.nextRange())
    }
    reader.next()
    return reader.from(start)
  }
  switch (reader.peek()) {
    case 'number': {
      const number = parseNumeric(reader.text(reader.at))
      if (number === undefined) {
        reader.fail('Invalid number literal', 'Failed to recognize the value of this number literal.', reader.nextRange())
      }
      reader.next()
      return { kind: 'index', key: numberVal(number), range: close() }
    }
    case 'openQuote': {
      const { text } = parseQuotedLiteral(reader)
      return { kind: 'index', key: stringVal(text), range: close() }
    }
    default:
      if (allowSplat && reader.peek() === '*') {
        reader.next()
        return { kind: 'splat', range: close() }
      }
      if (reader.peek() === '*') {
        reader.fail('Attribute name required', 'Splat expressions ([*]) may not be used here.', reader.nextRange())
      }
      return reader.fail(
        'Index value required',
        'Index brackets must contain either a literal number or a literal string.',
        reader.nextRange(),
      )
  }
}

import { countGraphemes, sliceGraphemes, suggest } from '../base/index.ts'
import { stringVal } from '../cty/index.ts'
import { formatRange, type SourceRange } from '../diags/index.ts'
import { parseExpr } from './_expression.ts'
import { ErrorNode, exactly, LiteralNode, PlainTemplateNode, TemplateNode, TemplateWrapNode } from './_nodes.ts'
import type { TokenReader } from './_token-reader.ts'
import type { Expr, LiteralExpr, TemplateExpr, TemplatePart, TemplateWrapExpr } from './ast.ts'
import type { TokenKind } from './token.ts'

/** A template before directives are matched with one another. */
type Piece =
  | { readonly kind: 'text'; text: string; readonly range: SourceRange }
  | { readonly kind: 'interpolation'; readonly expr: Expr; readonly range: SourceRange }
  | { readonly kind: 'if'; readonly condition: Expr; readonly range: SourceRange }
  | {
      readonly kind: 'for'
      readonly keyName: string | undefined
      readonly valueName: string
      readonly collection: Expr
      readonly range: SourceRange
    }
  | { readonly kind: 'else' | 'endif' | 'endfor'; readonly range: SourceRange }

type TextPiece = Extract<Piece, { kind: 'text' }>

const keywords = ['if', 'else', 'endif', 'for', 'endfor']

/** Parses up to the closing quote, heredoc marker or end of file, whichever `reader` is at the opening token of. */
export function parseQuotedTemplate(reader: TokenReader): TemplateExpr | TemplateWrapExpr {
  const open = reader.next()
  const { kinds } = reader.tokens
  // Most strings are plain text: for them nothing has to be gathered.
  if (kinds[open + 1] === 'quotedText' && kinds[open + 2] === 'closeQuote') {
    reader.at = open + 3
    const text = reader.shared.text(decodeQuoted(reader, open + 1))
    const range = reader.from(reader.tokens.starts[open]!)
    const textRange = reader.range(open + 1)
    // Text that has been decoded from elsewhere has one place for all.
    return textRange.start === range.start ? new TemplateNode([new LiteralNode(text, range)], range) : new PlainTemplateNode(text, range)
  }
  const heredoc = kinds[open] === 'openHeredoc'
  reader.enter()
  const { pieces, end } = readPieces(reader, heredoc ? 'closeHeredoc' : 'closeQuote')
  const endRange = reader.range(end)
  reader.leave()
  if (heredoc && reader.text(open).startsWith('<<-')) dropIndentation(pieces)
  return build(reader, pieces, reader.from(reader.tokens.starts[open]!), endRange)
}

/** Parses a template without quotes, up to the end of the tokens. */
export function parseBareTemplate(reader: TokenReader): TemplateExpr | TemplateWrapExpr {
  const start = reader.tokens.starts[0]!
  const { pieces, end } = readPieces(reader, 'eof')
  return build(reader, pieces, reader.span(start, reader.tokens.starts[end]!), reader.range(end))
}

function readPieces(reader: TokenReader, close: 'closeQuote' | 'closeHeredoc' | 'eof'): { pieces: Piece[]; end: number } {
  const { tokens } = reader
  const pieces: Piece[] = []
  let trimNext = false
  const first = reader.at
  for (;;) {
    // Line ends are tokens of their own only outside of templates, so that skipping them cannot happen here.
    const index = reader.next()
    const kind = tokens.kinds[index]!
    if (kind === close) return { pieces, end: index }
    const trim = trimNext
    trimNext = false
    switch (kind) {
      case 'quotedText':
      case 'text': {
        const range = reader.range(index)
        const text = kind === 'text' ? decodeText(reader.text(index)) : decodeQuoted(reader, index)
        pieces.push({ kind: 'text', text: trim ? text.trimStart() : text, range })
        break
      }
      case 'openSequence':
      case 'openDirective': {
        const last = pieces[pieces.length - 1]
        if (tokens.ends[index]! - tokens.starts[index]! === 3 && last?.kind === 'text') last.text = last.text.trimEnd()
        const piece = kind === 'openSequence' ? readInterpolation(reader, index, close, first) : readDirective(reader, index)
        if (piece !== undefined) pieces.push(piece)
        const closer = tokens.closers.get(index)
        trimNext = closer !== undefined && tokens.ends[closer]! - tokens.starts[closer]! === 2
        break
      }
      default:
        reader.syntaxError(
          'Unterminated template string',
          'No closing marker was found for the string.',
          reader.range(index),
          reader.span(tokens.starts[first]!, tokens.ends[index]!),
        )
        return { pieces, end: index }
    }
  }
}

/** After an error inside, parsing goes on behind the sequence. */
function readSequence<T>(reader: TokenReader, open: number, parse: () => T): T | undefined {
  return reader.attempt(
    () => reader.within(false, parse),
    () => {
      const closer = reader.tokens.closers.get(open)
      reader.at = closer === undefined ? reader.tokens.kinds.length - 1 : closer + 1
      return undefined
    },
  )
}

/** In a template that ends with `close` and whose first token is `first`. */
function readInterpolation(reader: TokenReader, open: number, close: TokenKind, first: number): Piece {
  const start = reader.tokens.starts[open]!
  const expr = readSequence(reader, open, () => {
    const inner = parseExpr(reader)
    const after = reader.peek()
    if (after !== 'closeSequence') {
      // A quote here was to be that of the end.
      if (close === 'closeQuote' && (after === 'openQuote' || after === 'closeQuote')) {
        reader.fail(
          'Unclosed template interpolation sequence',
          'There is no closing brace for this interpolation sequence before the end of the quoted template. This might be caused by incorrect nesting inside the given expression.',
          reader.range(first),
          reader.span(reader.tokens.starts[first]!, reader.tokens.ends[reader.at]!),
        )
      }
      if (after === 'eof') {
        reader.fail(
          'Unclosed template interpolation sequence',
          'There is no closing brace for this interpolation sequence before the end of the file. This might be caused by incorrect nesting inside the given expression.',
          reader.range(open),
        )
      }
      reader.fail(
        'Extra characters after interpolation expression',
        after === ':'
          ? 'Template interpolation doesn\'t expect a colon at this location. Did you intend this to be a literal sequence to be processed as part of another language? If so, you can escape it by starting with "$${" instead of just "${".'
          : 'Expected a closing brace to end the interpolation expression, but found extra characters.\n\nThis can happen when you include interpolation syntax for another language, such as shell scripting, but forget to escape the interpolation start token. If this is an embedded sequence for another language, escape it by starting with "$${" instead of just "${".',
        reader.nextRange(),
        reader.span(start, reader.tokens.ends[reader.at]!),
      )
    }
    reader.next()
    return inner
  })
  const range = reader.from(start)
  return { kind: 'interpolation', expr: expr ?? new ErrorNode(range), range }
}

function readDirective(reader: TokenReader, open: number): Piece | undefined {
  const start = reader.tokens.starts[open]!
  let condition: Expr | undefined
  let word = ''
  /** Where the token ends that stands instead of the end of the sequence. */
  let brokenAt: number | undefined
  const end = (): void => {
    if (reader.peek() !== 'closeSequence') brokenAt = reader.tokens.ends[reader.at]!
    endDirective(reader, word)
  }
  const piece = readSequence(reader, open, (): Piece | undefined => {
    if (reader.peek() !== 'identifier') {
      reader.fail(
        'Invalid template directive',
        'A template directive keyword ("if", "for", etc) is expected at the beginning of a %{ sequence.',
        reader.nextRange(),
      )
    }
    const wordAt = reader.next()
    word = reader.text(wordAt)
    let result: Piece | undefined
    switch (word) {
      case 'if':
        condition = parseExpr(reader)
        end()
        return { kind: 'if', condition, range: reader.from(start) }
      case 'for':
        result = readFor(reader, start)
        break
      case 'else':
      case 'endif':
      case 'endfor':
        end()
        result = { kind: word, range: reader.from(start) }
        break
      default: {
        const close = suggest(word, keywords)
        const hint = close === undefined ? '' : ` Did you mean ${JSON.stringify(close)}?`
        reader.fail(
          'Invalid template control keyword',
          `${JSON.stringify(word)} is not a valid template control keyword.${hint}`,
          reader.range(wordAt),
        )
      }
    }
    return result
  })
  if (piece !== undefined) return piece
  // A directive that was begun well keeps its place, so that its end is not reported as well.
  const range = reader.span(start, brokenAt ?? reader.lastEnd)
  if (word === 'if') return { kind: 'if', condition: condition ?? new ErrorNode(range), range }
  if (word === 'else' || word === 'endif' || word === 'endfor') return { kind: word, range }
  return undefined
}

function readFor(reader: TokenReader, start: number): Piece {
  const name = (missing: string): string => {
    if (reader.peek() !== 'identifier') reader.fail("Invalid 'for' directive", missing, reader.nextRange())
    return reader.text(reader.next())
  }
  let valueName = name("For directive requires variable name after 'for'.")
  let keyName: string | undefined
  if (reader.accept(',')) {
    keyName = valueName
    valueName = name('For directive requires value variable name after comma.')
  }
  if (!reader.peekWord('in')) {
    reader.fail("Invalid 'for' directive", "For directive requires 'in' keyword after names.", reader.nextRange())
  }
  reader.next()
  const collection = parseExpr(reader)
  let end: number | undefined
  if (reader.peek() !== 'closeSequence') {
    reader.syntaxError(
      'Extra characters in for marker',
      'Expected a closing brace to end the sequence, but found extra characters.',
      reader.nextRange(),
    )
    end = reader.tokens.ends[reader.at]!
    reader.at = closerAfter(reader)
  }
  reader.next()
  return { kind: 'for', keyName, valueName, collection, range: reader.span(start, end ?? reader.lastEnd) }
}

/** The end of the sequence the reader is in, or the end of file. Only after an error, so that looking ahead costs nothing otherwise. */
function closerAfter(reader: TokenReader): number {
  const { kinds, closers } = reader.tokens
  let index = reader.at
  while (kinds[index] !== 'eof' && kinds[index] !== 'closeSequence') {
    const inner = kinds[index] === 'openSequence' || kinds[index] === 'openDirective' ? closers.get(index) : undefined
    index = (inner ?? index) + 1
  }
  return index
}

function endDirective(reader: TokenReader, word: string): void {
  if (reader.peek() !== 'closeSequence') {
    reader.fail(
      `Extra characters in ${word} marker`,
      'Expected a closing brace to end the sequence, but found extra characters.',
      reader.nextRange(),
    )
  }
  reader.next()
}

/**
 * `<<-`: takes from each line as much leading white space as the line with the least has. Lines of white space alone and
 * the line of the end marker do not count. Counted in grapheme clusters, of which a tab is one.
 */
function dropIndentation(pieces: readonly Piece[]): void {
  const indented: TextPiece[] = []
  let least = Number.POSITIVE_INFINITY
  let lineStart = true
  for (const piece of pieces) {
    const text = piece.kind === 'text' ? piece.text : ''
    if (lineStart) {
      const rest = text.trimStart()
      if (rest !== '' || !text.endsWith('\n')) {
        least = Math.min(least, countGraphemes(text.slice(0, text.length - rest.length)))
        if (piece.kind === 'text') indented.push(piece)
      }
    }
    // Only a text piece can begin a new line behind it.
    lineStart = text.endsWith('\n')
  }
  if (least === 0 || least === Number.POSITIVE_INFINITY) return
  for (const piece of indented) piece.text = sliceGraphemes(piece.text, least)
}

interface Level {
  readonly opener: Extract<Piece, { kind: 'if' | 'for' }> | undefined
  readonly parts: TemplatePart[]
  /** What came before the `else`, once that has been met. */
  readonly beforeElse: TemplateExpr | undefined
}

function build(reader: TokenReader, pieces: readonly Piece[], range: SourceRange, end: SourceRange): TemplateExpr | TemplateWrapExpr {
  const only = pieces[0]
  if (pieces.length === 1 && only!.kind === 'interpolation') return new TemplateWrapNode(only!.expr, range)

  const levels: Level[] = [{ opener: undefined, parts: [], beforeElse: undefined }]
  const template = (level: Level): TemplateExpr => {
    const first = level.parts[0]
    const last = level.parts[level.parts.length - 1]
    const from = first === undefined || level.opener === undefined ? (level.opener?.range ?? range) : first.range
    const whole = level.opener === undefined || last === undefined ? from : reader.span(from.start, last.range.end)
    return new TemplateNode(joinText(level.parts), whole)
  }
  /** Ends the innermost directive at `at`, which is its end marker or where a wrong one stands. */
  const close = (at: SourceRange): void => {
    const level = levels.pop()!
    const opener = level.opener!
    const whole = reader.span(opener.range.start, at.end)
    const body = template(level)
    const part: TemplatePart =
      opener.kind === 'for'
        ? {
            kind: 'templateFor',
            keyName: opener.keyName,
            valueName: opener.valueName,
            collection: opener.collection,
            body,
            range: whole,
          }
        : {
            kind: 'templateIf',
            condition: opener.condition,
            // biome-ignore lint/suspicious/noThenProperty: the word of the grammar; nothing awaits syntax.
            then: level.beforeElse ?? body,
            otherwise: level.beforeElse === undefined ? undefined : body,
            range: whole,
          }
    levels[levels.length - 1]!.parts.push(part)
  }

  for (const piece of pieces) {
    const level = levels[levels.length - 1]!
    const opener = level.opener
    switch (piece.kind) {
      case 'text':
        level.parts.push(new LiteralNode(stringVal(piece.text), piece.range))
        break
      case 'interpolation':
        level.parts.push(piece.expr)
        break
      case 'if':
      case 'for':
        levels.push({ opener: piece, parts: [], beforeElse: undefined })
        break
      default: {
        const summary = `Unexpected ${piece.kind} directive`
        if (opener === undefined) {
          reader.error(summary, 'The control directives within this template are unbalanced.', piece.range)
        } else if (piece.kind === 'else' && opener.kind === 'if' && level.beforeElse === undefined) {
          levels.pop()
          levels.push({ opener, parts: [], beforeElse: template(level) })
        } else {
          if (piece.kind === 'else') {
            reader.error(
              summary,
              opener.kind === 'for'
                ? 'An else clause is not expected for a for directive.'
                : `Already in the else clause for the if started at ${formatRange(opener.range)}.`,
              piece.range,
            )
          } else if (piece.kind === 'endfor' && opener.kind === 'if') {
            reader.error(summary, `Expecting an endif directive for the if started at ${formatRange(opener.range)}.`, piece.range)
          } else if (piece.kind === 'endif' && opener.kind === 'for') {
            const at = formatRange(opener.range)
            reader.error(summary, `Expecting an endfor directive corresponding to the for directive at ${at}.`, piece.range)
          }
          close(piece.range)
        }
      }
    }
  }
  if (levels.length > 1) {
    const { kind, range: at } = levels[levels.length - 1]!.opener!
    reader.error(
      'Unexpected end of template',
      `The ${kind} directive at ${formatRange(at)} is missing its corresponding end${kind} directive.`,
      end,
    )
    while (levels.length > 1) close(end)
  }
  const whole = template(levels[0]!)
  if (whole.parts.length > 0) return whole
  return new TemplateNode([new LiteralNode(stringVal(''), range)], whole.range)
}

/** Neighbouring texts become one, so that a template without interpolations always is a single literal. */
function joinText(parts: readonly TemplatePart[]): readonly TemplatePart[] {
  const joined: TemplatePart[] = []
  let run: LiteralExpr[] = []
  const flush = (): void => {
    if (run.length > 0) {
      const [first, last] = [run[0]!, run[run.length - 1]!]
      const range = run.length === 1 ? first.range : { ...first.range, end: last.range.end }
      joined.push(run.length === 1 ? first : new LiteralNode(stringVal(run.map((l) => l.value.asString()).join('')), range))
      run = []
    }
  }
  for (const part of parts) {
    // Numbers and booleans are literals too, of interpolations.
    if (part.kind === 'literal' && part.value.type.kind === 'string' && !part.value.isNull) run.push(part)
    else {
      flush()
      joined.push(part)
    }
  }
  flush()
  return exactly(joined)
}

/** A quoted string in which no interpolation may stand, such as a block label. */
export function parseQuotedLiteral(reader: TokenReader): { readonly text: string; readonly range: SourceRange } {
  const start = reader.tokens.starts[reader.next()]!
  let text = ''
  for (;;) {
    const index = reader.next()
    switch (reader.tokens.kinds[index]) {
      case 'closeQuote':
        return { text, range: reader.from(start) }
      case 'quotedText':
        text += decodeQuoted(reader, index)
        break
      case 'openSequence':
      case 'openDirective': {
        const sign = reader.text(index)[0]!
        reader.error(
          'Invalid string literal',
          `Template sequences are not allowed in this string. To include a literal "${sign}", double it (as "${sign}${sign}") to escape it.`,
          reader.range(index),
          reader.span(start, reader.tokens.ends[index]!),
        )
        const closer = reader.tokens.closers.get(index)
        reader.at = closer === undefined ? reader.tokens.kinds.length - 1 : closer + 1
        // No name, so that it is not taken for another one.
        text += `${sign}{ ... }`
        break
      }
      case 'eof':
        reader.error(
          'Unterminated string literal',
          'Unable to find the closing quote mark before the end of the file.',
          reader.range(index),
          reader.from(start),
        )
        return { text, range: reader.from(start) }
      default:
        reader.fail('Invalid string literal', 'This item is not valid in a string literal.', reader.range(index), reader.from(start))
    }
  }
}

function decodeText(text: string): string {
  return text.includes('{') ? text.replace(/([$%])\1\{/g, '$1{') : text
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' }

function decodeQuoted(reader: TokenReader, index: number): string {
  const text = reader.text(index)
  if (!text.includes('\\') && !text.includes('{')) return text
  const start = reader.tokens.starts[index]!
  return text.replace(
    /\\u([0-9a-fA-F]{0,4})|\\U([0-9a-fA-F]{0,8})|\\([\s\S]?)|([$%])\4\{/gu,
    (whole, short: string | undefined, long: string | undefined, symbol: string | undefined, sign: string | undefined, at: number) => {
      if (sign !== undefined) return `${sign}{`
      const problem = (detail: string): string => {
        reader.error('Invalid escape sequence', detail, reader.span(start + at, start + at + whole.length))
        return ''
      }
      if (symbol !== undefined) {
        if (Object.hasOwn(escapes, symbol)) return escapes[symbol]!
        if (symbol === '') return problem('A backslash must be followed by an escape sequence selector character.')
        return problem(`The symbol ${JSON.stringify(symbol)} is not a valid escape sequence selector.`)
      }
      const digits = short ?? long!
      if (short !== undefined && digits.length < 4) return problem('The \\u escape sequence must be followed by four hexadecimal digits.')
      if (long !== undefined && digits.length < 8) return problem('The \\U escape sequence must be followed by eight hexadecimal digits.')
      const point = Number.parseInt(digits, 16)
      if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        return problem(`Cannot encode character U+${digits.replace(/^0+(?=.{4})/, '').toLowerCase()} in UTF-8.`)
      }
      return String.fromCodePoint(point)
    },
  )
}

import { dynamicType, dynamicVal, falseVal, nullVal, trueVal, type Value } from '../cty/index.ts'
import {
  AttributeStep,
  BinaryNode,
  CallNode,
  ConditionalNode,
  ErrorNode,
  exactly,
  IndexNode,
  LiteralNode,
  none,
  ObjectNode,
  ParenthesesNode,
  TraversalNode,
  TupleNode,
  UnaryNode,
} from './_nodes.ts'
import { parseQuotedTemplate } from './_template.ts'
import { maxDepth, type TokenReader } from './_token-reader.ts'
import type {
  AnonymousSymbolExpr,
  BinaryOperator,
  CallExpr,
  ErrorExpr,
  Expr,
  ForExpr,
  LiteralExpr,
  ObjectExpr,
  ObjectItem,
  TraversalStep,
  TupleExpr,
} from './ast.ts'
import type { TokenKind } from './token.ts'

const precedence: Readonly<Partial<Record<TokenKind, number>>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '>': 4,
  '>=': 4,
  '<': 4,
  '<=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
}

/** Expression = Binary ("?" Expression ":" Expression)? */
export function parseExpr(reader: TokenReader): Expr {
  const start = reader.nextStart
  const first = parseBinary(reader)
  return reader.peek() === '?' ? parseConditional(reader, start, first) : first
}

/** A conditional of which an arm is still to be read. */
interface OpenConditional {
  readonly start: number
  readonly condition: Expr
  /** The first arm, once it has been read. */
  first: Expr | undefined
}

/** Conditionals nest in either arm without brackets, so those that are open are kept on a list. */
function parseConditional(reader: TokenReader, firstStart: number, first: Expr): Expr {
  const open: OpenConditional[] = []
  let start = firstStart
  let result = first
  for (;;) {
    if (reader.peek() === '?') {
      reader.next()
      open.push({ start, condition: result, first: undefined })
    } else {
      // `result` is an arm, which ends all conditionals whose last one it is.
      let top = open.at(-1)
      while (top !== undefined && (top.first !== undefined || reader.peek() !== ':')) {
        result = closeConditional(reader, top, result)
        open.pop()
        top = open.at(-1)
      }
      if (top === undefined) return result
      top.first = result
      reader.next()
    }
    start = reader.nextStart
    result = parseBinary(reader)
  }
}

function closeConditional(reader: TokenReader, { start, condition, first }: OpenConditional, last: Expr): Expr {
  const then = first ?? last
  if (first !== undefined) return new ConditionalNode(condition, then, last, reader.from(start))
  reader.error(
    'Missing false expression in conditional',
    'The conditional operator (...?...:...) requires a false expression, delimited by a colon.',
    reader.nextRange(),
    reader.span(start, reader.tokens.ends[reader.at]!),
  )
  const range = reader.from(start)
  return new ConditionalNode(condition, then, new ErrorNode(range), range)
}

/** Binary operators, left-associative, by precedence. */
function parseBinary(reader: TokenReader): Expr {
  const first = parseTerm(reader)
  if (precedence[reader.peek()] === undefined) return first
  const operands: Expr[] = [first]
  const operators: BinaryOperator[] = []
  const reduce = (least: number): void => {
    while (operators.length > 0 && precedence[operators[operators.length - 1]!]! >= least) {
      const operator = operators.pop()!
      const right = operands.pop()!
      const left = operands.pop()!
      operands.push(new BinaryNode(operator, left, right, reader.span(left.range.start, right.range.end)))
    }
  }
  for (;;) {
    const kind = reader.peek()
    const level = precedence[kind]
    if (level === undefined) break
    reduce(level)
    reader.next()
    operators.push(kind as BinaryOperator)
    operands.push(parseTerm(reader))
  }
  reduce(0)
  return operands[0]!
}

/** Term = ("-" | "!")* Primary Step* */
function parseTerm(reader: TokenReader): Expr {
  let unary: number[] | undefined
  for (let kind = reader.peek(); kind === '-' || kind === '!'; kind = reader.peek()) {
    unary ??= []
    unary.push(reader.next())
  }
  let result = parseSteps(reader, parsePrimary(reader))
  if (unary !== undefined) {
    const end = reader.lastEnd
    for (const index of unary.reverse()) {
      const operator = reader.tokens.kinds[index] as '-' | '!'
      result = new UnaryNode(operator, result, reader.span(reader.tokens.starts[index]!, end))
    }
  }
  return result
}

function parsePrimary(reader: TokenReader): Expr {
  const kind = reader.peek()
  const first = reader.at
  const last = reader.endToWaitFor(first)
  if (last !== undefined) return reader.postpone(standIn(reader, first, last), first, last, () => parsePrimary(reader))
  switch (kind) {
    case 'identifier':
      return parseNamed(reader)
    case 'number': {
      const index = reader.next()
      return numberLiteral(reader, index)
    }
    case 'openQuote':
    case 'openHeredoc':
      return parseQuotedTemplate(reader)
    case '(': {
      const open = reader.next()
      return reader.within(false, () => {
        const inner = parseExpr(reader)
        if (reader.peek() !== ')') {
          reader.fail(
            'Unbalanced parentheses',
            'Expected a closing parenthesis to terminate the expression.',
            reader.nextRange(),
            reader.span(reader.tokens.starts[open]!, reader.tokens.ends[reader.at]!),
          )
        }
        reader.next()
        return new ParenthesesNode(inner, reader.from(reader.tokens.starts[open]!))
      })
    }
    case '[':
      return parseTuple(reader)
    case '{':
      return parseObject(reader)
    case 'eof':
      return reader.fail('Missing expression', 'Expected the start of an expression, but found the end of the file.', reader.nextRange())
    default:
      return reader.fail(
        'Invalid expression',
        'Expected the start of an expression, but found an invalid expression token.',
        reader.nextRange(),
      )
  }
}

/** For an expression between two tokens that is parsed later. */
function standIn(reader: TokenReader, first: number, last: number): Expr {
  return new ErrorNode(reader.span(reader.tokens.starts[first]!, reader.tokens.ends[last]!))
}

function numberLiteral(reader: TokenReader, index: number): LiteralExpr {
  const range = reader.range(index)
  const value = reader.shared.number(reader.text(index))
  if (value === undefined) reader.error('Invalid number literal', 'Failed to recognize the value of this number literal.', range)
  return new LiteralNode(value ?? dynamicVal, range)
}

const words: ReadonlyMap<string, Value> = new Map([
  ['true', trueVal],
  ['false', falseVal],
  ['null', nullVal(dynamicType)],
])

/** A keyword, a function call or the root of a traversal. */
function parseNamed(reader: TokenReader): Expr {
  const index = reader.next()
  const kind = reader.peek()
  if (kind === '(' || kind === '::') return parseCall(reader, index)
  const name = reader.name(index)
  const range = reader.range(index)
  const word = words.get(name)
  if (word !== undefined) return new LiteralNode(word, range)
  const { kinds, starts, ends } = reader.tokens
  let { at } = reader
  if (kinds[at] !== '.' || kinds[at + 1] !== 'identifier') return new TraversalNode(name, none, range, range.end)
  // Nearly all references are nothing but names, with no line end between them; what else may follow is for `parseSteps`.
  const steps: TraversalStep[] = []
  for (; kinds[at] === '.' && kinds[at + 1] === 'identifier'; at += 2) {
    steps.push(new AttributeStep(reader.name(at + 1), reader.span(starts[at]!, ends[at + 1]!)))
  }
  reader.at = at
  return new TraversalNode(name, exactly(steps), reader.span(range.start, ends[at - 1]!), range.end)
}

/** Call = name ("::" name)* "(" (Expression ("," Expression)* ("," | "...")?)? ")" */
function parseCall(reader: TokenReader, nameIndex: number): Expr {
  const start = reader.tokens.starts[nameIndex]!
  let name = reader.name(nameIndex)
  while (reader.peek() === '::') {
    const scope = reader.next()
    if (reader.peek() !== 'identifier') {
      reader.fail(
        'Missing function name',
        'Function scope resolution symbol :: must be followed by a function name in this scope.',
        reader.nextRange(),
        reader.span(start, reader.tokens.ends[scope]!),
      )
    }
    name += `::${reader.text(reader.next())}`
  }
  const nameRange = reader.from(start)
  if (reader.peek() !== '(') {
    reader.fail(
      'Missing open parenthesis',
      'Function selector must be followed by an open parenthesis to begin the function call.',
      reader.nextRange(),
      nameRange,
    )
  }
  const open = reader.next()
  const last = reader.endToWaitFor(open)
  if (last !== undefined) {
    return reader.postpone(standIn(reader, nameIndex, last), nameIndex + 1, last, () => parseCall(reader, nameIndex))
  }
  return reader.within(false, (): CallExpr => {
    const args: Expr[] = []
    let expandFinal = false
    while (reader.peek() !== ')') {
      args.push(parseExpr(reader))
      if (reader.peek() === ')') break
      const separator = reader.next()
      const kind = reader.tokens.kinds[separator]
      if (kind === '...') {
        expandFinal = true
        if (reader.peek() !== ')') {
          reader.fail(
            'Missing closing parenthesis',
            'An expanded function argument (with ...) must be immediately followed by closing parentheses.',
            reader.range(separator),
            reader.from(start),
          )
        }
      } else if (kind === 'eof') {
        reader.fail(
          'Unterminated function call',
          'There is no closing parenthesis for this function call before the end of the file. This may be caused by incorrect parenthesis nesting elsewhere in this file.',
          reader.span(start, reader.tokens.ends[open]!),
        )
      } else if (kind !== ',') {
        reader.at = separator
        reader.fail(
          'Missing argument separator',
          'A comma is required to separate each function argument from the next.',
          reader.range(separator),
          reader.span(start, reader.tokens.ends[separator]!),
        )
      }
    }
    reader.next()
    return new CallNode(name.normalize('NFC'), exactly(args), expandFinal, reader.from(start), nameRange)
  })
}

/** Tuple = "[" (Expression ("," Expression)* ","?)? "]" | "[" For "]" */
function parseTuple(reader: TokenReader): TupleExpr | ForExpr {
  const open = reader.next()
  return reader.within(false, (): TupleExpr | ForExpr => {
    if (reader.peekWord('for')) return parseFor(reader, open, ']')
    const start = reader.tokens.starts[open]!
    const elements: Expr[] = []
    while (reader.peek() !== ']') {
      elements.push(parseExpr(reader))
      if (reader.peek() === ']') break
      if (reader.peek() === 'eof') {
        reader.fail(
          'Unterminated tuple constructor expression',
          'There is no corresponding closing bracket before the end of the file. This may be caused by incorrect bracket nesting elsewhere in this file.',
          reader.range(open),
        )
      }
      if (!reader.accept(',')) {
        reader.fail(
          'Missing item separator',
          'Expected a comma to mark the beginning of the next item.',
          reader.nextRange(),
          reader.span(start, reader.tokens.ends[reader.at]!),
        )
      }
    }
    reader.next()
    return new TupleNode(exactly(elements), reader.from(start))
  })
}

/** Object = "{" (Item (("," newline*) | newline+) ...)* "}" | "{" For "}", Item = Expression ("=" | ":") Expression */
function parseObject(reader: TokenReader): ObjectExpr | ForExpr {
  const open = reader.next()
  // A line end right behind the brace does not keep the expression from being a `for`, in which line ends do not count.
  const { newlines, at } = reader
  reader.newlines = false
  const isFor = reader.peekWord('for')
  reader.newlines = newlines
  if (isFor) return reader.within(false, () => parseFor(reader, open, '}'))
  reader.at = at
  return reader.within(true, () => {
    const start = reader.tokens.starts[open]!
    const items: ObjectItem[] = []
    for (;;) {
      while (reader.peek() === 'newline') reader.next()
      if (reader.accept('}')) break
      const key = parseKey(reader)
      const kind = reader.peek()
      if (kind !== '=' && kind !== ':') failAtSeparator(reader, open, kind)
      reader.next()
      const value = parseExpr(reader)
      items.push({ key, value })
      const after = reader.peek()
      if (after === '}' || after === 'newline') continue
      if (after === 'eof') failUnclosed(reader, open)
      if (!reader.accept(',')) {
        reader.fail(
          'Missing attribute separator',
          'Expected a newline or comma to mark the beginning of the next attribute.',
          reader.nextRange(),
          reader.span(start, reader.tokens.ends[reader.at]!),
        )
      }
    }
    return new ObjectNode(exactly(items), reader.from(start))
  })
}

/** One identifier alone is a literal name, keywords included. */
function parseKey(reader: TokenReader): Expr {
  const index = reader.at
  const { kinds } = reader.tokens
  if (kinds[index] === 'identifier' && (kinds[index + 1] === '=' || kinds[index + 1] === ':')) {
    reader.at = index + 1
    return new LiteralNode(reader.nameVal(index), reader.range(index))
  }
  const key = parseExpr(reader)
  if (reader.at === index + 1 && reader.tokens.kinds[index] === 'identifier') {
    return new LiteralNode(reader.nameVal(index), key.range)
  }
  return key
}

function failUnclosed(reader: TokenReader, open: number): never {
  reader.fail(
    'Unterminated object constructor expression',
    'There is no corresponding closing brace before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.',
    reader.range(open),
  )
}

function failAtSeparator(reader: TokenReader, open: number, kind: TokenKind): never {
  const context = reader.span(reader.tokens.starts[open]!, reader.tokens.ends[reader.at]!)
  if (kind === 'eof') failUnclosed(reader, open)
  if (kind === 'newline' || kind === ',') {
    reader.fail('Missing attribute value', 'Expected an attribute value, introduced by an equals sign ("=").', reader.nextRange(), context)
  }
  const hint =
    kind === 'identifier'
      ? ' If you intended to given an attribute name containing periods or spaces, write the name in quotes to create a string literal.'
      : ''
  reader.fail(
    'Missing key/value separator',
    `Expected an equals sign ("=") to mark the beginning of the attribute value.${hint}`,
    reader.nextRange(),
    context,
  )
}

/** For = "for" name ("," name)? "in" Expression ":" Expression ("=>" Expression "..."?)? ("if" Expression)? */
function parseFor(reader: TokenReader, open: number, close: ']' | '}'): ForExpr {
  const summary = "Invalid 'for' expression"
  const start = reader.tokens.starts[open]!
  const fail = (detail: string): never =>
    reader.fail(summary, detail, reader.nextRange(), reader.span(start, reader.tokens.ends[reader.at]!))
  const name = (missing: string): string => {
    if (reader.peek() !== 'identifier') fail(missing)
    return reader.text(reader.next()).normalize('NFC')
  }
  reader.next()
  let valueName = name("For expression requires variable name after 'for'.")
  let keyName: string | undefined
  if (reader.accept(',')) {
    keyName = valueName
    valueName = name('For expression requires value variable name after comma.')
  }
  if (!reader.peekWord('in')) fail("For expression requires the 'in' keyword after its name declarations.")
  reader.next()
  const collection = parseExpr(reader)
  if (reader.peek() !== ':') fail('For expression requires a colon after the collection expression.')
  reader.next()
  let key: Expr | undefined
  let value = parseExpr(reader)
  if (reader.peek() === '=>') {
    if (close === ']') {
      reader.error(summary, 'Key expression is not valid when building a tuple.', value.range, reader.from(start))
    }
    reader.next()
    key = value
    value = parseExpr(reader)
  } else if (close === '}') {
    reader.error(summary, 'Key expression is required when building an object.', value.range, reader.from(start))
    key = new ErrorNode(value.range)
  }
  const group = reader.peek() === '...'
  if (group) {
    if (close === ']') {
      reader.error(summary, 'Grouping ellipsis (...) cannot be used when building a tuple.', reader.nextRange(), reader.from(start))
    }
    reader.next()
  }
  let condition: Expr | undefined
  if (reader.peekWord('if')) {
    reader.next()
    condition = parseExpr(reader)
  }
  if (reader.peek() !== close) fail("Extra characters after the end of the 'for' expression.")
  reader.next()
  if (close === ']') key = undefined
  const range = reader.from(start)
  return { kind: 'for', keyName, valueName, collection, key, value, condition, group, range, openRange: reader.range(open) }
}

/** Step = "." name | "." number | "[" Expression "]" | "." "*" ("." name | "." number)* | "[" "*" "]" Step* */
function parseSteps(reader: TokenReader, first: Expr): Expr {
  const next = reader.peek()
  if (next !== '.' && next !== '[') return first
  let result = first
  // Static steps are gathered and added to `result` at once, or a chain of n steps would be copied n times.
  let steps: TraversalStep[] = []
  const settle = (): Expr => {
    if (steps.length > 0) {
      result = addSteps(reader, result, steps)
      steps = []
    }
    return result
  }
  let splats = 0
  const wraps: ((each: Expr) => Expr)[] = []
  let levels = 0
  const deeper = (): void => {
    if (++levels > maxDepth) {
      reader.fail('Nesting too deep', `At most ${maxDepth} splat operators can follow one another.`, reader.nextRange())
    }
  }
  for (;;) {
    const kind = reader.peek()
    if (kind === '.') {
      const dot = reader.next()
      const start = reader.tokens.starts[dot]!
      const after = reader.peek()
      if (after === 'identifier') steps.push(attributeStep(reader, start))
      else if (after === 'number') {
        const step = legacyIndexStep(reader, start, false)
        if (step === undefined) break
        steps.push(step)
      } else if (after === '*') {
        const marker = reader.next()
        deeper()
        const source = settle()
        const markerRange = reader.span(start, reader.tokens.ends[marker]!)
        const item: AnonymousSymbolExpr = { kind: 'anonymousSymbol', range: reader.range(marker) }
        const own = parseAttributeSplatSteps(reader, marker)
        const each = own.length === 0 ? item : addSteps(reader, item, own)
        result = { kind: 'splat', source, each, item, markerRange, range: reader.from(source.range.start) }
      } else {
        reader.fail(
          'Invalid attribute name',
          'An attribute name is required after a dot.',
          reader.nextRange(),
          reader.span(first.range.start, reader.tokens.ends[reader.at]!),
        )
      }
    } else if (kind === '[') {
      const open = reader.next()
      const start = reader.tokens.starts[open]!
      const step = reader.within(false, (): TraversalStep | Expr | 'splat' => {
        if (reader.peek() === '*') {
          reader.next()
          closeBracket(
            reader,
            start,
            'Missing close bracket on splat index',
            'The star for a full splat operator must be immediately followed by a closing bracket ("]").',
          )
          return 'splat'
        }
        const key = parseIndexKey(reader, open, start)
        closeBracket(reader, start, 'Missing close bracket on index', 'The index operator must end with a closing bracket ("]").')
        const literal = literalKey(key)
        return literal === undefined ? key : { kind: 'index', key: literal, range: reader.from(start) }
      })
      if (step === 'splat') {
        deeper()
        splats++
        const source = settle()
        const markerRange = reader.from(start)
        const item: AnonymousSymbolExpr = { kind: 'anonymousSymbol', range: markerRange }
        const from = source.range.start
        wraps.push((each) => ({ kind: 'splat', source, each, item, markerRange, range: reader.span(from, reader.lastEnd) }))
        result = item
      } else if (step.kind === 'index' && 'range' in step && !('collection' in step)) steps.push(step)
      else {
        const collection = settle()
        const range = reader.from(collection.range.start)
        result = new IndexNode(collection, step as Expr, range, reader.from(start))
      }
    } else break
  }
  settle()
  // What follows `[*]` belongs to each of its items, so the innermost splat is the last one.
  for (; splats > 0; splats--) result = wraps.pop()!(result)
  return result
}

function parseIndexKey(reader: TokenReader, open: number, start: number): Expr {
  const last = reader.endToWaitFor(open)
  if (last === undefined || last === open + 1) return parseExpr(reader)
  return reader.postpone(standIn(reader, open + 1, last - 1), open + 1, last - 1, () => {
    const key = parseExpr(reader)
    closeBracket(reader, start, 'Missing close bracket on index', 'The index operator must end with a closing bracket ("]").')
    return key
  })
}

/** What is wrong is shown by the token behind the one that should be the bracket. */
function closeBracket(reader: TokenReader, start: number, summary: string, detail: string): void {
  if (reader.peek() !== ']') {
    reader.next()
    reader.fail(summary, detail, reader.nextRange(), reader.span(start, reader.tokens.ends[reader.at]!))
  }
  reader.next()
}

function attributeStep(reader: TokenReader, start: number): TraversalStep {
  return new AttributeStep(reader.name(reader.next()), reader.from(start))
}

/** `a.0` for `a[0]`, from the days before HCL 2. `a.0.1` would be read as the number 0.1 and is not allowed. */
function legacyIndexStep(reader: TokenReader, start: number, inSplat: boolean): TraversalStep | undefined {
  const index = reader.next()
  const text = reader.text(index)
  const range = reader.span(start, reader.tokens.ends[index]!)
  const dot = text.indexOf('.')
  if (dot >= 0) {
    const better = `[${text.slice(0, dot)}][${text.slice(dot + 1)}]`
    reader.error(
      'Invalid legacy index syntax',
      inSplat
        ? `When using the legacy index syntax, chaining two indexes together is not permitted. Use the proper index syntax with a full splat expression [*] instead, like ${better}.`
        : `When using the legacy index syntax, chaining two indexes together is not permitted. Use the proper index syntax instead, like ${better}.`,
      reader.range(index),
    )
    return { kind: 'index', key: dynamicVal, range }
  }
  const { value } = numberLiteral(reader, index)
  return { kind: 'index', key: value, range }
}

/** Behind the star at token `marker`. */
function parseAttributeSplatSteps(reader: TokenReader, marker: number): TraversalStep[] {
  const steps: TraversalStep[] = []
  while (reader.peek() === '.') {
    const start = reader.tokens.starts[reader.next()]!
    const kind = reader.peek()
    if (kind === 'identifier') steps.push(attributeStep(reader, start))
    else if (kind === 'number') steps.push(legacyIndexStep(reader, start, true)!)
    else if (kind === '*') {
      reader.fail(
        'Nested splat expression not allowed',
        'A splat expression (*) cannot be used inside another attribute-only splat expression.',
        reader.nextRange(),
      )
    } else {
      reader.fail('Invalid attribute name', 'An attribute name is required after a dot.', reader.range(marker))
    }
  }
  return steps
}

/** The value of a number, a keyword or a quoted string without interpolations, which make an index static. */
function literalKey(key: Expr): Value | undefined {
  if (key.kind === 'literal') return key.value
  return key.kind === 'template' ? key.text : undefined
}

function addSteps(reader: TokenReader, expr: Expr, steps: TraversalStep[]): Expr {
  const range = reader.span(expr.range.start, steps[steps.length - 1]!.range.end)
  if (expr.kind === 'traversal') {
    const { root, rootRange, steps: before } = expr.traversal
    return new TraversalNode(root, before.length === 0 ? exactly(steps) : [...before, ...steps], range, rootRange.end)
  }
  return { kind: 'relativeTraversal', source: expr, steps: exactly(steps), range }
}

export function errorExpr(reader: TokenReader, start: number): ErrorExpr {
  return new ErrorNode(reader.from(start))
}

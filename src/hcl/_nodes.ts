import { stringType, type Value } from '../cty/index.ts'
import { type Source, type SourceRange, sourceRange } from '../diags/index.ts'
import type {
  BinaryExpr,
  BinaryOperator,
  CallExpr,
  ConditionalExpr,
  ErrorExpr,
  Expr,
  IndexExpr,
  LiteralExpr,
  ObjectExpr,
  ObjectItem,
  ParenthesesExpr,
  TemplateExpr,
  TemplatePart,
  TemplateWrapExpr,
  Traversal,
  TraversalExpr,
  TraversalStep,
  TupleExpr,
  UnaryExpr,
} from './ast.ts'

/*
 * The nodes that configurations are full of. They keep their places as numbers and make ranges of them when asked: ranges as objects
 * of their own would be half of the memory of a tree. What is made when asked for is lost in a copy by spreading.
 *
 * Fields are declared and not defined: defining them before they are set takes longer than setting them.
 */

class Placed {
  declare readonly source: Source
  declare readonly start: number
  declare readonly end: number

  constructor(range: SourceRange) {
    this.source = range.source
    this.start = range.start
    this.end = range.end
  }

  get range(): SourceRange {
    return sourceRange(this.source, this.start, this.end)
  }
}

/** For the many lists that are empty. */
export const none: readonly never[] = Object.freeze([])

/** A list that has been grown has room for a dozen more; this one has none. */
export function exactly<T>(list: T[]): readonly T[] {
  return list.length === 0 ? none : list.slice()
}

export class LiteralNode extends Placed implements LiteralExpr {
  declare readonly kind: 'literal'
  declare readonly value: Value

  constructor(value: Value, range: SourceRange) {
    super(range)
    this.kind = 'literal'
    this.value = value
  }
}

/** A template of which nothing but text has come, as most have: the literal that is its only part is made when asked for. */
export class PlainTemplateNode extends Placed implements TemplateExpr {
  declare readonly kind: 'template'
  declare readonly text: Value

  /** @param range that of the quotes; the text stands between them. */
  constructor(text: Value, range: SourceRange) {
    super(range)
    this.kind = 'template'
    this.text = text
  }

  get parts(): readonly TemplatePart[] {
    return [new LiteralNode(this.text, sourceRange(this.source, this.start + 1, this.end - 1))]
  }
}

export class TemplateNode extends Placed implements TemplateExpr {
  declare readonly kind: 'template'
  declare readonly parts: readonly TemplatePart[]

  constructor(parts: readonly TemplatePart[], range: SourceRange) {
    super(range)
    this.kind = 'template'
    this.parts = parts
  }

  get text(): Value | undefined {
    const { parts } = this
    if (parts.length !== 1) return undefined
    const only = parts[0]!
    return only.kind === 'literal' && only.value.type === stringType ? only.value : undefined
  }
}

export class TemplateWrapNode extends Placed implements TemplateWrapExpr {
  declare readonly kind: 'templateWrap'
  declare readonly wrapped: Expr

  constructor(wrapped: Expr, range: SourceRange) {
    super(range)
    this.kind = 'templateWrap'
    this.wrapped = wrapped
  }
}

export class TupleNode extends Placed implements TupleExpr {
  declare readonly kind: 'tuple'
  declare readonly elements: readonly Expr[]

  constructor(elements: readonly Expr[], range: SourceRange) {
    super(range)
    this.kind = 'tuple'
    this.elements = elements
  }
}

export class ObjectNode extends Placed implements ObjectExpr {
  declare readonly kind: 'object'
  declare readonly items: readonly ObjectItem[]

  constructor(items: readonly ObjectItem[], range: SourceRange) {
    super(range)
    this.kind = 'object'
    this.items = items
  }
}

export class ParenthesesNode extends Placed implements ParenthesesExpr {
  declare readonly kind: 'parentheses'
  declare readonly inner: Expr

  constructor(inner: Expr, range: SourceRange) {
    super(range)
    this.kind = 'parentheses'
    this.inner = inner
  }
}

export class UnaryNode extends Placed implements UnaryExpr {
  declare readonly kind: 'unary'
  declare readonly operator: '!' | '-'
  declare readonly operand: Expr

  constructor(operator: '!' | '-', operand: Expr, range: SourceRange) {
    super(range)
    this.kind = 'unary'
    this.operator = operator
    this.operand = operand
  }
}

export class BinaryNode extends Placed implements BinaryExpr {
  declare readonly kind: 'binary'
  declare readonly operator: BinaryOperator
  declare readonly left: Expr
  declare readonly right: Expr

  constructor(operator: BinaryOperator, left: Expr, right: Expr, range: SourceRange) {
    super(range)
    this.kind = 'binary'
    this.operator = operator
    this.left = left
    this.right = right
  }
}

export class ConditionalNode extends Placed implements ConditionalExpr {
  declare readonly kind: 'conditional'
  declare readonly condition: Expr
  // biome-ignore lint/suspicious/noThenProperty: the word of the grammar; nothing awaits syntax.
  declare readonly then: Expr
  declare readonly otherwise: Expr

  constructor(condition: Expr, then: Expr, otherwise: Expr, range: SourceRange) {
    super(range)
    this.kind = 'conditional'
    this.condition = condition
    // biome-ignore lint/suspicious/noThenProperty: the word of the grammar; nothing awaits syntax.
    this.then = then
    this.otherwise = otherwise
  }
}

export class ErrorNode extends Placed implements ErrorExpr {
  declare readonly kind: 'error'

  constructor(range: SourceRange) {
    super(range)
    this.kind = 'error'
  }
}

export class IndexNode extends Placed implements IndexExpr {
  declare readonly kind: 'index'
  declare readonly collection: Expr
  declare readonly key: Expr
  declare private readonly keyStart: number

  constructor(collection: Expr, key: Expr, range: SourceRange, keyRange: SourceRange) {
    super(range)
    this.kind = 'index'
    this.collection = collection
    this.key = key
    this.keyStart = keyRange.start
  }

  /** The brackets, which are the end of the expression. */
  get keyRange(): SourceRange {
    return sourceRange(this.source, this.keyStart, this.end)
  }
}

export class CallNode extends Placed implements CallExpr {
  declare readonly kind: 'call'
  declare readonly name: string
  declare readonly args: readonly Expr[]
  declare readonly expandFinal: boolean
  declare private readonly nameEnd: number

  constructor(name: string, args: readonly Expr[], expandFinal: boolean, range: SourceRange, nameRange: SourceRange) {
    super(range)
    this.kind = 'call'
    this.name = name
    this.args = args
    this.expandFinal = expandFinal
    this.nameEnd = nameRange.end
  }

  /** A call begins with its name. */
  get nameRange(): SourceRange {
    return sourceRange(this.source, this.start, this.nameEnd)
  }
}

class Path extends Placed implements Traversal {
  declare readonly root: string
  declare readonly steps: readonly TraversalStep[]
  declare private readonly rootEnd: number

  constructor(root: string, steps: readonly TraversalStep[], range: SourceRange, rootEnd: number) {
    super(range)
    this.root = root
    this.steps = steps
    this.rootEnd = rootEnd
  }

  get rootRange(): SourceRange {
    return sourceRange(this.source, this.start, this.rootEnd)
  }
}

export class TraversalNode implements TraversalExpr {
  declare readonly kind: 'traversal'
  declare readonly traversal: Traversal

  constructor(root: string, steps: readonly TraversalStep[], range: SourceRange, rootEnd: number) {
    this.kind = 'traversal'
    this.traversal = new Path(root, steps, range, rootEnd)
  }

  get range(): SourceRange {
    return this.traversal.range
  }
}

export class AttributeStep extends Placed {
  declare readonly kind: 'attr'
  declare readonly name: string

  /** @param range with the dot. */
  constructor(name: string, range: SourceRange) {
    super(range)
    this.kind = 'attr'
    this.name = name
  }
}

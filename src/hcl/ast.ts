import type { Value } from '../cty/index.ts'
import type { SourceRange } from '../diags/index.ts'

/** An expression of native or JSON syntax. One evaluator serves both. */
export type Expr =
  | LiteralExpr
  | TemplateExpr
  | TemplateWrapExpr
  | TraversalExpr
  | RelativeTraversalExpr
  | IndexExpr
  | SplatExpr
  | AnonymousSymbolExpr
  | CallExpr
  | ConditionalExpr
  | BinaryExpr
  | UnaryExpr
  | ParenthesesExpr
  | TupleExpr
  | ObjectExpr
  | ForExpr
  | ErrorExpr
  | JsonStringExpr
  | JsonArrayExpr
  | JsonObjectExpr

/** A number, `true`, `false`, `null`, or a stretch of literal text in a template. */
export interface LiteralExpr {
  readonly kind: 'literal'
  readonly value: Value
  readonly range: SourceRange
}

/** Quoted text or a heredoc whose parts are joined to a string. */
export interface TemplateExpr {
  readonly kind: 'template'
  readonly parts: readonly TemplatePart[]
  /** All of the template, when it is plain text. */
  readonly text: Value | undefined
  readonly range: SourceRange
}

/** Directives keep their shape; white space that `~` strips is already gone from the literals. */
export type TemplatePart =
  | Expr
  | {
      readonly kind: 'templateIf'
      readonly condition: Expr
      readonly then: TemplateExpr
      readonly otherwise: TemplateExpr | undefined
      readonly range: SourceRange
    }
  | {
      readonly kind: 'templateFor'
      readonly keyName: string | undefined
      readonly valueName: string
      readonly collection: Expr
      readonly body: TemplateExpr
      readonly range: SourceRange
    }

/** A template that is exactly one interpolation: the value itself, not a string of it. */
export interface TemplateWrapExpr {
  readonly kind: 'templateWrap'
  readonly wrapped: Expr
  readonly range: SourceRange
}

/** `a.b[0].c` from a root name, as far as its steps are static. */
export interface TraversalExpr {
  readonly kind: 'traversal'
  readonly traversal: Traversal
  readonly range: SourceRange
}

/** Static steps into what another expression gives: `f(x).a`. */
export interface RelativeTraversalExpr {
  readonly kind: 'relativeTraversal'
  readonly source: Expr
  readonly steps: readonly TraversalStep[]
  readonly range: SourceRange
}

/** `collection[key]` with a key that is not a literal. */
export interface IndexExpr {
  readonly kind: 'index'
  readonly collection: Expr
  readonly key: Expr
  readonly range: SourceRange
  readonly keyRange: SourceRange
}

/** `source[*].each` or `source.*.each`; `each` refers to the item by `AnonymousSymbolExpr`. */
export interface SplatExpr {
  readonly kind: 'splat'
  readonly source: Expr
  readonly each: Expr
  readonly item: AnonymousSymbolExpr
  readonly range: SourceRange
  readonly markerRange: SourceRange
}

export interface AnonymousSymbolExpr {
  readonly kind: 'anonymousSymbol'
  readonly range: SourceRange
}

export interface CallExpr {
  readonly kind: 'call'
  /** With namespaces: `core::length`. */
  readonly name: string
  readonly args: readonly Expr[]
  /** Whether the last argument is followed by `...`. */
  readonly expandFinal: boolean
  readonly range: SourceRange
  readonly nameRange: SourceRange
}

export interface ConditionalExpr {
  readonly kind: 'conditional'
  readonly condition: Expr
  readonly then: Expr
  readonly otherwise: Expr
  readonly range: SourceRange
}

export type BinaryOperator = '||' | '&&' | '==' | '!=' | '>' | '>=' | '<' | '<=' | '+' | '-' | '*' | '/' | '%'

export interface BinaryExpr {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Expr
  readonly right: Expr
  readonly range: SourceRange
}

export interface UnaryExpr {
  readonly kind: 'unary'
  readonly operator: '!' | '-'
  readonly operand: Expr
  readonly range: SourceRange
}

export interface ParenthesesExpr {
  readonly kind: 'parentheses'
  readonly inner: Expr
  readonly range: SourceRange
}

export interface TupleExpr {
  readonly kind: 'tuple'
  readonly elements: readonly Expr[]
  readonly range: SourceRange
}

export interface ObjectExpr {
  readonly kind: 'object'
  readonly items: readonly ObjectItem[]
  readonly range: SourceRange
}

/** A bare identifier as key is a literal string; `(expr)` and templates are expressions. */
export interface ObjectItem {
  readonly key: Expr
  readonly value: Expr
}

export interface ForExpr {
  readonly kind: 'for'
  readonly keyName: string | undefined
  readonly valueName: string
  readonly collection: Expr
  /** Present for the object form. */
  readonly key: Expr | undefined
  readonly value: Expr
  readonly condition: Expr | undefined
  readonly group: boolean
  readonly range: SourceRange
  readonly openRange: SourceRange
}

/** Stands where the source could not be parsed and an error was reported; evaluates silently to an unknown. */
export interface ErrorExpr {
  readonly kind: 'error'
  readonly range: SourceRange
}

/** JSON text: where an expression is wanted it is a template, where a literal is wanted it is the text. */
export interface JsonStringExpr {
  readonly kind: 'jsonString'
  readonly text: string
  /** The text parsed as a template, when first asked for. */
  readonly template: () => { readonly expr: Expr; readonly diags: readonly import('../diags/index.ts').Diagnostic[] }
  readonly range: SourceRange
}

export interface JsonArrayExpr {
  readonly kind: 'jsonArray'
  readonly elements: readonly Expr[]
  readonly range: SourceRange
}

/** Property names are templates too. A repeated name is kept in order; the last one wins in values. */
export interface JsonObjectExpr {
  readonly kind: 'jsonObject'
  readonly items: readonly { readonly key: JsonStringExpr; readonly value: Expr }[]
  readonly range: SourceRange
}

/** A root name and the static steps that follow it. */
export interface Traversal {
  readonly root: string
  readonly rootRange: SourceRange
  readonly steps: readonly TraversalStep[]
  readonly range: SourceRange
}

export type TraversalStep =
  | { readonly kind: 'attr'; readonly name: string; readonly range: SourceRange }
  | { readonly kind: 'index'; readonly key: Value; readonly range: SourceRange }
  | { readonly kind: 'splat'; readonly range: SourceRange }

/** A configuration body, read through a schema by `bodyContent` whatever its syntax. */
export type Body = NativeBody | JsonBody | MergedBody

export interface NativeBody {
  readonly kind: 'native'
  /** In order of appearance. A repeated name has been reported and is left out. */
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly blocks: readonly NativeBlock[]
  readonly range: SourceRange
  /** Where to point when something is missing: empty, at the opening brace or the start of the file. */
  readonly endRange: SourceRange
}

export interface Attribute {
  readonly name: string
  readonly expr: Expr
  readonly range: SourceRange
  readonly nameRange: SourceRange
}

export interface NativeBlock {
  readonly type: string
  readonly labels: readonly string[]
  readonly body: NativeBody
  readonly typeRange: SourceRange
  readonly labelRanges: readonly SourceRange[]
  /** Type and labels: what a message about the block underlines. */
  readonly headerRange: SourceRange
  readonly openBraceRange: SourceRange
  readonly closeBraceRange: SourceRange
}

export interface JsonBody {
  readonly kind: 'json'
  readonly value: JsonObjectExpr | JsonArrayExpr
  readonly range: SourceRange
  readonly endRange: SourceRange
}

/** Several bodies read as one; a schema's required attribute must be in one of them, and in one only. */
export interface MergedBody {
  readonly kind: 'merged'
  readonly bodies: readonly Body[]
  readonly range: SourceRange
  readonly endRange: SourceRange
  /** What a schema does not name is a warning and has no effect. */
  readonly lenient: boolean
}

/** What a caller expects in a body. */
export interface BodySchema {
  readonly attributes: readonly { readonly name: string; readonly required?: boolean }[]
  readonly blocks: readonly { readonly type: string; readonly labelNames: readonly string[] }[]
  /** What to write today instead of arguments that are no longer there: a sentence, by name. */
  readonly former?: Readonly<Record<string, string>> | undefined
}

export interface BodyContent {
  readonly attributes: ReadonlyMap<string, Attribute>
  readonly blocks: readonly Block[]
  readonly endRange: SourceRange
}

/** A block as its schema sees it, with labels set apart. */
export interface Block {
  readonly type: string
  readonly labels: readonly string[]
  readonly body: Body
  readonly typeRange: SourceRange
  readonly labelRanges: readonly SourceRange[]
  readonly headerRange: SourceRange
}

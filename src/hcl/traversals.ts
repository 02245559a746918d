import { assertNever } from '../base/index.ts'
import { numericToString } from '../cty/index.ts'
import type { Expr, IndexExpr, ObjectItem, TemplatePart, Traversal, TraversalStep } from './ast.ts'
import { quote } from './traverse.ts'

/** `a[b].c`, where the collection is a plain reference: what `EvalContext.override` may answer. */
export interface IndexedTraversal {
  readonly node: IndexExpr
  /** What is indexed. */
  readonly collection: Traversal
  /** The steps that follow the index. */
  readonly rest: readonly TraversalStep[]
  /** Whether the key uses symbols of a surrounding `for` or splat, so that it has no value of its own. */
  readonly dependent: boolean
}

interface Symbols {
  readonly names: readonly string[]
  readonly outer: Symbols | undefined
}

type Visitor = (node: Expr, symbols: Symbols | undefined, parent: Expr | TemplatePart | undefined) => void

/** All absolute references in an expression, in the order of the source; symbols of `for` are none. */
export function traversals(expr: Expr): readonly Traversal[] {
  return collect(expr, undefined, 0) ?? none
}

const none: readonly Traversal[] = []

/** Adds to `found`, which is made when the first is found. What most expressions consist of is gone through without a stack of nodes. */
function collect(expr: Expr, found: Traversal[] | undefined, depth: number): Traversal[] | undefined {
  let all = found
  switch (expr.kind) {
    case 'literal':
      return all
    case 'traversal':
      if (all === undefined) return [expr.traversal]
      all.push(expr.traversal)
      return all
    case 'template':
      if (expr.text !== undefined) return all
      break
    case 'object':
      if (depth >= 10 || !expr.items.every(hasLiteralKey)) break
      for (let i = 0; i < expr.items.length; i++) all = collect(expr.items[i]!.value, all, depth + 1)
      return all
    case 'tuple':
      if (depth >= 10) break
      for (let i = 0; i < expr.elements.length; i++) all = collect(expr.elements[i]!, all, depth + 1)
      return all
    default:
  }
  visit(expr, (node, symbols) => {
    if (node.kind !== 'traversal' || isSymbol(node.traversal.root, symbols)) return
    all ??= []
    all.push(node.traversal)
  })
  return all
}

function hasLiteralKey({ key }: ObjectItem): boolean {
  return key.kind === 'literal'
}

/** All indexings with a computed key of plain references. */
export function indexedTraversals(expr: Expr): readonly IndexedTraversal[] {
  const found: IndexedTraversal[] = []
  visit(expr, (node, symbols, parent) => {
    if (node.kind !== 'index' || node.collection.kind !== 'traversal') return
    const { traversal } = node.collection
    if (isSymbol(traversal.root, symbols)) return
    const rest = parent?.kind === 'relativeTraversal' && parent.source === node ? parent.steps : []
    found.push({ node, collection: traversal, rest, dependent: usesSymbols(node.key, symbols) })
  })
  return found
}

function isSymbol(name: string, symbols: Symbols | undefined): boolean {
  for (let s = symbols; s !== undefined; s = s.outer) if (s.names.includes(name)) return true
  return false
}

/** Whether any symbol from outside of the expression, or an item of a splat around it, occurs in it. */
function usesSymbols(expr: Expr, outer: Symbols | undefined): boolean {
  let uses = false
  const items = new Set<Expr>()
  visit(expr, (node, inner) => {
    if (node.kind === 'splat') items.add(node.item)
    if (node.kind === 'anonymousSymbol' && !items.has(node)) uses = true
    if (node.kind === 'traversal' && isSymbol(node.traversal.root, outer) && !isSymbol(node.traversal.root, inner)) uses = true
  })
  return uses
}

/** Every node in the order of the source, without recursion, since depth is up to the source. */
function visit(root: Expr, visitor: Visitor): void {
  const stack: Visit[] = [{ node: root, symbols: undefined, parent: undefined }]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const { node, symbols, parent } = at
    if (node.kind !== 'templateIf' && node.kind !== 'templateFor') visitor(node, symbols, parent)
    const start = stack.length
    pushChildren(node, symbols, stack)
    // They were pushed in order and are popped in reverse.
    for (let i = start, j = stack.length - 1; i < j; i++, j--) {
      const visit = stack[i]!
      stack[i] = stack[j]!
      stack[j] = visit
    }
  }
}

interface Visit {
  readonly node: Expr | TemplatePart
  readonly symbols: Symbols | undefined
  readonly parent: Expr | TemplatePart | undefined
}

function isLiteral(node: Expr | TemplatePart): boolean {
  return node.kind === 'literal' || (node.kind === 'template' && node.text !== undefined)
}

function pushChildren(node: Expr | TemplatePart, symbols: Symbols | undefined, stack: Visit[]): void {
  const push = (child: Expr | TemplatePart, childSymbols: Symbols | undefined): void => {
    // Most expressions are trees of literals and plain strings, at which there is nothing to see.
    if (!isLiteral(child)) stack.push({ node: child, symbols: childSymbols, parent: node })
  }
  const pushAll = (children: readonly (Expr | TemplatePart)[]): void => {
    for (const child of children) push(child, symbols)
  }
  switch (node.kind) {
    case 'literal':
    case 'traversal':
    case 'anonymousSymbol':
    case 'error':
      return
    case 'template':
      pushAll(node.parts)
      return
    case 'templateIf':
      pushAll(node.otherwise === undefined ? [node.condition, node.then] : [node.condition, node.then, node.otherwise])
      return
    case 'templateFor':
      push(node.collection, symbols)
      push(node.body, withSymbols(node, symbols))
      return
    case 'templateWrap':
      push(node.wrapped, symbols)
      return
    case 'parentheses':
      push(node.inner, symbols)
      return
    case 'relativeTraversal':
      push(node.source, symbols)
      return
    case 'index':
      pushAll([node.collection, node.key])
      return
    case 'splat':
      pushAll([node.source, node.each])
      return
    case 'call':
      // The second argument of `convert` is a type, whose words refer to nothing.
      pushAll(/^(core::)?convert$/.test(node.name) ? node.args.slice(0, 1) : node.args)
      return
    case 'conditional':
      pushAll([node.condition, node.then, node.otherwise])
      return
    case 'binary':
      pushAll([node.left, node.right])
      return
    case 'unary':
      push(node.operand, symbols)
      return
    case 'tuple':
    case 'jsonArray':
      pushAll(node.elements)
      return
    case 'object':
      for (const { key, value } of node.items) {
        // A bare word as key is its own name; what is more than a word is a reference, although evaluating it will be refused.
        if (key.kind !== 'traversal' || key.traversal.steps.length > 0) push(key, symbols)
        push(value, symbols)
      }
      return
    case 'jsonObject':
      for (const { key, value } of node.items) pushAll([key, value])
      return
    case 'for': {
      const inner = withSymbols(node, symbols)
      push(node.collection, symbols)
      if (node.key !== undefined) push(node.key, inner)
      push(node.value, inner)
      if (node.condition !== undefined) push(node.condition, inner)
      return
    }
    case 'jsonString':
      push(node.template().expr, symbols)
      return
    default:
      assertNever(node)
  }
}

function withSymbols(loop: { keyName: string | undefined; valueName: string }, outer: Symbols | undefined): Symbols {
  return { names: loop.keyName === undefined ? [loop.valueName] : [loop.keyName, loop.valueName], outer }
}

/** As written in canonical form: `a.b[0]["k"][*]`. */
export function traversalToString(traversal: Traversal): string {
  return traversal.root + traversal.steps.map(stepToString).join('')
}

function stepToString(step: TraversalStep): string {
  switch (step.kind) {
    case 'attr':
      return `.${step.name}`
    case 'splat':
      return '[*]'
    case 'index':
      return typeof step.key.payload === 'string' ? `[${quote(step.key.payload)}]` : `[${numericToString(step.key.asNumeric())}]`
  }
}

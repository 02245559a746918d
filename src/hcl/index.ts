export { startOf } from './_place.ts'
export type * from './ast.ts'
export { bodyContent, justAttributes, mergeBodies, partialContent } from './body.ts'
export { callSignature, returnType, visibleType } from './call-signature.ts'
export { closureOf, closureType, closureVal, type ExpressionClosure, evaluateClosure } from './closure.ts'
export { childContext, type Dialect, type EvalContext } from './context.ts'
export { type DescribeOptions, describeValue, describeValues } from './diagnostic-values.ts'
export { evaluate } from './evaluate.ts'
export { jsonBody, parseJsonBody, parseJsonExpr } from './json.ts'
export { exprRange, parseExpression, parseHcl, parseHclInParts, parsePartialTraversal, parseTemplate, parseTraversal } from './parser.ts'
export { type ScanMode, scanTokens } from './scanner.ts'
export {
  exprCall,
  exprList,
  exprMap,
  exprToRelativeTraversal,
  exprToTraversal,
  keywordOf,
  literalString,
  parseQuotedTraversal,
} from './static.ts'
export type { Token, TokenKind } from './token.ts'
export { type IndexedTraversal, indexedTraversals, traversals, traversalToString } from './traversals.ts'
export { attributeOf, indexInto, isProblem, type Problem, resolveTraversal, takeStep, traverse } from './traverse.ts'
export { canFunction, tryFunction } from './try-functions.ts'
export * from './typeexpr/index.ts'

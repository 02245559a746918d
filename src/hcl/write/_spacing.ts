import type { TokenKind } from '../token.ts'

/** How a token changes the depth of brackets: interpolations and directives count as brackets too. */
export function bracketChange(kind: TokenKind): -1 | 0 | 1 {
  switch (kind) {
    case '{':
    case '[':
    case '(':
    case 'openSequence':
    case 'openDirective':
      return 1
    case '}':
    case ']':
    case ')':
    case 'closeSequence':
      return -1
    default:
      return 0
  }
}

/** After one of these an expression is still to come, so that a minus is a sign and no subtraction. */
const beforeOperand: ReadonlySet<TokenKind | undefined> = new Set<TokenKind | undefined>([
  undefined,
  '(',
  '{',
  '[',
  '=',
  ':',
  ',',
  '?',
  '+',
  '-',
  '*',
  '/',
  '%',
  '==',
  '!=',
  '>',
  '>=',
  '<',
  '<=',
  '&&',
  '||',
  '!',
])

/** Text of a template touches what is around it: a space would be part of it. */
const endsInTemplateText: ReadonlySet<TokenKind> = new Set<TokenKind>(['openQuote', 'openHeredoc', 'text', 'quotedText', 'quotedNewline'])
const startsInTemplateText: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'closeQuote',
  'closeHeredoc',
  'text',
  'quotedText',
  'quotedNewline',
])

/**
 * Whether a space stands between two tokens of a line.
 *
 * @param earlier what comes before `left` on the line, if anything; `leftIsIn` says that `left` is the word `in`.
 * @see the layout that `terraform fmt` gives, as observed (fragments of the conformance data, test/hcl/write)
 */
export function isSpaced(earlier: TokenKind | undefined, left: TokenKind, leftIsIn: boolean, right: TokenKind): boolean {
  // Punctuation that holds on to its neighbours.
  switch (right) {
    case '.':
    case ',':
    case '...':
      return false
    case '(':
      if (left === 'identifier') return false
      break
    case '::':
      if (left === 'identifier') return false
      break
  }
  if (left === '.' || (left === '::' && right === 'identifier')) return false
  if (left === ',') return true
  if (endsInTemplateText.has(left) || startsInTemplateText.has(right)) return false
  // `[for x in [y] : x]`: no index into something named `in`.
  if (leftIsIn && earlier === 'identifier') return true
  if (right === '[' && (left === 'identifier' || left === 'number' || bracketChange(left) < 0)) return false
  if (left === '!') return false
  if (left === '-') return !beforeOperand.has(earlier)
  // Braces have room inside, alone or next to those of an interpolation: `{ a = 1 }`, `${ { a = 1 } }`, but `{}`.
  if (left === '{' || right === '}') return !(left === '{' && right === '}')
  if (right === '{' && (left === 'openSequence' || left === 'openDirective')) return true
  if (left === '}' && right === 'closeSequence') return true
  if (left === 'closeSequence' && (right === 'openSequence' || right === 'openDirective')) return false
  return bracketChange(left) <= 0 && bracketChange(right) >= 0
}

import type { SourceRange } from '../diags/index.ts'

/**
 * Punctuation is named by itself. `text` is literal template text in a heredoc or bare template, `quotedText` in quotes;
 * `openSequence` is `${` or `${~`, `openDirective` is `%{` or `%{~`, `closeSequence` is `}` or `~}` of either.
 */
export type TokenKind =
  | 'bom'
  | 'space'
  | 'newline'
  | 'comment'
  | 'identifier'
  | 'number'
  | '{'
  | '}'
  | '['
  | ']'
  | '('
  | ')'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '='
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '&&'
  | '||'
  | '!'
  | '.'
  | '...'
  | ','
  | '?'
  | ':'
  | '::'
  | '=>'
  | 'openQuote'
  | 'closeQuote'
  | 'openHeredoc'
  | 'closeHeredoc'
  | 'text'
  | 'quotedText'
  | 'quotedNewline'
  | 'openSequence'
  | 'openDirective'
  | 'closeSequence'
  | 'unsupported'
  | 'invalid'
  | 'eof'

/** A stretch of the source. The tokens of a source follow one another without gaps; the last is an empty `eof`. */
export interface Token {
  readonly kind: TokenKind
  readonly range: SourceRange
}

/** Tokens as parallel arrays of UTF-16 offsets: a big file has hundreds of thousands, and the parser looks at each many times. */
export interface TokenTable {
  readonly kinds: readonly TokenKind[]
  /** There may be room at the end: how many tokens there are says `kinds`. */
  readonly starts: readonly number[] | Int32Array
  readonly ends: readonly number[] | Int32Array
  /** Index of the `closeSequence` of an `openSequence` or `openDirective`; absent when it is never closed. */
  readonly closers: ReadonlyMap<number, number>
  /** Whether there are tokens that no valid file has (`unsupported`, `invalid`, `quotedNewline`). */
  readonly suspicious: boolean
}

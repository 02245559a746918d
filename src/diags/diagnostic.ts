import type { SourceRange } from './source.ts'

export type Severity = 'error' | 'warning'

/** Something a user, a file, a provider or a network caused, in words for the person who can mend it. */
export interface Diagnostic {
  readonly severity: Severity
  /** Short fixed text without user-chosen names: the same problem always has the same summary. */
  readonly summary: string
  /** Whole sentences: what is wrong, why that matters, what to do. Paragraphs separated by an empty line. */
  readonly detail: string
  /** Exactly the offending source; absent when there is none (flags, network). */
  readonly subject?: SourceRange | undefined
  /** Wider source worth showing around `subject`. */
  readonly context?: SourceRange | undefined
  /** Canonical text of the object concerned. */
  readonly address?: string | undefined
  /** What the expressions involved evaluated to, as text that is safe to show. */
  readonly values?: readonly DiagnosticValue[] | undefined
  /** The call of a function that failed. */
  readonly call?: DiagnosticCall | undefined
  /** Never told as one of several similar ones. */
  readonly separate?: boolean | undefined
  /** What has a condition that does not hold, by address: once without and once with instance keys. A test may expect that. */
  readonly failing?:
    | { readonly kind: 'check' | 'output' | 'resource' | 'var'; readonly config: string; readonly object: string }
    | undefined
}

/** `traversal` as written (`var.name`), and a statement about it (`is "x"`); sensitive values are withheld. */
export interface DiagnosticValue {
  readonly traversal: string
  readonly statement: string
}

/** A call under the name that was written. The signature is that of the function; types are in JSON notation. */
export interface DiagnosticCall {
  readonly calledAs: string
  readonly signature?: CallSignature | undefined
}

export interface CallSignature {
  readonly name: string
  readonly params: readonly SignatureParam[]
  readonly variadicParam: SignatureParam | undefined
  readonly returnType: string
}

export interface SignatureParam {
  readonly name: string
  readonly type: string
}

export type DiagnosticPlace = Pick<Diagnostic, 'subject' | 'context' | 'address' | 'values' | 'call' | 'separate'>

/** A result with what was noticed on the way. What `value` is worth beside errors is said by the function that returns it. */
export interface Diagnosed<T> {
  readonly value: T
  readonly diags: readonly Diagnostic[]
}

/** Collects diagnostics through a phase; handed down by whoever wants to know. */
export class Diagnostics {
  readonly items: Diagnostic[] = []
  private errors = 0

  get hasErrors(): boolean {
    return this.errors > 0
  }

  get errorCount(): number {
    return this.errors
  }

  add(...diagnostics: readonly Diagnostic[]): void {
    this.addAll(diagnostics)
  }

  /** For lists of any length: so many arguments as a file may have mistakes would be too many for a call. */
  addAll(diagnostics: readonly Diagnostic[]): void {
    if (diagnostics.length === 0) return
    for (const d of diagnostics) {
      if (d.severity === 'error') this.errors++
      this.items.push(d)
    }
  }

  /** Hands over what has been found so far and begins anew. */
  take(): Diagnostic[] {
    this.errors = 0
    return this.items.splice(0)
  }

  error(summary: string, detail: string, place: DiagnosticPlace = {}): void {
    this.add({ severity: 'error', summary, detail, ...place })
  }

  warning(summary: string, detail: string, place: DiagnosticPlace = {}): void {
    this.add({ severity: 'warning', summary, detail, ...place })
  }
}

/** Thrown to abort a computation whose diagnostics are already known; caught at a named boundary. */
export class DiagnosticError extends Error {
  override readonly name = 'DiagnosticError'
  readonly diags: readonly Diagnostic[]

  constructor(...diags: readonly Diagnostic[]) {
    super(diags[0] === undefined ? 'aborted' : `${diags[0].summary}: ${diags[0].detail}`)
    this.diags = diags
  }
}

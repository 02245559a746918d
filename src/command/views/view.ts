import type { Diagnostic } from '../../diags/index.ts'
import { calledBy } from './called-by.ts'
import type { BlockAround } from './diagnostic-snippet.ts'
import { arrangeDiagnostics, compactWarningsText, diagnosticText } from './diagnostic-text.ts'
import type { Dialect } from './dialect.ts'
import { colourPalette, type Palette, plainPalette } from './palette.ts'
import type { Streams } from './streams.ts'
import { wrapText } from './wrap.ts'

export interface ViewOptions {
  /** False with -no-color: no colour and no box characters. */
  readonly colour: boolean
  readonly compactWarnings: boolean
  /** Similar ones are told once; absent: warnings are, errors are not. */
  readonly consolidateWarnings?: boolean | undefined
  readonly consolidateErrors?: boolean | undefined
  /** Nothing is told of the progress. */
  readonly concise?: boolean | undefined
  /** What is sensitive is shown as well. */
  readonly showSensitive?: boolean | undefined
  readonly dialect: Dialect
  /** Another program reads along: no hints about what to type next. */
  readonly inAutomation: boolean
  /** Finds the block around a place for diagnostics. */
  readonly blockAround?: BlockAround | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** What every command prints with: text, and diagnostics in their human form. */
export class View {
  readonly streams: Streams
  readonly options: ViewOptions
  readonly palette: Palette
  readonly dialect: Dialect

  constructor(streams: Streams, options: ViewOptions) {
    this.streams = streams
    this.options = options
    this.dialect = options.dialect
    // Terraform colours its output wherever it goes; nobody misses escape codes in a file.
    const { NO_COLOR, FORCE_COLOR } = options.environment
    const wanted = streams.outIsTerminal || (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0')
    this.palette = options.colour && !NO_COLOR && wanted ? colourPalette() : plainPalette
  }

  /** Columns that text is broken to: the last one of a terminal stays free. */
  get width(): number {
    return this.streams.columns - 1
  }

  print(text: string): void {
    this.streams.out(text)
  }

  /** A paragraph broken to the width of the terminal. */
  wrap(text: string): string {
    return wrapText(text, this.width)
  }

  /** Warnings go to the standard output and errors to the error output. */
  diagnostics(diagnostics: readonly Diagnostic[]): void {
    if (diagnostics.length === 0) return
    const { consolidateWarnings: warnings = true, consolidateErrors: errors = false } = this.options
    const arranged = arrangeDiagnostics(diagnostics, { warnings, errors })
    if (this.options.compactWarnings && arranged.every((d) => d.severity === 'warning')) {
      this.streams.out(`\n${compactWarningsText(arranged, this.dialect.product, this.palette)}`)
      return
    }
    for (const diagnostic of arranged) {
      const text = diagnosticText(calledBy(this.dialect, diagnostic), {
        palette: this.palette,
        width: this.width,
        boxed: this.options.colour,
        blockAround: this.options.blockAround,
      })
      if (diagnostic.severity === 'error') this.streams.err(text)
      else this.streams.out(text)
    }
  }
}

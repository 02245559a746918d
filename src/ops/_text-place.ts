import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Source, type SourceRange, sourceRange } from '../diags/index.ts'

/** Ranges in files of a project, which are named relative to it. Each file is read once. */
export class TextPlaces {
  readonly #root: string
  readonly #sources = new Map<string, Source>()

  constructor(root: string) {
    this.#root = root
  }

  /**
   * The word at a line and column, both from 1; the rest of the line where there is no word.
   *
   * @param length UTF-16 units, where the caller knows.
   */
  at(path: string, line: number, column: number, length?: number): SourceRange {
    const source = this.#source(path)
    const begin = source.lineStarts[Math.min(line, source.lineStarts.length) - 1]! + column - 1
    const start = Math.min(begin, source.text.length)
    const word = /^(new\s+)?[\w$]+/.exec(source.text.slice(start, start + 200))
    const end = start + (length ?? word?.[0].length ?? 1)
    return sourceRange(source, start, Math.min(end, source.text.length))
  }

  #source(path: string): Source {
    let source = this.#sources.get(path)
    if (source === undefined) {
      let text = ''
      try {
        text = readFileSync(join(this.#root, path), 'utf8')
      } catch {
        // It is gone since; the place is still worth naming.
      }
      source = new Source(path, text)
      this.#sources.set(path, source)
    }
    return source
  }
}

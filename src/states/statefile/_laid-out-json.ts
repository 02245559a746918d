import type { ParsedJson } from '../../cty/index.ts'

/**
 * A JSON document of a file, laid out there over several lines. It was parsed to be checked: what came of that is kept for whoever
 * decodes it, and its compact text is made when somebody asks for it, as who only plans does not.
 * Made for each object of a state: private names (`#x`) take long to set up.
 */
export class LaidOutJson implements ParsedJson {
  declare readonly text: string
  declare private readonly compact: (text: string) => string
  declare private value: unknown
  declare private compactText: string | undefined

  /** @param value what `JSON.parse` makes of the text. */
  constructor(text: string, value: unknown, compact: (text: string) => string) {
    this.text = text
    this.value = value
    this.compact = compact
    this.compactText = undefined
  }

  take(): unknown {
    const value = this.value
    this.value = undefined
    return value ?? JSON.parse(this.text)
  }

  /** The compact text. */
  get json(): string {
    this.compactText ??= this.compact(this.text)
    return this.compactText
  }

  get parsed(): ParsedJson {
    return this
  }

  toString(): string {
    return this.json
  }

  /** Written as its text, whatever of it was asked for before: objects are compared by what is written of them. */
  toJSON(): string {
    return this.json
  }
}

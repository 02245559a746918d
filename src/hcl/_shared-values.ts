import { numberVal, parseNumeric, stringVal, type Value } from '../cty/index.ts'

/** So many different texts are remembered; names that a file repeats come again before that. */
const capacity = 4096

/** Longer texts seldom come twice. */
const longest = 40

/** The values of what a source says again and again: its names, short texts and numbers are one value each. */
export class SharedValues {
  private readonly texts = new Map<string, Value>()
  private readonly numbers = new Map<string, Value | undefined>()

  text(text: string): Value {
    if (text.length > longest) return stringVal(text)
    let value = this.texts.get(text)
    if (value === undefined) remember(this.texts, text, (value = stringVal(text)))
    return value
  }

  /** Undefined when the text is no number. */
  number(text: string): Value | undefined {
    let value = this.numbers.get(text)
    if (value === undefined) {
      const number = parseNumeric(text)
      value = number === undefined ? undefined : numberVal(number)
      remember(this.numbers, text, value)
    }
    return value
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.size >= capacity) map.clear()
  map.set(key, value)
}

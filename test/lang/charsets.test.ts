import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { callFunction, stringVal } from '../../src/cty/index.ts'
import { functionTable } from '../../src/lang/functions/index.ts'

/*
 * The encodings of textencodebase64 and textdecodebase64: names and answers of Terraform 1.11.4. The text of an encoding of one byte a
 * character is all that it has. Not had here, and not in the rows: in Big5 the supplement of Hong Kong, in GB18030 what is for private use.
 */

interface Encoding {
  readonly name: string
  readonly aliases: readonly string[]
  readonly text: string
  readonly base64: string
}
const { encodings, refused, base64 } = JSON.parse(readFileSync(new URL('./testdata/charsets.json', import.meta.url), 'utf8')) as {
  readonly encodings: readonly Encoding[]
  readonly refused: readonly string[]
  /** Texts, and where they end to be Base64. */
  readonly base64: readonly (readonly [text: string, offset: number | null])[]
}
const functions = functionTable({ baseDir: '.', pure: true })

/** What the function gives for strings, or what it says. */
function call(name: string, ...args: readonly string[]): string {
  try {
    return callFunction(functions.lookUp(name)!, args.map(stringVal)).asString()
  } catch (error) {
    return (error as Error).message
  }
}

describe.each(encodings)('$name', ({ name, aliases, text, base64 }) => {
  test('writes and reads its characters', () => {
    expect(call('textencodebase64', text, name)).toBe(base64)
    expect(call('textdecodebase64', base64, name)).toBe(text.normalize('NFC'))
  })

  test.runIf(!/^(UTF|GB18030)/.test(name))('says what it lacks', () => {
    expect(call('textencodebase64', '\u{10fffd}', name)).toMatch(
      `the given string contains characters that cannot be represented in ${name}`,
    )
  })

  test.each(aliases)('%s', (alias) => {
    expect(call('textencodebase64', text, alias)).toBe(base64)
  })
})

test.each(refused)('%o is no encoding', (name) => {
  expect(call('textencodebase64', 'a', name)).toMatch(`"${name}" is not a supported IANA encoding name or alias in this Terraform version`)
})

test.each(base64)('%j ends to be Base64 at %s', (text, offset) => {
  const said = call('textdecodebase64', text, 'ISO-8859-1')
  if (offset === null) expect(said).not.toMatch('invalid')
  else expect(said).toMatch(`the given value is has an invalid base64 symbol at offset ${offset}`)
})

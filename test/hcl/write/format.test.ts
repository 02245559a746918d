import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Diagnostics, Source } from '../../../src/diags/index.ts'
import { formatFile, layOut } from '../../../src/hcl/write/index.ts'

const data = join(import.meta.dirname, '../../../../shared/conformance/fmt')

function format(text: string): string | undefined {
  return formatFile(new Source('main.tf', text), new Diagnostics())
}

describe('layout', () => {
  const table: readonly (readonly [name: string, given: string, wanted: string])[] = [
    ['spaces around =', 'a=1\n', 'a = 1\n'],
    ['successive arguments are aligned', 'a = 1\nlong = 2\n', 'a    = 1\nlong = 2\n'],
    ['an empty line ends the alignment', 'a = 1\n\nlong = 2\n', 'a = 1\n\nlong = 2\n'],
    ['a value of several lines is not aligned', 'a = 1\nlong = {\n  b = 1\n}\n', 'a = 1\nlong = {\n  b = 1\n}\n'],
    ['comments behind arguments are aligned', 'a = 1 # x\nlong = 2 # y\n', 'a    = 1 # x\nlong = 2 # y\n'],
    ['nested blocks', 'a {\nb {\nc=1\n}\n}\n', 'a {\n  b {\n    c = 1\n  }\n}\n'],
    ['texts of heredocs stay', 'a = <<E\n  x=1\nE\n', 'a = <<E\n  x=1\nE\n'],
    ['signs and subtraction', 'a = -b - -c\n', 'a = -b - -c\n'],
    ['characters count as they are seen', '"e\u0301" = 1\n"ab" = 2\n', '"e\u0301"  = 1\n"ab" = 2\n'],
  ]
  test.each(table)('%s', (_name, given, wanted) => {
    expect(layOut(given)).toBe(wanted)
  })

  test('any text keeps everything but white space, and laying out again changes nothing', () => {
    const pieces = fc.constantFrom(
      'a',
      '=',
      ' ',
      '\n',
      '{',
      '}',
      '"',
      '${',
      '}',
      '[',
      ']',
      '# c\n',
      '-',
      '1',
      '<<E\n',
      'E\n',
      '.',
      ',',
      '(',
      ')',
      '!',
      '\t',
      'é',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const once = layOut(parts.join(''))
        expect(once.replace(/\s/g, '')).toBe(parts.join('').replace(/\s/g, ''))
        expect(layOut(once)).toBe(once)
      }),
      { numRuns: 500, seed: 7 },
    )
  })
})

describe('idioms', () => {
  const table: readonly (readonly [name: string, given: string, wanted: string])[] = [
    ['a lone interpolation', 'a = "${b.c}"\n', 'a = b.c\n'],
    ['not with text around it', 'a = "x${b.c}"\n', 'a = "x${b.c}"\n'],
    ['block labels get quotes', 'resource a "b" {}\n', 'resource "a" "b" {}\n'],
    ['block labels show what does not show', 'b "a\tb" "\\u00e9\\"" "\u00a0\u200b" {}\n', 'b "a\\tb" "é\\"" "\\u00a0\\u200b" {}\n'],
    ['block labels are composed', 'b e\u0301 "e\u0301" {}\n', 'b "\u00e9" "\u00e9" {}\n'],
    ['but no half of a character', 'b "\ud800" {}\n', 'b "\ud800" {}\n'],
    ['but in which a template might begin', 'b "$${x}\t" "50%" {}\n', 'b "$${x}\t" "50%" {}\n'],
    ['old types of input variables', 'variable "a" {\n  type = "list"\n}\n', 'variable "a" {\n  type = list(string)\n}\n'],
    ['incomplete types of input variables', 'variable "a" {\n  type = map\n}\n', 'variable "a" {\n  type = map(any)\n}\n'],
  ]
  test.each(table)('%s', (_name, given, wanted) => {
    expect(format(given)).toBe(wanted)
  })

  test('what does not parse is left alone', () => {
    const diags = new Diagnostics()
    expect(formatFile(new Source('main.tf', 'a = {\n'), diags)).toBeUndefined()
    expect(diags.hasErrors).toBe(true)
  })
})

describe.skipIf(!existsSync(data))('conformance (skipped where its data is missing)', () => {
  const fragments = existsSync(data)
    ? (JSON.parse(readFileSync(join(data, 'fragments.json'), 'utf8')) as { id: string; in: string; out: string }[])
    : []
  test.each(fragments)('fragment $id', ({ in: given, out }) => {
    expect(layOut(given)).toBe(out)
  })

  const cases = existsSync(data) ? readdirSync(join(data, 'cases')) : []
  test.each(cases)('case %s', (id) => {
    const dir = join(data, 'cases', id)
    const extension = readdirSync(dir)
      .find((name) => name.startsWith('in.'))!
      .slice(3)
    const formatted = format(readFileSync(join(dir, `in.${extension}`), 'utf8'))
    expect(formatted?.trimEnd()).toBe(readFileSync(join(dir, `out.${extension}`), 'utf8').trimEnd())
    expect(format(formatted!)).toBe(formatted)
  })
})

describe('files that are worked on in parts', () => {
  // Pieces that are laid out alike wherever they stand, so that the whole is known from them.
  const pieces: readonly string[] = [
    'resource "a" "b" {\n  x=1\n  long   = [1,2,\n 3]\n}\n',
    'locals {\na = "${b}"\nc = <<E\n}\n  x\nE\n}\n',
    'variable "x" {\n  type = "string"\n}\n',
    'x   {\n}\n',
    '\n',
    '# a comment   \n',
    'y "z" {\n  a = f(\n{\n}\n)\n}\n',
    'locals {\n  é   = 1 # c\n  b = "x}"\n  }\n',
  ]

  test('come out as their pieces do', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(pieces.length - 1), { minLength: 300, maxLength: 600 }), (picks) => {
        const text = picks.map((i) => pieces[i]!).join('')
        expect(format(text)).toBe(picks.map((i) => format(pieces[i]!)!).join(''))
      }),
      { numRuns: 20 },
    )
  })

  test('with a mistake at the end are not touched', () => {
    const diags = new Diagnostics()
    expect(formatFile(new Source('main.tf', `${pieces[0]!.repeat(500)}x = [\n`), diags)).toBeUndefined()
    expect(diags.items).toHaveLength(1)
  })

  test('may have a mark at the start and no line end at the end', () => {
    const text = `\ufeff${pieces[0]!.repeat(500)}x = 1  `
    expect(format(text)).toBe(`${format(pieces[0]!)!.repeat(500)}x = 1  `)
  })

  test('may not set an argument twice, however far apart', () => {
    expect(format(`x = 1\n${pieces[0]!.repeat(500)}x = 2\n`)).toBeUndefined()
  })
})

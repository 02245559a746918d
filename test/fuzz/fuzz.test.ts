import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadConfig, memoryFileSystem } from '../../src/config/index.ts'
import { CtyError, jsonToValue, msgpackToValue, parseJsonLossless, typeFromJson, valueToJson } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { evaluate, justAttributes, parseExpression, parseHcl, parseJsonBody, parseTemplate, parseTraversal } from '../../src/hcl/index.ts'
import { formatFile, layOut } from '../../src/hcl/write/index.ts'
import { functionTable } from '../../src/lang/functions/index.ts'
import { expressionTexts } from '../support/arbitrary-config.ts'
import { cpuMs } from '../support/cpu.ts'
import { growthOf } from '../support/growth.ts'
import { conformanceDir, haveConformance } from '../support/vectors.ts'

/*
 * Any input gives a result or messages: nothing is thrown, and no input takes time that grows much faster than its length. Seconds
 * each in the ordinary run, minutes in `make test-long`. A seed that fails is printed and can be given as LANDFORM_FUZZ_SEED.
 */

const seconds = process.env.LANDFORM_LONG ? 100 : 2
const seed = Number(process.env.LANDFORM_FUZZ_SEED ?? Date.now() % 2 ** 31)
const options = { numRuns: 10_000_000, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false, seed }
const timeout = (seconds + 60) * 1000

const table = functionTable({ baseDir: '.', pure: true })
const context = { variables: new Map(), functions: table.lookUp, functionNames: table.names }

/** Pieces of the grammar, numbers that are hard to read, characters that combine. */
const pieces = [
  ...['a', 'b.c', 'for ', ' in ', 'if ', 'null', 'true', '0', '1e400', '-1', '1.5e-9', '"', '${', '%{', '~}', '}', '{', '[', ']', '(', ')'],
  ...[
    '=',
    '=>',
    ':',
    '?',
    ',',
    '.',
    '...',
    '[*]',
    '.*',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '#',
    '//',
    '/*',
    '*/',
    '<<E\n',
    '<<-E\n',
    'E\n',
    '\\',
    '\\u00e9',
  ],
  ...['%{ if a }', '%{ else }', '%{ endif }', '%{ for x in y }', '%{ endfor }', '&&', '||', '!', '==', '<', '>=', '+', '*', '/', '%', '::'],
  ...[
    'é',
    'e\u0301',
    '👨‍👩‍👧',
    '\u0000',
    '\ufeff',
    '\ud800',
    '\u2028',
    'variable "x" {\n',
    'resource "a" "b" {\n',
    'locals {\n',
    'type = ',
  ],
]
const texts = fc.oneof(
  fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
)

function corpus(): readonly string[] {
  const files = readdirSync(conformanceDir, { recursive: true, withFileTypes: true })
  const wanted = files.filter((f) => f.isFile() && /\.(tf|hcl|tf\.json|tfvars)$/.test(f.name) && !f.parentPath.includes('equivalence'))
  return wanted.map((f) => readFileSync(join(f.parentPath, f.name), 'utf8')).filter((text) => text.length < 20_000)
}

/** Files of the corpus with stretches cut out, repeated or replaced. */
function mutated(files: readonly string[]): fc.Arbitrary<string> {
  const change = fc.tuple(fc.nat(20_000), fc.nat(30), fc.oneof(fc.constant(''), fc.constantFrom(...pieces)), fc.nat(3))
  return fc.tuple(fc.nat(files.length - 1), fc.array(change, { minLength: 1, maxLength: 4 })).map(([file, changes]) =>
    changes.reduce((text, [where, length, insert, times]) => {
      const at = where % (text.length + 1)
      return text.slice(0, at) + text.slice(at, at + length).repeat(times) + insert + text.slice(at + length)
    }, files[file]!),
  )
}

/** Everything that reads text. */
function read(text: string): void {
  const diags = new Diagnostics()
  const source = new Source('x.tf', text)
  for (const { expr } of justAttributes(parseHcl(source, diags).body, diags).values()) evaluate(expr, context, diags)
  evaluate(parseExpression(source, diags), context, diags)
  evaluate(parseTemplate(source, diags), context, diags)
  parseTraversal(source, diags)
  for (const { expr } of justAttributes(parseJsonBody(source, diags), diags).values()) evaluate(expr, context, diags)
  const formatted = formatFile(source, diags)
  if (formatted !== undefined) expect(formatFile(new Source('x.tf', formatted), diags)).toBe(formatted)
  for (const d of diags.items) {
    if (d.subject?.source !== source) continue
    expect(d.subject.start).toBeGreaterThanOrEqual(0)
    expect(d.subject.end).toBeLessThanOrEqual(text.length)
  }
}

describe(`any input (seed ${seed})`, () => {
  test('random text', { timeout }, () => {
    fc.assert(fc.property(texts, read), options)
  })

  test.skipIf(!haveConformance)('mutated files', { timeout }, () => {
    fc.assert(fc.property(mutated(haveConformance ? corpus() : ['']), read), options)
  })

  test.skipIf(!haveConformance)('mutated modules', { timeout }, () => {
    fc.assert(
      fc.property(
        mutated(haveConformance ? corpus() : ['']),
        fc.constantFrom('a.tf', 'a.tf.json', 'a_override.tf', 'a.tofu'),
        (text, name) => {
          loadConfig('.', { files: memoryFileSystem({ [name]: text, 'm/main.tf': '' }) }, new Diagnostics())
        },
      ),
      options,
    )
  })

  test('values that go through functions', { timeout }, () => {
    const names = [...table.names()].filter((name) => !/file|abspath|bcrypt|templatestring/.test(name))
    const call = fc
      .tuple(fc.constantFrom(...names), fc.array(expressionTexts, { maxLength: 4 }))
      .map(([name, args]) => `${name}(${args.join(', ')})`)
    fc.assert(
      fc.property(call, (text) => {
        evaluate(parseExpression(new Source('x', text), new Diagnostics()), context, new Diagnostics())
      }),
      options,
    )
  })

  test('bytes and JSON that are to be values', { timeout }, () => {
    const types = fc.constantFrom(
      '"string"',
      '"number"',
      '"bool"',
      '"dynamic"',
      '["list","number"]',
      '["set",["tuple",["string","bool"]]]',
      '["object",{"a":["map","dynamic"]}]',
    )
    const onlyCtyErrors = (run: () => unknown): void => {
      try {
        run()
      } catch (error) {
        if (!(error instanceof CtyError)) throw error
      }
    }
    fc.assert(
      fc.property(types, fc.oneof(fc.json(), texts), fc.uint8Array({ maxLength: 40 }), (type, json, bytes) => {
        const wanted = typeFromJson(JSON.parse(type))
        onlyCtyErrors(() => parseJsonLossless(json))
        onlyCtyErrors(() => valueToJson(jsonToValue(json, wanted), wanted))
        onlyCtyErrors(() => msgpackToValue(bytes, wanted))
      }),
      options,
    )
  })

  test('time grows with the length', { timeout }, async () => {
    const shape = fc.tuple(
      fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(...pieces, ''),
      fc.constantFrom(...pieces, ''),
    )
    const time = (text: string): number => {
      const start = cpuMs()
      layOut(text)
      parseHcl(new Source('x', text), new Diagnostics())
      parseTemplate(new Source('x', text), new Diagnostics())
      return cpuMs() - start
    }
    await fc.assert(
      fc.asyncProperty(shape, async ([unit, before, after]) => {
        const text = (n: number): string => before + unit.join('').repeat(n) + after
        const ratio = await growthOf({
          cost: (n) => time(text(n)),
          // Open blocks are indented by as much as there are of them: what is written then grows faster than what is read.
          size: (n) => text(n).length + layOut(text(n)).length,
          // Long enough to be measured, also past the length where the heap has to grow, and what is written not longer than a text can be.
          fits: (n) => n < 800_000 && layOut(text(n / 2)).length < 5_000_000,
          least: 20,
          enough: 2.6,
        })
        expect(ratio, JSON.stringify([unit, before, after])).toBeLessThan(2.6)
      }),
      options,
    )
  })
})

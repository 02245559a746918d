import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dynamicType, type FunctionSpec } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import {
  evaluate,
  parseExpression,
  parseHcl,
  parseJsonBody,
  parseJsonExpr,
  parseTemplate,
  parseTraversal,
  scanTokens,
  traversals,
} from '../../src/hcl/index.ts'
import { cpuMs } from '../support/cpu.ts'
import { conformanceDir, haveConformance } from '../support/vectors.ts'

/** Pieces that the grammar cares about, so that random text gets further than its first character. */
const pieces = [
  ...[
    'a',
    'b-1',
    'for',
    'in',
    'if',
    'null',
    '0',
    '1.5',
    '1e3',
    '"',
    '${',
    '%{',
    '~}',
    '${~',
    '}',
    '{',
    '[',
    ']',
    '(',
    ')',
    '.',
    '*',
    '...',
  ],
  ...['=', '=>', '==', ':', '::', '?', ',', '\n', '\r\n', ' ', '<<E\n', '<<-E\n', 'E\n', '\\', '$', '%', '#', '//', '/*', '*/', '-', '!'],
  ...[
    '&&',
    '||',
    '+',
    '\ufeff',
    'é',
    '\u0301',
    '👩‍👩‍👧',
    '\ud800',
    '`',
    "'",
    'endif',
    'else',
    'endfor',
    '\\u00',
    '$${',
    'a = ',
    'b "c" {\n',
    '}\n',
  ],
]
const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((p) => p.join(''))

function parseAll(text: string): void {
  const source = new Source('soup', text)
  for (const parse of [parseHcl, parseExpression, parseTemplate, parseTraversal, parseJsonBody, parseJsonExpr]) {
    const diags = new Diagnostics()
    parse(source, diags)
    for (const { subject } of diags.items) {
      expect(subject!.start).toBeLessThanOrEqual(subject!.end)
      expect(subject!.end).toBeLessThanOrEqual(text.length)
    }
  }
}

function expectTiling(text: string): void {
  for (const mode of ['normal', 'template'] as const) {
    const tokens = scanTokens(new Source('soup', text), mode)
    let at = 0
    for (const { kind, range } of tokens) {
      expect(range.start).toBe(at)
      expect(range.end > range.start || kind === 'eof').toBe(true)
      at = range.end
    }
    expect(at).toBe(text.length)
    expect(tokens[tokens.length - 1]!.kind).toBe('eof')
  }
}

describe('any text', () => {
  test('is tiled by its tokens', () => {
    fc.assert(fc.property(soup, expectTiling), { numRuns: 3000 })
    fc.assert(fc.property(fc.string({ unit: 'binary' }), expectTiling), { numRuns: 1000 })
  })

  test('is parsed without exceptions, and messages point into it', () => {
    fc.assert(fc.property(soup, parseAll), { numRuns: 5000 })
    fc.assert(fc.property(fc.string({ unit: 'binary' }), parseAll), { numRuns: 1000 })
  })
})

/** Every configuration file of the conformance data. */
function corpus(): string[] {
  const files = readdirSync(conformanceDir, { recursive: true, withFileTypes: true })
  return files.filter((f) => f.isFile() && /\.(tf|hcl)$/.test(f.name)).map((f) => readFileSync(join(f.parentPath, f.name), 'utf8'))
}

describe.skipIf(!haveConformance)('files of the conformance data', () => {
  const texts = haveConformance ? corpus() : []

  test('are tiled by their tokens', () => {
    expect(texts.length).toBeGreaterThan(100)
    for (const text of texts) expectTiling(text)
  })

  test('are parsed without exceptions after any mutation', () => {
    const mutation = fc.tuple(fc.nat(), fc.nat(1_000_000), fc.nat(20), fc.constantFrom('', ...pieces))
    fc.assert(
      fc.property(mutation, ([which, where, drop, insert]) => {
        const text = texts[which % texts.length]!
        const at = where % (text.length + 1)
        parseAll(text.slice(0, at) + insert + text.slice(at + drop))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('nesting', () => {
  const depth = 20_000
  const nested = (before: string, inner: string, after: string): string => before.repeat(depth) + inner + after.repeat(depth)

  /** Text, and what it comes to; undefined where only its syntax counts. */
  const sound: readonly (readonly [string, string, unknown?])[] = [
    ['brackets', nested('[', '', ']')],
    ['parentheses', nested('(', '1', ')'), 1],
    ['objects', nested('{a=', '1', '}')],
    ['calls', nested('one(', '1', ')'), 1],
    ['indexes', nested('[0,1][', '1', ']'), 1],
    ['indexed tuples', nested('[', '1', '][0]'), 1],
    ['templates', nested('"${', '1', '}"'), 1],
    ['unary operators', nested('!', 'true', ''), true],
    ['right operands', nested('1+(', '1', ')'), depth + 1],
    ['conditionals in the last arm', nested('false ? 2 : ', '1', ''), 1],
    ['conditionals in the first arm', nested('true ? ', '1', ' : 2'), 1],
    ['conditionals in the condition', nested('(true == ', 'true', ')'), true],
    ['directives', `"${nested('%{ if true }', 'x', '%{ endif }')}"`, 'x'],
    ['for expressions', nested('[for x in y: ', '1', ']')],
  ]
  const one: FunctionSpec = { name: 'one', params: [{ name: 'x', type: dynamicType }], type: ([x]) => x!.type, impl: ([x]) => x! }

  test.each(sound)('of thousands of %s', (_, text, want) => {
    const diags = new Diagnostics()
    const { body } = parseHcl(new Source('deep', `a = ${text}\nz = 1\n`), diags)
    expect([...body.attributes.keys()]).toEqual(['a', 'z'])
    const { expr } = body.attributes.get('a')!
    expect(traversals(expr).length).toBe(String(text).includes('for') ? depth : 0)
    if (want !== undefined) expect(evaluate(expr, { variables: new Map(), functions: () => one }, diags).payload).toBe(want)
    expect(diags.items).toEqual([])
  })

  test('of loops is evaluated up to a limit', () => {
    const loops = (n: number): string[] => {
      const diags = new Diagnostics()
      const expr = parseExpression(new Source('deep', `${'[for x in [1] : '.repeat(n)}x${']'.repeat(n)}`), diags)
      evaluate(expr, { variables: new Map(), functions: () => undefined }, diags)
      return diags.items.map((d) => d.summary)
    }
    expect(loops(300)).toEqual([])
    expect(loops(depth)).toEqual(['Nesting too deep'])
  })

  test('of blocks', () => {
    const diags = new Diagnostics()
    let { body } = parseHcl(new Source('deep', `${'b {\n'.repeat(depth)}a = 1\n${'}\n'.repeat(depth)}z = 1\n`), diags)
    expect(diags.items).toEqual([])
    expect(body.attributes.has('z')).toBe(true)
    for (let i = 0; i < depth; i++) body = body.blocks[0]!.body
    expect(body.attributes.has('a')).toBe(true)
  })

  test.each([
    ['open brackets', '['.repeat(depth)],
    ['splats', `b${'[*]'.repeat(depth)}\n`],
  ])('of thousands of %s is one error', (_, text) => {
    const diags = new Diagnostics()
    const { body } = parseHcl(new Source('deep', `a = ${text}z = 1\n`), diags)
    expect(diags.items.map((d) => d.summary)).toEqual(['Nesting too deep'])
    if (text.endsWith('\n')) expect(body.attributes.has('z')).toBe(true)
  })

  test('a mistake deep inside is told, and what follows is read', () => {
    const diags = new Diagnostics()
    const { body } = parseHcl(new Source('deep', `a = ${'['.repeat(1000)}1 2${']'.repeat(1000)}\nz = 1\n`), diags)
    expect(diags.items.map((d) => [d.summary, d.subject!.start])).toEqual([['Missing item separator', 1006]])
    expect([...body.attributes.keys()]).toEqual(['a', 'z'])
  })

  test('of JSON has no limit', () => {
    const diags = new Diagnostics()
    expect(parseJsonExpr(new Source('deep', '['.repeat(depth) + ']'.repeat(depth)), diags)?.kind).toBe('jsonArray')
    expect(diags.items).toEqual([])
  })

  test('of a hundred levels is fine', () => {
    const diags = new Diagnostics()
    parseHcl(new Source('deep', `a = ${'[{a=f("${('.repeat(20)}1${')}")}]'.repeat(20)}\n`), diags)
    expect(diags.items).toEqual([])
  })
})

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: configuration, not JavaScript.
describe('time grows with the length, not faster', () => {
  const shapes: readonly (readonly [string, (n: number) => string])[] = [
    ['arguments', (n) => 'a = 1\n'.repeat(n)],
    ['broken arguments', (n) => 'a = ]\n'.repeat(n)],
    ['blocks', (n) => 'b "c" {\n  d = "x${y.z}"\n}\n'.repeat(n)],
    ['open brackets', (n) => 'a = [\n'.repeat(n)],
    ['open blocks', (n) => 'a {\n'.repeat(n)],
    ['closing brackets', (n) => '}\n'.repeat(n)],
    ['open quotes', (n) => 'a = "\n'.repeat(n)],
    ['open comments', (n) => '/*'.repeat(n)],
    ['open heredocs', (n) => 'a = <<E\n'.repeat(n)],
    ['heredoc lines', (n) => `a = <<-E\n${'   x ${y} z\n'.repeat(n)}E\n`],
    ['open interpolations', (n) => `a = "${'${'.repeat(n)}`],
    ['interpolations', (n) => `a = "${'${x y}'.repeat(n)}"\n`],
    ['directives', (n) => `a = "${'%{ if x }'.repeat(n)}`],
    ['wrong directives', (n) => `a = "${'%{ for x y z }'.repeat(n)}"`],
    ['dots', (n) => `a = 1${'.'.repeat(n)}`],
    ['steps', (n) => `a = b${'.c[0]'.repeat(n)}\n`],
    ['operators', (n) => `a = 1${' + 1'.repeat(n)}\n`],
    ['elements', (n) => `a = [${'1, '.repeat(n)}]\n`],
    ['items', (n) => `a = {${'b = 1\n'.repeat(n)}}\n`],
    ['labels', (n) => `b ${'"c" '.repeat(n)} {\n}\n`],
    ['invalid characters', (n) => '§'.repeat(n)],
    ['combining characters', (n) => `a = "e${'\u0301'.repeat(n)}"\n`],
    ['escapes', (n) => `a = "${'\\n\\q'.repeat(n)}"\n`],
    ['wide identifiers', (n) => `${'é'.repeat(n)} = 1\n`],
  ]
  const time = (text: string): number => {
    const start = cpuMs()
    parseHcl(new Source('long', text), new Diagnostics())
    return cpuMs() - start
  }

  test.each(shapes)('%s', (_, shape) => {
    const [small, large] = [shape(10_000), shape(40_000)]
    time(small)
    // Four times the text takes four times as long, sixteen times if each step looked at all others. A busy machine gets a few tries.
    let ratio = Number.POSITIVE_INFINITY
    for (let tries = 0; tries < 5 && ratio > 7; tries++) ratio = Math.min(ratio, time(large) / Math.max(time(small), 5))
    expect(ratio).toBeLessThan(9)
  })
})
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: configuration, not JavaScript.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Diagnostics } from '../../src/diags/index.ts'
import { codePoints, commentSize, parsePlanJson, readReport, renderReport, renderWhole, writeReport } from '../../src/ops/comment/index.ts'
import { cases, report, stack } from './_comments.ts'
import { plainText, tagProblems, toHtml, unsanitised } from './_markdown.ts'
import { planDocument, resource } from './_plans.ts'

const golden = join(import.meta.dirname, 'testdata', 'comments')
/** Set it, look at the difference, commit it. */
const update = process.env.LANDFORM_UPDATE_GOLDEN === '1'

const options = { simulated: false, partSize: commentSize, reserved: () => 1000, mostParts: 4, overflowSize: 65_535 }

describe('golden comments', () => {
  test.each(Object.entries(cases))('%s', (name, data) => {
    const { parts, overflow, left } = renderReport(data, { ...options, simulated: name.startsWith('simulated') })
    const whole = renderWhole(data, { simulated: name.startsWith('simulated') })
    for (const part of parts) {
      expect(codePoints(part)).toBeLessThanOrEqual(commentSize - 1000)
      expect(tagProblems(unsanitised(part))).toEqual([])
      expect(plainText(toHtml(part))).not.toMatch(/[@`]|https?:/)
    }
    expect(overflow === undefined || Buffer.byteLength(overflow) <= 65_535).toBe(true)
    // Parsing millions of characters shows nothing that thousands do not.
    if (whole.length < 200_000) expect(tagProblems(unsanitised(whole))).toEqual([])
    // What is destroyed or protected is named in full, in the comment itself.
    for (const s of data.stacks) {
      for (const change of s.changes) {
        if (change.protection === undefined && !['delete', 'replace', 'forget'].includes(change.action)) continue
        expect(parts.join('')).toContain(change.address.replaceAll('"', '&quot;'))
      }
    }
    // Every change is shown, or counted among those that are not.
    const shown =
      [...parts, overflow ?? '']
        .join('')
        .match(/<details(?: open)?><summary>(?:create|change|move|import|<b>(?:replace|destroy|forget)<\/b>) /g)?.length ?? 0
    expect(shown + left).toBeGreaterThanOrEqual(data.stacks.reduce((sum, s) => sum + s.changes.length, 0))
    const text = [...parts, ...(overflow === undefined ? [] : [`CHECK RUN\n${overflow}`])].join('\n=== next part ===\n')
    // Long ones are kept by their beginning and their length.
    const kept =
      text.length > 20_000
        ? `${text.slice(0, 6000)}\n[... ${parts.map(codePoints).join(' + ')} code points, ${overflow?.length ?? 0} in the check run, ${left} left ...]\n`
        : text
    const path = join(golden, `${name}.md`)
    if (update) writeFileSync(path, kept)
    expect(kept).toBe(existsSync(path) ? readFileSync(path, 'utf8') : '')
  })

  test('they are all there, and no others', () => {
    expect(readdirSync(golden).sort()).toEqual(
      Object.keys(cases)
        .map((name) => `${name}.md`)
        .sort(),
    )
  })

  test('the same report gives the same text', () => {
    for (const data of Object.values(cases)) expect(renderReport(data, options)).toEqual(renderReport(structuredClone(data), options))
  })

  test('destructive changes are never left out, however many', () => {
    const many = Array.from({ length: 3000 }, (_, i) => resource(`aws_s3_bucket.b[${i}]`, ['delete'], { before: { bucket: `b-${i}` } }))
    const { parts } = renderReport(report([stack(planDocument(many))]), { ...options, mostParts: 1 })
    const text = parts.join('')
    for (const { address } of many) expect(text).toContain(`${address}</code>`)
    expect(parts.length).toBeGreaterThan(1)
    for (const part of parts) expect(codePoints(part)).toBeLessThanOrEqual(commentSize)
  })

  test('a report goes through its file', () => {
    for (const data of Object.values(cases)) {
      const diags = new Diagnostics()
      expect(readReport(writeReport(data), 'x', diags)).toEqual(JSON.parse(JSON.stringify(data)) as unknown)
    }
  })
})

describe('lines of a difference', () => {
  const lines = (before: unknown, after: unknown, more: object = {}) =>
    stack(planDocument([resource('a.b', ['update'], { before: before as never, after: after as never, ...more })])).changes[0]!.lines
  test.each<[string, unknown, unknown, object, readonly string[]]>([
    ['a number', { n: 1 }, { n: 2 }, {}, ['! n = 1 -> 2']],
    ['null is absent', { n: null }, { n: 2 }, {}, ['+ n = 2']],
    ['gone', { n: 'x' }, { n: null }, {}, ['- n = "x" -> null']],
    ['unknown', { n: 'x' }, {}, { after_unknown: { n: true } }, ['! n = "x" -> (known after apply)']],
    [
      'unknown within',
      { t: { a: 'x' } },
      { t: {} },
      { after_unknown: { t: { a: true, b: true } } },
      ['! t = {', '!   a = "x" -> (known after apply)', '+   b = (known after apply)', '  }'],
    ],
    [
      'sensitive changes',
      { p: 'abcd' },
      { p: 'efgh' },
      { before_sensitive: { p: true }, after_sensitive: { p: true } },
      ['! p = (sensitive value)'],
    ],
    [
      'sensitive stays',
      { p: 'abcd', n: 1 },
      { p: 'abcd', n: 2 },
      { before_sensitive: { p: true }, after_sensitive: { p: true } },
      ['! n = 1 -> 2', '  # (1 unchanged attribute hidden)'],
    ],
    ['becomes sensitive', { p: 'abcd' }, { p: 'abcd' }, { after_sensitive: { p: true } }, ['! p = (sensitive value) # becomes sensitive']],
    [
      'a list',
      { l: ['a', 'b', 'c'] },
      { l: ['a', 'c', 'd'] },
      {},
      ['! l = [', '-   "b"', '+   "d"', '    # (2 unchanged elements hidden)', '  ]'],
    ],
    [
      'blocks',
      {
        l: [
          { p: 1, q: 1 },
          { p: 2, q: 1 },
        ],
      },
      {
        l: [
          { p: 1, q: 1 },
          { p: 3, q: 1 },
        ],
      },
      {},
      [
        '! l = [',
        '!   {',
        '!     p = 2 -> 3',
        '      # (1 unchanged attribute hidden)',
        '    }',
        '    # (1 unchanged element hidden)',
        '  ]',
      ],
    ],
    [
      'JSON in a text',
      { j: '{"a":1,"b":[1]}' },
      { j: '{"b":[1],"a":2}' },
      {},
      ['! j = jsonencode({', '!   a = 1 -> 2', '    # (1 unchanged attribute hidden)', '  })'],
    ],
    ['only its white space', { j: '{"a":1}' }, { j: '{ "a": 1 }' }, {}, ['! j = jsonencode({…}) # only white space or the order changes']],
    [
      'lines',
      { t: 'a\nb\nc\n' },
      { t: 'a\nx\nc\n' },
      {},
      ['! t = <<EOT', '    # (1 unchanged line hidden)', '-   b', '+   x', '    # (2 unchanged lines hidden)', '  EOT'],
    ],
    ['replacement', { n: 1 }, { n: 2 }, { replace_paths: [['n']] }, ['! n = 1 -> 2 # forces replacement']],
    ['a name in quotes', { 'a b': 1 }, { 'a b': 2 }, {}, ['! "a b" = 1 -> 2']],
    ['control characters', { n: 'a' }, { n: 'a\u001b[31m\u202eb\u0000' }, {}, ['! n = "a" -> "a\\u001b[31m\\u202eb\\u0000"']],
  ])('%s', (_name, before, after, more, want) => {
    expect(lines(before, after, more)).toEqual(want)
  })

  test('no digit of a number is lost', () => {
    const diags = new Diagnostics()
    const text =
      '{"format_version":"1.2","resource_changes":[{"address":"a.b","mode":"managed","type":"a","name":"b","change":{"actions":["update"],"before":{"n":9007199254740993,"s":"9007199254740993"},"after":{"n":90071992547409931234567890,"s":"9007199254740994"}}}]}'
    const plan = parsePlanJson(text, 'x', diags)!
    expect(stack(plan).changes[0]!.lines).toEqual([
      '! n = 9007199254740993 -> 90071992547409931234567890',
      '! s = "9007199254740993" -> "9007199254740994"',
    ])
  })

  test('a list of 20,000 that is turned around takes no time to speak of', () => {
    const list = Array.from({ length: 20_000 }, (_, i) => `v${i}`)
    const began = process.cpuUsage()
    lines({ l: list }, { l: [...list].reverse() })
    lines({ l: list }, { l: list.map((v) => `${v}x`) })
    const { user, system } = process.cpuUsage(began)
    expect((user + system) / 1e6).toBeLessThan(3)
  })
})

describe('what others write', () => {
  const dir = join(import.meta.dirname, '../../../shared/conformance/plan-json')
  const found = existsSync(dir) ? readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((f) => /plan.*\.json$/.test(f)) : []
  test.skipIf(found.length === 0)('documents of many versions of Terraform are rendered (skipped where the shared cases are not)', () => {
    let rendered = 0
    for (const file of found) {
      const diags = new Diagnostics()
      const plan = parsePlanJson(readFileSync(join(dir, file), 'utf8'), file, diags)
      if (plan === undefined) {
        expect(diags.items[0]!.summary).toBe('Not a plan')
        continue
      }
      const { parts } = renderReport(report([stack(plan)]), options)
      for (const part of parts) expect(tagProblems(unsanitised(part))).toEqual([])
      rendered++
    }
    expect(rendered).toBeGreaterThan(5)
  })

  test.each([
    ['', 'is empty'],
    ['{', 'is no JSON'],
    ['[]', 'holds JSON, but no plan'],
    ['{"format_version":"9.0"}', 'has the format version 9.0'],
    ['{"version":4,"terraform_version":"1.11.4","resources":[]}', 'is a state file'],
    ['{"format_version":"1.0","values":{}}', 'is a state, not a plan'],
    ['{"format_version":"1.0","resource_changes":{}}', 'resource_changes is no list'],
    ['{"format_version":"1.0","resource_changes":[{"address":1}]}', 'resource_changes[0] has no address'],
    ['{"format_version":"1.0","output_changes":{"a":1}}', 'output_changes has an entry without actions'],
  ])('%s', (text, problem) => {
    const diags = new Diagnostics()
    expect(parsePlanJson(text, 'plan.json', diags)).toBeUndefined()
    expect(diags.items).toEqual([
      expect.objectContaining({
        severity: 'error',
        summary: 'Not a plan',
        detail: expect.stringContaining(
          `plan.json ${problem.startsWith('resource_changes') || problem.startsWith('output_changes') ? 'is not what a plan must be: ' : ''}${problem}`,
        ),
      }),
    ])
  })

  test.each([
    ['', 'is empty'],
    ['{}', 'holds JSON, but no report'],
    ['{"kind":"landform-plan-report","version":7}', 'has the version 7'],
    ['{"kind":"landform-plan-report","version":1,"stacks":[{"environment":"a","stack":"a","status":"fine"}]}', 'unknown status'],
    [
      '{"kind":"landform-plan-report","version":1,"stacks":[{"environment":"a","stack":"a","status":"planned","changes":[{"address":"a","action":"create","source":{"path":"../x","line":1}}]}]}',
      'no line of the repository',
    ],
    ['{"kind":"landform-plan-report","version":1,"commit":"<b>","stacks":[]}', 'no hexadecimal number'],
  ])('a report: %s', (text, problem) => {
    const diags = new Diagnostics()
    expect(readReport(text, 'report.json', diags)).toBeUndefined()
    expect(diags.items[0]).toMatchObject({ summary: 'Not a report', detail: expect.stringContaining(problem) })
  })
})

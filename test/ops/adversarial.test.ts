import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Diagnostics } from '../../src/diags/index.ts'
import {
  commentSize,
  type PlanReport,
  parsePlanJson,
  readMarker,
  redactPlanJson,
  redactShapes,
  renderReport,
  renderWhole,
  stackFromPlanJson,
  writeReport,
} from '../../src/ops/comment/index.ts'
import type { PlanJson } from '../../src/ops/comment/plan-json.ts'
import { annotationsOf } from '../../src/ops/forge/index.ts'
import { hostile, hostileReport, hostileSince } from './_hostile.ts'
import { plainText, tagProblems, toHtml, unsanitised } from './_markdown.ts'
import { resource } from './_plans.ts'

/** What is left of HTML without what stands in code: words of ours and the elements around them. */
function skeleton(html: string): string {
  return html.replace(/<pre>[\s\S]*?<\/pre>/g, '<pre/>').replace(/<code[^>]*>[\s\S]*?<\/code>/g, '<code/>')
}

describe('nothing breaks out of the rendering', () => {
  test.each(Object.entries(hostile))('%s', (_name, text) => {
    const options = {
      simulated: true,
      runUrl: `https://x/${text}`,
      since: hostileSince(text),
      partSize: commentSize,
      reserved: () => 1000,
      mostParts: 4,
      overflowSize: 65_535,
    }
    const { parts, overflow } = renderReport(hostileReport(text), options)
    for (const part of [...parts, ...(overflow === undefined ? [] : [overflow])]) {
      // No raw character that cannot be seen, but line feeds.
      expect(part.match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu)?.filter((c) => c !== '\n') ?? []).toEqual([])
      const raw = unsanitised(part)
      expect(tagProblems(raw)).toEqual([])
      const html = toHtml(part)
      // Sanitising finds nothing to take away: every tag is one of ours.
      expect(raw.match(/<(?!\/?(?:h3|p|b|strong|br|code|pre|ul|li|table|tbody|thead|tr|th|td|details|summary|a)\b)/g) ?? []).toEqual([])
      expect(html).not.toMatch(/<(?:img|script|iframe|svg|h1|h2|em|del|blockquote|ol)\b/)
      // The address of the run, if it is a plain one.
      for (const [link] of html.matchAll(/<a [^>]*>/g)) expect(link).toMatch(/^<a href="https:\/\/x\/[\w.-]{0,300}">$/)
      expect(html.match(/<table/g)?.length ?? 0).toBeLessThanOrEqual(1)
      // Outside of code stand only words of ours.
      expect(plainText(html)).not.toMatch(/@|\bout\b|evil|#\d|octocat|alert|https?:|:tada:|\$/)
      expect(readMarker(part)).toBeUndefined()
    }
    for (const annotation of annotationsOf(hostileReport(text))) {
      expect(
        `${annotation.title}${annotation.message}`.match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu)?.filter((c) => c !== '\n') ?? [],
      ).toEqual([])
    }
  })

  test('whatever a text is, the page around it stays the same', () => {
    const pieces = [
      ...[
        '`',
        '```',
        '~~~',
        '<',
        '>',
        '</',
        '/>',
        '&',
        '"',
        "'",
        '\\',
        '|',
        '[',
        ']',
        '(',
        ')',
        '!',
        '#',
        '*',
        '_',
        '~',
        '$',
        '$$',
        ':',
        '::',
        '=',
        '-',
        '+',
      ],
      ...[
        '\n',
        '\n\n',
        '\r',
        '\r\n',
        '\t',
        '    ',
        '\u0085',
        '\u2028',
        '\v',
        '\f',
        '\0',
        '\u001b[2J',
        '\u202e',
        '\u2066',
        '\u200b',
        '\ufeff',
        '\ud83d',
        '\u3164',
      ],
      ...[
        '</details>',
        '<details open>',
        '<summary>',
        '</summary>',
        '</code>',
        '</pre>',
        '<pre>',
        '</td></tr></table>',
        '<img src=x>',
        '<script>',
        '<!--',
        '-->',
        '<![CDATA[',
        '<?',
        ']]>',
      ],
      ...[
        '@acme/all',
        '@octocat',
        '#7',
        'GH-7',
        'https://evil.example',
        'www.evil.example',
        '[a](b)',
        '![a](b)',
        '[^1]',
        '&lt;',
        '&#60;',
        '&NewLine;',
        ':tada:',
        '${{ x }}',
      ],
      ...['landform:comment v=1 id=plan run=9 part=0', '-----', '| - | - |', '1. ', '> ', '# ', 'a@b.example', '\u{1f600}'],
    ]
    const text = fc.array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pieces) }, fc.string({ unit: 'binary', maxLength: 5 })), {
      maxLength: 14,
    })
    const render = (text: string): string => unsanitised(renderWhole(hostileReport(text), { simulated: false, since: hostileSince(text) }))
    // Begins with what stands in no words of ours, and holds no number of lines that anything depends on.
    const plain = skeleton(render('§ plain'))
    expect(plain).toContain('<code/>')
    fc.assert(
      fc.property(text, (parts) => {
        const raw = render(`§${parts.join('')}`)
        expect(skeleton(raw)).toBe(plain)
        expect(tagProblems(raw)).toEqual([])
        // Sanitising takes nothing away.
        expect(plainText(toHtml(renderWhole(hostileReport(`§${parts.join('')}`), { simulated: false })))).not.toMatch(
          /§|evil|octocat|acme|alert/,
        )
      }),
      { numRuns: process.env.LANDFORM_LONG === undefined ? 25 : 3000 },
    )
  })

  test('deeply nested values end somewhere', () => {
    const deep = (n: number): string => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`
    const text = `{"format_version":"1.2","resource_changes":[{"address":"a.b","mode":"managed","type":"a","name":"b","change":{"actions":["update"],"before":${deep(5000)},"after":${deep(4999)}}}]}`
    const diags = new Diagnostics()
    const plan = parsePlanJson(text, 'x', diags)!
    expect(stackFromPlanJson(plan, { environment: 'a', stack: 'a' }).changes[0]!.lines.length).toBeGreaterThan(0)
    expect(redactPlanJson(text, 'x', diags)).toContain('nested too deep')
  })

  test('members named like parts of JavaScript', () => {
    const text =
      '{"format_version":"1.2","resource_changes":[{"address":"a.b","mode":"managed","type":"a","name":"b","change":{"actions":["create"],"before":null,"after":{"__proto__":{"x":1},"constructor":"c","toString":"t"},"after_sensitive":{}}}]}'
    const plan = parsePlanJson(text, 'x', new Diagnostics())!
    expect(stackFromPlanJson(plan, { environment: 'a', stack: 'a' }).changes[0]!.lines).toEqual([
      '+ __proto__ = {',
      '+   x = 1',
      '+ }',
      '+ constructor = "c"',
      '+ toString = "t"',
    ])
  })
})

const canary = 'S3CR3T-1f0c9d3e-canary'
/** A plan with the canary in every place that can be sensitive, and where it gets to from there. */
const secretPlan: PlanJson = {
  format_version: '1.2',
  variables: { db: { value: canary } },
  planned_values: {
    root_module: { resources: [{ address: 'a.hidden', values: { key: `${canary}-planned` }, sensitive_values: { key: true } }] },
  },
  prior_state: {
    values: {
      outputs: { o: { sensitive: true, value: `${canary}-prior-output` } },
      root_module: {
        child_modules: [
          { resources: [{ address: 'm', values: { k: { deep: [`${canary}-prior`] } }, sensitive_values: { k: { deep: [true] } } }] },
        ],
      },
    },
  },
  configuration: {
    root_module: {
      variables: { db: { sensitive: true, default: canary } },
      resources: [{ address: 'a.b', expressions: { password: { constant_value: 'hunter2hunter2' } } }],
    },
  },
  resource_changes: [
    resource('a.attribute', ['update'], {
      before: { password: `${canary}-old` },
      after: { password: canary },
      before_sensitive: { password: true },
      after_sensitive: { password: true },
    }),
    resource('a.block', ['create'], { after: { b: [{ inner: canary, n: 1 }] }, after_sensitive: { b: [{ inner: true }] } }),
    resource('a.whole', ['create'], { after: { a: canary, b: [canary] }, after_sensitive: true }),
    resource('a.elsewhere', ['create'], {
      after: {
        name: 'x',
        note: `uses ${canary}`,
        b64: Buffer.from(canary).toString('base64'),
        url: `https://x/?k=${encodeURIComponent(canary)}`,
        json: JSON.stringify({ value: canary }),
      },
    }),
    resource('a.gone', ['delete'], {
      before: { token: `${canary}-gone`, number: 12345678 },
      before_sensitive: { token: true, number: true },
    }),
    resource('a.planned', ['create'], { after: { copy: `${canary}-planned`, prior: `${canary}-prior` } }),
    resource('a.shape', ['create'], {
      after: {
        aws: 'AKIAIOSFODNN7EXAMPLE',
        secret_key: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        text: 'export GITHUB_TOKEN=ghp_abcdefghijklmnopqrstuvwxyz0123456789',
        pem: '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----',
        url: 'postgres://shop:pa55w0rd99@db:5432/shop',
        environment: [
          { name: 'DB_PASSWORD', value: 'pl4inpassw0rd' },
          { name: 'LOG_LEVEL', value: 'debug' },
        ],
        containers:
          '[{"name":"api","environment":[{"name":"API_TOKEN","value":"t0kent0ken"},{"value":"s3cr3tvalue","name":"APP_SECRET"}]}]',
      },
    }),
  ],
  resource_drift: [
    resource('a.attribute', ['update'], {
      before: { password: canary },
      after: { password: `${canary}-drift` },
      before_sensitive: { password: true },
      after_sensitive: { password: true },
    }),
  ],
  output_changes: {
    secret: {
      actions: ['create'],
      before: null,
      after: `${canary}-output`,
      before_sensitive: true,
      after_sensitive: true,
      after_unknown: false,
    },
    nested: {
      actions: ['create'],
      before: null,
      after: { a: [canary] },
      before_sensitive: false,
      after_sensitive: { a: [true] },
      after_unknown: false,
    },
  },
}
/** No part of these may be anywhere. */
const secrets = [
  canary,
  Buffer.from(canary).toString('base64').slice(0, 20),
  'hunter2hunter2',
  'AKIAIOSFODNN7',
  'wJalrXUtn',
  'ghp_abcdef',
  'MIIEowIBAA',
  'pa55w0rd99',
  'pl4inpassw0rd',
  't0kent0ken',
  's3cr3tvalue',
  '12345678',
]

describe('nothing leaks', () => {
  const stack = stackFromPlanJson(secretPlan, {
    environment: 'stage',
    stack: 'stage',
    diagnostics: [
      {
        severity: 'error',
        summary: 'Failed',
        detail: `The service said: password ${canary} is too weak; postgres://a:pa55w0rd99@x`,
        address: undefined,
        source: { path: 'environments/stage.ts', line: 1 },
      },
    ],
  })
  const made: PlanReport = { world: 'aws', commit: undefined, dirty: false, stacks: [stack] }
  const { parts } = renderReport(made, { simulated: false, partSize: commentSize, reserved: () => 0, mostParts: 4, overflowSize: 0 })
  const outputs: readonly (readonly [string, string])[] = [
    ['comment', parts.join('')],
    ['whole', renderWhole(made, { simulated: false })],
    ['report', writeReport(made)],
    ['annotations', JSON.stringify(annotationsOf(made))],
    ['redacted JSON', redactPlanJson(JSON.stringify(secretPlan), 'plan.json', new Diagnostics())!],
  ]
  test.each(outputs)('%s', (_name, text) => {
    for (const secret of secrets) expect([secret, text.includes(secret)]).toEqual([secret, false])
  })

  test('what is no secret stays', () => {
    const text = parts.join('')
    for (const word of ['a.attribute', 'LOG_LEVEL', 'debug', 'uses (sensitive value)', 'is too weak']) expect(text).toContain(word)
    expect(JSON.parse(outputs[4]![1])).toMatchObject({
      format_version: '1.2',
      resource_changes: [
        { address: 'a.attribute', change: { actions: ['update'], after: { password: '(sensitive value)' } } },
        {},
        {},
        {},
        {},
        {},
        {},
      ],
    })
  })

  test.each([
    'arn:aws:iam::123456789012:role/landform-plan',
    'ami-0123456789abcdef0',
    'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf',
    '3f2a9c41d7e8b6054433221100ffeeddccbbaa99',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    '550e8400-e29b-41d4-a716-446655440000',
    'https://sqs.us-east-1.amazonaws.com/123456789012/jobs',
    'com.amazonaws.us-east-1.secretsmanager',
    'The quick brown fox jumps over the lazy dog and the token bucket',
    'aws_load_balancer_policy_very_long_name_with_many_words_in_it_0123456789',
    's3://example-landform-state/stage/terraform.tfstate',
    'password_policy = 12',
    '0123456789abcdef0123456789abcdef0123456789abcdef',
  ])('not a secret: %s', (text) => {
    expect(redactShapes(text)).toBe(text)
  })

  test('an output that is sensitive because cdktf says so of all is shown, unless what it refers to is', () => {
    const plan = (attribute: string): PlanJson => ({
      format_version: '1.2',
      resource_changes: [
        resource('aws_db.a', ['create'], { after: { endpoint: 'db.example.com', password: canary }, after_sensitive: { password: true } }),
      ],
      output_changes: {
        'cross-stack-output-aws_dbaendpoint': {
          actions: ['create'],
          before: null,
          after: attribute === 'password' ? canary : 'db.example.com',
          before_sensitive: true,
          after_sensitive: true,
          after_unknown: false,
        },
      },
      configuration: {
        root_module: {
          outputs: {
            'cross-stack-output-aws_dbaendpoint': { sensitive: true, expression: { references: [`aws_db.a.${attribute}`, 'aws_db.a'] } },
          },
        },
      },
    })
    const lines = (attribute: string) => stackFromPlanJson(plan(attribute), { environment: 's', stack: 's' }).outputs[0]!.lines
    expect(lines('endpoint')).toEqual(['+ cross-stack-output-aws_dbaendpoint = "db.example.com"'])
    expect(lines('password')).toEqual(['+ cross-stack-output-aws_dbaendpoint = (sensitive value)'])
    expect(stackFromPlanJson(plan('endpoint'), { environment: 's', stack: 's' }).changes[0]!.lines).toContain(
      '+ endpoint = "db.example.com"',
    )
  })
})

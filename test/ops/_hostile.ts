import { type ChangeReport, type PlanReport, type StackReport, stackFromPlanJson } from '../../src/ops/comment/index.ts'
import { planDocument, resource } from './_plans.ts'

/** What names, values and messages would have to say to get out of their place. */
export const hostile: Readonly<Record<string, string>> = {
  fence: '```\n# out\n```',
  'long fence': '``````````\nout\n``````````',
  'tilde fence': '~~~\nout\n~~~',
  'fence after a carriage return': 'x\r```\rout',
  'next line': 'x\u0085```\u2028```\u2029```',
  'vertical tab': 'x\v```\f```',
  'end of details': '</summary></details></details></details></details><h1>out</h1>',
  'end of code': '</code></pre></td></table><img src=x onerror=alert(1)>',
  script: '<script>alert(1)</script><svg onload=alert(1)>',
  iframe: '<iframe src="javascript:alert(1)"></iframe>',
  'marker of a comment': '<!-- landform:comment v=1 id=plan run=999999999 part=0 -->',
  'open comment': '<!-- never closed',
  'close comment': '--> out <!--',
  mention: '@acme/everyone @octocat and @alice',
  email: 'mail octocat@example.com',
  'issue number': '#1 GH-1 acme/shop#1 https://github.com/acme/shop/pull/1',
  commit: '3f2a9c41d7e8b6054433221100ffeeddccbbaa99',
  link: '[click](https://evil.example) <https://evil.example> https://evil.example www.evil.example',
  'link reference': '[x]: https://evil.example\n\n[x]',
  image: '![x](https://evil.example/x.png)',
  footnote: 'x[^1]\n\n[^1]: https://evil.example',
  heading: '# out\n## out\nout\n===',
  table: '| a | b |\n| - | - |\n| c | d |',
  list: '- out\n1. out\n> out',
  emphasis: '**out** __out__ *out* ~~out~~ `out` ``out``',
  entity: '&lt;b&gt; &#60;b&#62; &NewLine;&NewLine;out',
  mathematics: '$$\\text{out}$$ $`out`$',
  emoji: ':tada: 😀 👩‍👩‍👧 \ud83d',
  bidi: 'a\u202eb\u2066c\u200fd\u061ce',
  'zero width': 'a\u200bb\u200cc\ufeffd\u00ade',
  terminal: '\u001b[2J\u001b]8;;https://evil.example\u0007click\u001b]8;;\u0007\u009b31m',
  nul: 'a\u0000b',
  tab: '\t\tcode\n\n\t\tcode',
  backslash: '\\`\\`\\`\\\n\\',
  template: '${{ secrets.TOKEN }} $(id) `id`',
  'mermaid fence': '```mermaid\ngraph TD\n```',
  suggestion: '```suggestion\nout\n```',
  'blank lines': '\n\n\n\nout\n\n\n',
  long: 'a'.repeat(70_000),
  wide: '😀'.repeat(40_000),
  empty: '',
}

/** Everything that somebody else can name, by its text. */
function stackOf(text: string): StackReport {
  const object = {
    [text || 'x']: text,
    list: [text, { [text || 'y']: text }],
    doc: JSON.stringify({ [text || 'z']: text }),
    lines: `a\n${text}\nb`,
  }
  const name = text || 'x'
  const plan = planDocument(
    [
      resource('aws_x.a', ['create'], { after: object }),
      {
        ...resource('aws_x.b', ['delete', 'create'], {
          before: object,
          after: { ...object, list: [`${text}!`] },
          replace_paths: [['list']],
        }),
        address: `aws_x.b["${text}"]`,
        action_reason: text,
      },
      { ...resource('aws_x.c', ['delete'], { before: object }), address: name, deposed: text },
      resource('aws_x.d', ['no-op'], { from: name, importing: { id: text } }),
    ],
    {
      output_changes: {
        [name]: { actions: ['create'], before: null, after: object, after_unknown: {}, before_sensitive: false, after_sensitive: false },
      },
      relevant_attributes: [{ resource: 'aws_x.e', attribute: [] }],
      resource_drift: [resource('aws_x.e', ['update'], { before: object, after: { ...object, list: [] } })],
    },
  )
  const made = stackFromPlanJson(plan, {
    environment: name,
    stack: name,
    constructOf: () => name,
    sourceOf: () => ({ path: `environments/${text.replaceAll('/', '_')}.ts`, line: 3 }),
    protectionOf: (_, action) =>
      action === 'replace' ? { on: text, reason: text, approvers: [text, '@acme/dba'], approved: false, pendingSince: text } : undefined,
    diagnostics: [
      {
        severity: 'error',
        summary: text,
        detail: `${text}\n\n${text}`,
        address: text,
        source: { path: `environments/${text.replaceAll('/', '_')}.ts`, line: 1 },
      },
      { severity: 'warning', summary: text, detail: text, address: undefined, source: undefined },
    ],
  })
  // A report from a job that runs somebody else's code can hold anything where words of ours would stand.
  const spoil = (change: ChangeReport): ChangeReport => ({
    ...change,
    reason: text,
    lines: [...change.lines, text, `+ ${text}`, `${text}\n+ x`],
  })
  return { ...made, changes: made.changes.map(spoil) }
}

/** A report that says it everywhere. */
export const hostileReport = (text: string): PlanReport => ({ world: 'aws', commit: undefined, dirty: false, stacks: [stackOf(text)] })

/** What is said to have changed, likewise. */
export const hostileSince = (text: string) => ({ added: [`stage: ${text}`], changed: [text], gone: [text] })

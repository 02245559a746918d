import fc from 'fast-check'

/** A configuration body as a model, from which both syntaxes are written. Expressions are text in native syntax. */
export interface BodyModel {
  readonly attributes: ReadonlyMap<string, string>
  readonly blocks: readonly { readonly type: string; readonly labels: readonly string[]; readonly body: BodyModel }[]
}

const names = ['a', 'bc', 'd_e', 'f-1', 'é', 'type', 'for', 'in', 'null', 'x1']

/** Expressions that mean the same in `"${...}"` of JSON. */
export const expressionTexts: fc.Arbitrary<string> = fc.letrec<{ expr: string }>((tie) => {
  const one = (template: (...parts: string[]) => string, count: number) =>
    fc.tuple(...Array.from({ length: count }, () => tie('expr'))).map((parts) => template(...parts))
  return {
    expr: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(
        '1',
        '0.1',
        '1e3',
        '-2',
        'true',
        'null',
        '"t"',
        '""',
        '"a\\nb\\u00e9\\"c"',
        '"$${x} %%{y}"',
        'var.n',
        'var.o.k',
        'var.l[0]',
        'var.l[*]',
        'var.l.*',
      ),
      one((a, b) => `[${a}, ${b}]`, 2),
      one((a, b) => `{ k = ${a}, "k 2" : ${b} }`, 2),
      one((a, b) => `(${a} == ${b})`, 2),
      one((a, b, c) => `(${a} != ${b} ? ${c} : ${c})`, 3),
      one((a) => `[for i, v in [${a}] : { (i) = v } if i < 3]`, 1),
      one((a) => `{ for v in [${a}] : "x" => v... }`, 1),
      one((a) => `"p-\${jsonencode(${a})}-s"`, 1),
      one((a) => `"%{ if ${a} == null }y%{ else }n%{ endif }"`, 1),
      one((a) => `"%{ for v in [${a}] ~} \${jsonencode(v)} %{ endfor ~}"`, 1),
      one((a, b) => `try(${a}, ${b})`, 2),
      one((a) => `jsonencode(${a})`, 1),
      one((a) => `length([${a}]...)`, 1),
      one((a) => `!can(${a})`, 1),
    ),
  }
}).expr

export const bodies: fc.Arbitrary<BodyModel> = fc.letrec<{ body: BodyModel }>((tie) => ({
  body: fc.record({
    attributes: fc
      .uniqueArray(fc.tuple(fc.constantFrom(...names), expressionTexts), { maxLength: 4, selector: ([name]) => name })
      .map((pairs) => new Map(pairs)),
    blocks: fc.oneof(
      { depthSize: 'small' },
      fc.constant([]),
      fc.array(
        // A type of block has one number of labels, as in any schema.
        fc
          .tuple(
            fc.nat(2),
            fc.array(fc.constantFrom('l', 'two words', 'é'), { minLength: 2, maxLength: 2 }),
            tie('body') as fc.Arbitrary<BodyModel>,
          )
          .map(([count, labels, body]) => ({ type: `b${count}`, labels: labels.slice(0, count), body })),
        { maxLength: 3 },
      ),
    ),
  }),
})).body

/** Native syntax; `choice` decides between layouts that mean the same. */
export function writeNative({ attributes, blocks }: BodyModel, choice: () => number, margin = ''): string {
  const pick = (...options: readonly string[]): string => options[choice() % options.length]!
  let text = ''
  for (const [name, expr] of attributes) {
    text += `${pick(margin, '', '   ')}${name}${pick(' ', '', '   ')}=${pick(' ', '', '  ')}${expr}${pick('', ' # c', ' // é', ' /* x */')}\n${pick('', '', '\n')}`
  }
  for (const { type, labels, body } of blocks) {
    const head = [type, ...labels.map((label) => (/^[a-z]+$/.test(label) && choice() % 3 === 0 ? label : `"${label}"`))].join(
      pick(' ', '  '),
    )
    const inner = writeNative(body, choice, `${margin}  `)
    text += `${pick(margin, '')}${head} {\n${inner}${pick(margin, '')}}\n${pick('', '\n')}`
  }
  return text
}

/** The same in JSON syntax; blocks as arrays, which is always allowed. */
export function jsonOf({ attributes, blocks }: BodyModel): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  for (const [name, expr] of attributes) json[name] = `\${${expr}}`
  for (const { type, labels, body } of blocks) {
    let inner: unknown = jsonOf(body)
    for (const label of [...labels].reverse()) inner = { [label]: inner }
    const list = (json[type] ??= []) as unknown[]
    list.push(inner)
  }
  return json
}

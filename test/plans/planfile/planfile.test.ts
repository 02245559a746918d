import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  attributeStep,
  boolVal,
  dynamicType,
  dynamicVal,
  EPHEMERAL,
  emptyObject,
  emptyTuple,
  indexStep,
  intVal,
  listType,
  listVal,
  mapType,
  mapVal,
  nullVal,
  numberType,
  numberVal,
  objectType,
  objectVal,
  parseNumeric,
  rawEquals,
  refine,
  SENSITIVE,
  setType,
  setVal,
  stringType,
  stringVal,
  tupleVal,
  unknownVal,
  type Value,
} from '../../../src/cty/index.ts'
import { valueFromPlanJson, valueToPlanJson } from '../../../src/plans/planfile/_values.ts'
import { writeZip } from '../../../src/plans/planfile/_zip.ts'
import { looksLikePlanFile, type PlanFile, readPlanFile, writePlanFile } from '../../../src/plans/planfile/index.ts'
import { emptyState, stateContentEquals, withInstance } from '../../../src/states/index.ts'
import { instance, nullProvider, object } from '../../states/_support.ts'

function path(): string {
  return join(mkdtempSync(join(tmpdir(), 'landform-plan-')), 'tfplan')
}

const secret = stringVal('s3cret').mark(SENSITIVE)
const number = (text: string) => numberVal(parseNumeric(text)!)

describe('values', () => {
  const rows: [string, Value][] = [
    ['string', stringVal('a"\n\u2028é😀')],
    ['bool', boolVal(false)],
    ['large number', number('123456789012345678901234567890.0625')],
    ['tenth', number('0.1')],
    ['small number', number('-1e-400')],
    ['nulls', objectVal({ a: nullVal(stringType), b: nullVal(dynamicType), c: nullVal(listType(stringType)) })],
    ['empty', tupleVal([emptyObject, emptyTuple, listVal([], stringType), mapVal([], numberType), setVal([], setType(stringType))])],
    [
      'strange names',
      mapVal([
        ['__proto__', stringVal('x')],
        ['10', stringVal('y')],
        ['9', stringVal('z')],
        ['unknown', stringVal('u')],
        ['marks', stringVal('m')],
      ]),
    ],
    ['set', setVal([stringVal('b'), stringVal('a'), unknownVal(stringType)])],
    ['unknown', unknownVal(mapType(stringType))],
    ['unknown of unknown type', dynamicVal],
    ['dynamic elements', objectVal({ a: dynamicVal, b: listVal([dynamicVal, dynamicVal]) })],
    ['marked unknown', unknownVal(stringType).mark(SENSITIVE).mark(EPHEMERAL)],
    ['nested marks', objectVal({ a: listVal([secret, stringVal('p')]).mark(SENSITIVE), b: nullVal(stringType).mark(SENSITIVE) })],
    ['not null', refine(unknownVal(listType(stringType)), { notNull: true, minLength: 1, maxLength: 5 })],
    ['prefix', refine(unknownVal(stringType), { notNull: true, prefix: 'ami-' })],
    [
      'bounds',
      refine(unknownVal(numberType), { min: { value: 0.5, inclusive: false }, max: { value: parseNumeric('1e30')!, inclusive: true } }),
    ],
  ]
  test.each(rows)('%s', (_, value) => {
    const back = valueFromPlanJson(JSON.parse(valueToPlanJson(value)))
    expect(valueToPlanJson(back)).toBe(valueToPlanJson(value))
    expect(rawEquals(back, value)).toBe(true)
  })

  test('deprecation marks, which are equal only to themselves, keep their message', () => {
    const back = valueFromPlanJson(JSON.parse(valueToPlanJson(stringVal('x').mark({ kind: 'deprecation', message: 'use "y"' }))))
    expect([...back.marks!]).toEqual([{ kind: 'deprecation', message: 'use "y"' }])
  })

  const leaf: fc.Arbitrary<Value> = fc.oneof(
    fc.string({ unit: 'grapheme' }).map(stringVal),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => number(String(n))),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }).map((n) => intVal(n)),
    fc.constantFrom(
      boolVal(true),
      nullVal(stringType),
      dynamicVal,
      unknownVal(objectType({ a: stringType })),
      refine(unknownVal(stringType), { notNull: true }),
    ),
  )
  const values = fc.letrec<{ value: Value }>((tie) => ({
    value: fc
      .tuple(
        fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          leaf,
          fc.array(tie('value'), { maxLength: 4 }).map(tupleVal),
          fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }).map((o) => objectVal(o)),
          fc.array(fc.string(), { maxLength: 4 }).map((a) => setVal(a.map(stringVal), stringType)),
          fc.array(fc.option(fc.string()), { maxLength: 4 }).map((a) =>
            listVal(
              a.map((s) => (s === null ? unknownVal(stringType) : stringVal(s))),
              stringType,
            ),
          ),
        ),
        fc.boolean(),
      )
      .map(([value, sensitive]) => (sensitive ? value.mark(SENSITIVE) : value)),
  })).value
  test('any value comes back as it was', () => {
    fc.assert(fc.property(values, (value) => rawEquals(valueFromPlanJson(JSON.parse(valueToPlanJson(value))), value)))
  })
})

const objectValue = objectVal({ id: refine(unknownVal(stringType), { notNull: true }), password: secret })

const file: PlanFile = {
  plan: {
    mode: 'normal',
    previousState: emptyState,
    priorState: withInstance(emptyState, instance('a', 0), nullProvider, object('1')),
    changes: [
      {
        address: instance('a', 'k"', 'm'),
        previousAddress: instance('a', 0),
        deposed: undefined,
        provider: { ...nullProvider, alias: 'west', module: ['m'] },
        action: 'createThenDelete',
        reason: 'replace_because_cannot_update',
        before: nullVal(objectValue.type),
        after: objectValue,
        requiredReplace: [[attributeStep('a'), indexStep(intVal(0)), indexStep(stringVal('k'))]],
        schemaVersion: 3,
        private: new Uint8Array([0, 255]),
        importing: { id: 'i-1' },
      },
    ],
    drift: [],
    outputChanges: [{ name: 'o', action: 'update', before: nullVal(dynamicType), after: secret, sensitive: true }],
    relevantAttributes: () => [
      {
        address: { module: [], resource: { kind: 'resource', mode: 'data', type: 't', name: 'n' }, key: 0 },
        path: [attributeStep('a'), indexStep(stringVal('k'))],
      },
    ],
    variables: new Map([['v', number('9007199254740993')]]),
    targets: ['module.m'],
    forceReplace: ['null_resource.a[0]'],
    timestamp: '2026-01-02T03:04:05Z',
    errored: false,
  },
  stateLineage: 'abc',
  stateSerial: 7,
  configFiles: new Map([
    ['main.tf', 'resource "x" "y" {}\n'],
    ['../m/é.tf', ''],
  ]),
  backend: { type: 'local', config: { path: 'x' }, workspace: 'default' },
  lockFile: '# lock\n',
  landformVersion: '0.1.0',
}

describe('files', () => {
  test('a plan comes back as it was, and is for its owner only', async () => {
    const at = path()
    await writePlanFile(at, file)
    const { value, diags } = await readPlanFile(at, { landformVersion: '0.1.0' })
    expect(diags).toEqual([])
    const { plan, ...rest } = value!
    const { plan: wantPlan, ...wantRest } = file
    expect(rest).toEqual(wantRest)
    expect(stateContentEquals(plan.priorState, wantPlan.priorState) && stateContentEquals(plan.previousState, wantPlan.previousState)).toBe(
      true,
    )
    const [change, want] = [plan.changes[0]!, wantPlan.changes[0]!]
    expect({ ...change, before: 0, after: 0, requiredReplace: 0 }).toEqual({ ...want, before: 0, after: 0, requiredReplace: 0 })
    expect(rawEquals(change.before, want.before) && rawEquals(change.after, want.after)).toBe(true)
    expect(change.requiredReplace[0]!.length).toBe(3)
    expect(rawEquals(plan.outputChanges[0]!.after, secret)).toBe(true)
    expect(rawEquals(plan.variables.get('v')!, file.plan.variables.get('v')!)).toBe(true)
    expect(plan.relevantAttributes()).toEqual(wantPlan.relevantAttributes())
    expect({ ...plan, relevantAttributes: 0, changes: 0, outputChanges: 0, variables: 0, priorState: 0, previousState: 0 }).toEqual({
      ...wantPlan,
      relevantAttributes: 0,
      changes: 0,
      outputChanges: 0,
      variables: 0,
      priorState: 0,
      previousState: 0,
    })
    expect(statSync(at).mode & 0o777).toBe(0o600)
    expect(looksLikePlanFile(at)).toBe(true)
    expect(readdirSync(join(at, '..'))).toEqual(['tfplan'])
  })

  test('writing twice gives the same bytes', async () => {
    const [a, b] = [path(), path()]
    await writePlanFile(a, file)
    await writePlanFile(b, file)
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true)
  })

  async function problem(bytes: Uint8Array | string, options = {}): Promise<string> {
    const at = path()
    writeFileSync(at, bytes)
    const { value, diags } = await readPlanFile(at, options)
    expect(value).toBeUndefined()
    return diags.map((d) => `${d.summary}: ${d.detail}`).join('\n')
  }

  async function goodBytes(): Promise<Buffer> {
    const at = path()
    await writePlanFile(at, file)
    return readFileSync(at)
  }

  const foreign: [name: string, content: Uint8Array | string, want: string][] = [
    ['empty', '', 'is empty'],
    ['a state', '{"version":4}', 'holds JSON, as state files do'],
    ['text', 'hello', 'is not a plan file'],
    ['another archive', writeZip(new Map([['a', 'b']])), 'not one with a plan in it'],
    ['a plan of Terraform', writeZip(new Map([['tfplan', '\x08\x03\x12']])), 'created by Terraform or OpenTofu'],
    ['no states', writeZip(new Map([['tfplan', '{"landform_plan":1,"landform_version":"0.1.0"}']])), 'lacks the state'],
    ['another format', writeZip(new Map([['tfplan', '{"landform_plan":2,"landform_version":"9.0.0"}']])), 'created by Landform 9.0.0'],
    ['broken JSON', writeZip(new Map([['tfplan', '{"landform_plan":']])), 'does not hold what a plan must hold'],
  ]
  test.each(foreign)('%s is refused', async (_, content, want) => {
    expect(await problem(content)).toMatch(/^Failed to read plan file: /)
    expect(await problem(content)).toContain(want)
  })

  test('a missing file and another version are refused', async () => {
    expect((await readPlanFile('/nonexistent/plan')).diags[0]?.detail).toContain('cannot be read')
    expect(await problem(await goodBytes(), { landformVersion: '0.2.0' })).toContain('created by Landform 0.1.0, but this is 0.2.0')
    expect(looksLikePlanFile('/nonexistent/plan')).toBe(false)
  })

  test('every truncation is refused', async () => {
    const bytes = await goodBytes()
    for (let end = 1; end < bytes.length; end += 41)
      expect(await problem(bytes.subarray(0, end)), `${end}`).toContain('Failed to read plan file')
  })

  test('a flipped bit is found or does no harm', async () => {
    const bytes = await goodBytes()
    const good = JSON.stringify((await readBack(bytes))!.plan.targets)
    for (let at = 0; at < bytes.length; at += 3) {
      const damaged = Buffer.from(bytes)
      damaged[at] = damaged[at]! ^ 0x10
      const value = await readBack(damaged)
      // Dates and version fields of the archive mean nothing; names of configuration files carry no checksum.
      if (value !== undefined) expect(JSON.stringify(value.plan.targets)).toBe(good)
    }
  })

  async function readBack(bytes: Uint8Array): Promise<PlanFile | undefined> {
    const at = path()
    writeFileSync(at, bytes)
    const { value, diags } = await readPlanFile(at)
    expect(value === undefined).toBe(diags.some((d) => d.severity === 'error'))
    return value
  }

  test('a bomb is not unpacked', async () => {
    const bytes = writeZip(new Map([['tfplan', '0'.repeat(50_000_000)]]))
    // The list claims a small size.
    const end = bytes.length - 22
    bytes.writeUInt32LE(10, bytes.readUInt32LE(end + 16) + 24)
    expect(await problem(bytes)).toContain('its entry "tfplan" is damaged')
  })
})

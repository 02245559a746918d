import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { absResourceInstanceToString } from '../../../src/addrs/index.ts'
import { stringType, stringVal, transformValue, unmarkDeep, type Value } from '../../../src/cty/index.ts'
import { stateInstances } from '../../../src/states/index.ts'
import { type Moto, motoProgram, startMoto } from '../../aws/_moto.ts'
import { fixture, normalizeIds, record, recorded } from './_recorded.ts'
import { prelude, region, Stack } from './_stack.ts'

/**
 * Every type of these fixtures is planned and stored here as by hashicorp/aws 5.100.0, but for these places: a pattern of
 * `ADDRESS.ATTRIBUTE...`, and why.
 */
const exceptions: Readonly<Record<string, readonly (readonly [where: RegExp, why: string])[]>> = {
  network: [[/^aws_subnet\.minimal\.availability_zone/, 'moto picks any zone']],
  compute: [
    [/^aws_instance\.minimal\.availability_zone/, 'moto picks any zone'],
    [/^aws_instance\.full\.vpc_security_group_ids: \["\(unknown\)"\]/, 'the JSON of a plan has no unknown elements of sets'],
  ],
  bucket: [],
  names: [[/\.metric_query\.\d\.period: 0, recorded null$/, 'hashicorp/aws stores 0 here too, but not before the first refresh']],
  iam: [[/\.(unique_id|policy_id): /, 'moto makes them up']],
}

const provider = prelude.replace('source = "hashicorp/aws"', 'source = "hashicorp/aws"\n      version = "~> 5.0"')
const isRecording = process.env.LANDFORM_RECORD !== undefined

describe.skipIf(motoProgram === undefined)('planned and stored as by hashicorp/aws (skipped without moto_server)', () => {
  let moto: Moto
  beforeAll(async () => {
    moto = await startMoto()
  }, 60_000)
  afterAll(() => moto?.stop())

  test.each(Object.keys(exceptions))(
    '%s',
    async (name) => {
      if (isRecording) await record(name, prelude)
      const want = recorded(name)
      const stack = new Stack(moto.url).config(fixture(name), provider)
      const { plan } = await stack.plan()
      const planned = Object.fromEntries(plan.changes.map((c) => [absResourceInstanceToString(c.address), knownPart(c.after)]))
      expect(unexplained(name, differences(normalizeIds(planned), normalizeIds(want.planned)))).toEqual([])

      await stack.apply()
      const stored = Object.fromEntries(stack.addresses().map((address) => [address, stack.attributes(address)]))
      expect(unexplained(name, differences(normalizeIds(stored), normalizeIds(want.stored)))).toEqual([])
      const kept: Record<string, string | null> = {}
      for (const [address, , object] of stateInstances(stack.state)) {
        kept[absResourceInstanceToString(address)] = object.private === undefined ? null : Buffer.from(object.private).toString()
      }
      expect(differences(kept, want.private)).toEqual([])

      expect((await stack.plan()).actions).toEqual([])
      const six = new Stack(moto.url, 6).config(fixture(name), prelude)
      six.state = stack.state
      expect((await six.plan()).actions, 'version 6 takes the state over').toEqual([])
      await stack.destroy()
      expect(stack.addresses()).toEqual([])
    },
    600_000,
  )

  test.each(Object.keys(exceptions))(
    '%s with version 6',
    async (name) => {
      const stack = new Stack(moto.url, 6).config(fixture(name), prelude)
      await stack.apply()
      expect((await stack.plan()).actions).toEqual([])
      for (const address of stack.addresses()) {
        const attributes = stack.attributes(address)
        if ('region' in attributes) expect([address, attributes.region]).toEqual([address, region])
      }
      await stack.destroy()
      expect(stack.addresses()).toEqual([])
    },
    600_000,
  )
})

/** As in the recording: `(unknown)` where nothing is known. */
function knownPart(value: Value): unknown {
  const text = transformValue(unmarkDeep(value), (_path, v) => (v.isKnown ? v : v.type.kind === 'string' ? stringVal('(unknown)') : v))
  return toJson(text)
}

function toJson(value: Value): unknown {
  if (!value.isKnown) return '(unknown)'
  if (value.isNull) return null
  switch (value.type.kind) {
    case 'list':
    case 'set':
    case 'tuple':
      return value.asArray().map(toJson)
    case 'map':
    case 'object':
      return Object.fromEntries([...value.asMap()].map(([k, v]) => [k, toJson(v)]))
    case 'bool':
      return value.asBool()
    case 'number':
      return Number(value.asNumeric())
    default:
      return value.type === stringType ? value.asString() : String(value.payload)
  }
}

function unexplained(name: string, found: readonly string[]): string[] {
  return found.filter((text) => !exceptions[name]!.some(([where]) => where.test(text)))
}

function differences(got: unknown, want: unknown, path = ''): string[] {
  if (typeof got === 'object' && typeof want === 'object' && got !== null && want !== null && Array.isArray(got) === Array.isArray(want)) {
    const a = got as Record<string, unknown>
    const b = want as Record<string, unknown>
    return [...new Set([...Object.keys(a), ...Object.keys(b)])]
      .sort()
      .flatMap((k) => differences(a[k], b[k], path === '' ? k : `${path}.${k}`))
  }
  return got === want ? [] : [`${path}: ${JSON.stringify(got)}, recorded ${JSON.stringify(want)}`]
}

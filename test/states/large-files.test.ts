import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { absResourceInstanceToString } from '../../src/addrs/index.ts'
import {
  readStateFile,
  type StateFile,
  stateFileBytes,
  stateFileChunks,
  stateInstances,
  tryReadStateOutline,
  writeStateFile,
} from '../../src/states/index.ts'
import { splitStateFile } from '../../src/states/statefile/_split.ts'
import { cpuMs } from '../support/cpu.ts'

const golden = readFileSync(new URL('testdata/terraform-1.11.tfstate', import.meta.url), 'utf8')

/** As a file is read that one text cannot hold. */
const inParts = (text: string) => readStateFile(Buffer.from(text), { splitFrom: 0 })

describe('a file that is taken apart', () => {
  test('is read as it would be in one piece', () => {
    const { value, diags } = inParts(golden)
    expect(diags).toEqual([])
    expect(writeStateFile(value!)).toBe(golden)
    const compact = JSON.stringify(JSON.parse(golden))
    expect(inParts(compact).value).toEqual(readStateFile(compact).value)
  })

  const rows: [name: string, text: string][] = [
    ['no resources', '{"version":4,"terraform_version":"1.1.0","serial":1,"lineage":"x","outputs":{},"resources":[],"check_results":null}'],
    ['members after them', '{"resources":[ ],"version":4,"terraform_version":"1.1.0","serial":7,"lineage":"x","outputs":{}}'],
    [
      'the word in other places',
      '{"version":4,"lineage":"\\"resources\\":[1]","serial":1,"outputs":{"resources":{"value":["a"],"type":["list","string"]}},"resources":[]}',
    ],
    ['a future version', '{"version":5,"terraform_version":"9.0.0","resources":[{"mode":"managed"}]}'],
    [
      'a mode that nobody knows',
      '{"version":4,"serial":1,"lineage":"x","resources":[{"mode":"strange","type":"a","name":"b","instances":[]}]}',
    ],
    ['a duplicate', golden.replace('"resources": [', '"resources": [],"resources": [')],
  ]
  test.each(rows)('%s', (_, text) => {
    const whole = readStateFile(text)
    const parts = inParts(text)
    expect(parts.value).toEqual(whole.value)
    expect(parts.diags.map((d) => d.summary)).toEqual(whole.diags.map((d) => d.summary))
  })

  test('cut off anywhere it is an error, never a part of the state', () => {
    for (let length = 1; length < golden.length - 2; length += 97) {
      const { value, diags } = inParts(golden.slice(0, length))
      expect(value).toBeUndefined()
      expect(diags[0]!.severity).toBe('error')
      expect(diags[0]!.summary).toMatch(/state file format/)
    }
  })

  test('strings with anything in them end where they end', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 8 }), (texts) => {
        const split = splitStateFile(
          Buffer.from(`{"a":${JSON.stringify(texts)},"resources":[${texts.map((t) => JSON.stringify({ t })).join(' , ')}],"z":1}`),
        )
        expect(JSON.parse(split!.rest)).toEqual({ a: texts, resources: [], z: 1 })
        expect(split!.batches.length).toBe(texts.length === 0 ? 0 : 1)
      }),
    )
  })

  test('syntax mistakes are placed in the whole file', () => {
    const at = golden.indexOf('"instances"', golden.length / 2)
    const broken = `${golden.slice(0, at)}!${golden.slice(at)}`
    const offset = (text: string): string => /byte offset (\d+)/.exec(text)?.[1] ?? 'none'
    expect(offset(inParts(broken).diags[0]!.detail)).toBe(offset(readStateFile(broken).diags[0]!.detail))
  })
})

describe('an outline, read piece by piece', () => {
  const piecesOf = (bytes: Buffer, length: number): Buffer[] => {
    const memory = Buffer.alloc(length)
    const count = Math.ceil(bytes.length / length)
    // One memory for all, as a reader of files has it.
    return Object.assign([], {
      *[Symbol.iterator]() {
        for (let i = 0; i < count; i++) yield memory.subarray(0, bytes.copy(memory, 0, i * length, (i + 1) * length))
      },
    })
  }
  const listed = (file: StateFile | undefined) =>
    file && { ...file, state: [...stateInstances(file.state)].map(([address, deposed]) => [absResourceInstanceToString(address), deposed]) }
  const compact = JSON.stringify(JSON.parse(golden))
  const escaped = golden.replace('"lineage": "', '"lineage": "\\"\\\\').replace('"attributes": {', '"attributes": { "odd\\\\": "\\"]}",')

  test.each([
    ['as written', golden],
    ['in one line', compact],
    ['with tabs', JSON.stringify(JSON.parse(golden), undefined, '\t')],
    ['with quotes and backslashes', escaped],
    ['empty', '{"version":4,"serial":1,"lineage":"x","outputs":{},"resources":[ ]}'],
  ])('lists the same: %s', (_, text) => {
    const bytes = Buffer.from(text)
    const want = listed(readStateFile(text).value)
    expect(want).toBeDefined()
    for (const length of [1, 2, 3, 7, 64, 1000, 1e6]) expect(listed(tryReadStateOutline(piecesOf(bytes, length)))).toEqual(want)
  })

  test.each([
    ['resources before the version', '{"resources":[],"version":4,"serial":1,"lineage":"x"}'],
    ['another version', golden.replace('"version": 4', '"version": 5')],
    ['resources twice', golden.replace('"resources": [', '"resources": [],"resources": [')],
    ['resources twice in other words', compact.replace('"check_results"', '"r\\u0065sources":[],"check_results"')],
    ['none', '{"version":4,"serial":1,"lineage":"x","outputs":{}}'],
    ['attributes that are no JSON', golden.replace('"attributes": {', '"attributes": {,')],
    ['brackets that do not fit', compact.replace(/\](,"check_results")/, '}$1')],
    ['something behind', `${golden}x`],
    ['nothing', ''],
  ])('is left to the careful reader: %s', (_, text) => {
    expect(tryReadStateOutline([Buffer.from(text)])).toBeUndefined()
  })

  test('cut off anywhere there is none', () => {
    for (let length = 1; length < golden.length - 2; length += 31)
      expect(tryReadStateOutline([Buffer.from(golden.slice(0, length))])).toBeUndefined()
  })
})

describe('lists of dependencies, each read beside the one before', () => {
  const stateWith = (lists: readonly (readonly string[])[], indent: string | number | undefined, odd = (text: string) => text): string =>
    odd(
      JSON.stringify(
        {
          version: 4,
          terraform_version: '1.11.4',
          serial: 1,
          lineage: 'x',
          outputs: {},
          resources: lists.map((dependencies, i) => ({
            mode: 'managed',
            type: 'a_b',
            name: `n${i}`,
            provider: 'provider["registry.terraform.io/hashicorp/null"]',
            instances: [{ schema_version: 0, attributes: {}, sensitive_attributes: [], dependencies }],
          })),
        },
        undefined,
        indent,
      ),
    )
  const listsOf = (text: string): readonly (readonly string[])[] =>
    [...stateInstances(readStateFile(text).value!.state)]
      .sort(([a], [b]) => Number(a.resource.name.slice(1)) - Number(b.resource.name.slice(1)))
      .map(([, , object]) => object.dependencies)

  test('are what they are', () => {
    const name = fc.integer({ min: 0, max: 40 }).map((i) => `a_b.r${i}`)
    const list = fc.uniqueArray(name, { maxLength: 30 }).map((names) => names.sort())
    fc.assert(
      fc.property(
        fc.array(list, { minLength: 1, maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(3), fc.boolean(), name, fc.nat(30)), { maxLength: 10 }),
        fc.constantFrom(undefined, 1, 2),
        (lists, edits, indent) => {
          const all = [...lists]
          // Neighbours that differ by little.
          for (const [_, removes, text, at] of edits) {
            const next = [...all.at(-1)!]
            if (removes) next.splice(at, 1)
            else if (!next.includes(text)) next.splice(at, 0, text)
            all.push(next)
          }
          expect(listsOf(stateWith(all, indent))).toEqual(all)
        },
      ),
    )
  })

  test.each([
    ['strings beside one another', (text: string) => text.replaceAll(/",\n +"a_b\.r7"/g, '", "a_b.r7"')],
    ['other line breaks', (text: string) => text.replaceAll('\n', '\r\n')],
    ['module keys, which have no place there', (text: string) => text.replaceAll('"a_b.r5"', '"module.x[0].a_b.r5"')],
    ['escapes', (text: string) => text.replaceAll('"a_b.r5"', '"a_b\\u002er5"')],
  ])('%s', (_, odd) => {
    const names = Array.from({ length: 12 }, (_, i) => `a_b.r${i}`).sort()
    const lists = [names, names.slice(1), names.slice(0, -1), names, [...names.slice(0, 5), ...names.slice(6)], names]
    const want = lists.map((list) => list.map((n) => (odd('"a_b.r5"').includes('module') && n === 'a_b.r5' ? 'module.x.a_b.r5' : n)))
    expect(listsOf(stateWith(lists, 2, odd))).toEqual(want)
  })
})

test('attributes are the same text in any layout', () => {
  const file = (attributes: string): string => golden.replace(/"attributes": \{.*?\n {10}\}/s, () => `"attributes": ${attributes}`)
  const textOf = (attributes: string): string | undefined => {
    const { value } = readStateFile(file(attributes))
    return (
      value && [...stateInstances(value.state)].map(([, , object]) => String(object.attributesJson)).find((text) => text.includes('mark'))
    )
  }
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 4 }),
      fc.constantFrom(undefined, 1, 2, 4, '\t'),
      fc.constantFrom('x', 'a": "b', ': ', '\\', '", "', ' {'),
      (value, indent, odd) => {
        const attributes = { mark: odd, [odd]: value, list: [odd, [], {}] }
        const laidOut = JSON.stringify(attributes, undefined, indent).replaceAll('\n', `\n${' '.repeat(10)}`)
        expect(textOf(laidOut)).toBe(JSON.stringify(attributes))
      },
    ),
  )
  // Numbers keep their digits, repeated names stay, and what is laid out oddly is read with care.
  const odd = '{\n            "mark": 1.50,\n            "mark": 1E2,\n            "a" : [1, 2],\r\n            "b": "\\u003c"\n          }'
  expect(textOf(odd)).toBe('{"mark":1.50,"mark":1E2,"a":[1,2],"b":"\\u003c"}')
})

describe('the member behind attributes', () => {
  interface Entry {
    readonly inner: string
    readonly follower: string | undefined
  }
  const fileOf = (entries: readonly Entry[]): string => {
    const instances = entries.map(({ inner, follower }, i) => ({
      index_key: i,
      schema_version: 0,
      attributes: { id: `${i}`, [inner]: { [inner]: [] }, last: { sensitive_attributes: inner } },
      ...(follower === undefined ? {} : { [follower]: follower === 'private' ? 'bnVsbA==' : [] }),
    }))
    const provider = 'provider["registry.terraform.io/hashicorp/null"]'
    const resources = [{ mode: 'managed', type: 'a_b', name: 'n', provider, instances }]
    return JSON.stringify({ version: 4, terraform_version: '1.9.0', serial: 1, lineage: 'x', outputs: {}, resources }, undefined, 2)
  }
  const attributesOf = (text: string): readonly unknown[] =>
    [...stateInstances(readStateFile(text).value!.state)].map(([, , object]) => JSON.parse(String(object.attributesJson)) as unknown)

  test('may be there or not', () => {
    const follower = fc.constantFrom(undefined, 'sensitive_attributes', 'sensitive_attributes', 'private', 'dependencies')
    const entry = fc.record({ inner: fc.constantFrom('sensitive_attributes', 'x', '}'), follower })
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 8 }), (entries) => {
        expect(attributesOf(fileOf(entries))).toEqual(
          entries.map(({ inner }, i) => ({ id: `${i}`, [inner]: { [inner]: [] }, last: { sensitive_attributes: inner } })),
        )
      }),
    )
  })

  test('is not searched for again and again where it is missing', () => {
    const cpuOf = (n: number): number => {
      const text = fileOf([
        ...Array.from({ length: n }, () => ({ inner: 'x', follower: 'private' })),
        { inner: 'x', follower: 'sensitive_attributes' },
      ])
      const before = cpuMs()
      readStateFile(text)
      return cpuMs() - before
    }
    cpuOf(2000)
    expect(cpuOf(40_000)).toBeLessThan(100 * cpuOf(2000) + 200)
  })
})

test('the pieces are the text', () => {
  const { value } = readStateFile(golden)
  expect([...stateFileChunks(value!)].join('')).toBe(golden)
  expect(stateFileBytes(value!).toString('utf8')).toBe(golden)
})

test('attributes cost next to nothing to read past', () => {
  const blob = 'x'.repeat(20_000)
  const resource = (i: number, text: string): string =>
    `{"mode":"managed","type":"a_b","name":"n${i}","provider":"provider[\\"registry.terraform.io/hashicorp/null\\"]","instances":[{"schema_version":0,"attributes":{"id":"${i}","blob":"${text}"},"sensitive_attributes":[]}]}`
  const file = (text: string): Buffer =>
    Buffer.from(
      `{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"x","outputs":{},"resources":[${Array.from({ length: 2000 }, (_, i) => resource(i, text)).join(',')}],"check_results":null}`,
    )
  const [small, large] = [file('x'), file(blob)]
  expect(large.length / small.length).toBeGreaterThan(50)
  readStateFile(small)
  const cpuOf = (bytes: Buffer): number => {
    const before = cpuMs()
    readStateFile(bytes, { splitFrom: 0 })
    return cpuMs() - before
  }
  const base = cpuOf(small)
  const cost = cpuOf(large)
  // 40 MB: decoding them would take a second and more.
  expect(cost).toBeLessThan(base * 10 + 400)
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readStateFile, type StateFile, stateContentEquals, stateInstances, tryInstance, writeStateFile } from '../../src/states/index.ts'
import { cpuMs } from '../support/cpu.ts'
import { formatDiagnostics, readOk } from './_support.ts'

const header = '"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"x"'
const provider = '"provider":"provider[\\"registry.terraform.io/hashicorp/null\\"]"'

function withResources(...resources: string[]): string {
  return `{${header},"outputs":{},"resources":[${resources.join(',')}],"check_results":null}`
}

function withInstances(...instances: string[]): string {
  return withResources(`{"mode":"managed","type":"a_b","name":"n",${provider},"instances":[${instances.join(',')}]}`)
}

describe('round trip', () => {
  test('a state of Terraform 1.11 is written byte for byte', () => {
    const text = readFileSync(new URL('testdata/terraform-1.11.tfstate', import.meta.url), 'utf8')
    expect(writeStateFile(readOk(text))).toBe(text)
  })

  const cases = '../shared/conformance/state/roundtrip'
  describe.skipIf(!existsSync(cases))('conformance', () => {
    const names = existsSync(cases) ? readdirSync(cases).filter((n) => n.endsWith('.in.tfstate')) : []
    test('has cases', () => expect(names.length).toBeGreaterThan(3))
    test.each(names)('%s', (name) => {
      const read = (file: string) => readOk(readFileSync(`${cases}/${file}`, 'utf8'), { legacyProviderHost: 'registry.opentofu.org' })
      const [given, want] = [read(name), read(name.replace('.in.', '.out.'))]
      expect(writeStateFile(readOk(writeStateFile(given)))).toBe(writeStateFile(want))
      expect(stateContentEquals(given.state, want.state)).toBe(true)
    })
  })

  const attributes: [name: string, given: string, want: string][] = [
    ['numbers keep every digit', '{"a":1e400,"b":0.10,"c":9007199254740993}', '{"a":1e400,"b":0.10,"c":9007199254740993}'],
    ['order and repetition of members are kept', '{"b":1,"10":2,"b":3,"__proto__":4}', '{"b":1,"10":2,"b":3,"__proto__":4}'],
    ['white space goes', ' { "a" : [ 1 , { } , [ ] ] , "b c" : "x : , y" } ', '{"a":[1,{},[]],"b c":"x : , y"}'],
    ['HTML characters are escaped', '{"<a>":"&\u2028é😀"}', '{"\\u003ca\\u003e":"\\u0026\\u2028é😀"}'],
    ['escapes stay as they are', '{"a":"\\u00e9\\/\\"\\\\"}', '{"a":"\\u00e9\\/\\"\\\\"}'],
    ['null', 'null', 'null'],
  ]
  test.each(attributes)('attributes: %s', (_, given, want) => {
    const text = writeStateFile(readOk(withInstances(`{"schema_version":0,"attributes":${given}}`)))
    expect(compact(text)).toContain(`"attributes":${want},"sensitive_attributes":[]`)
    expect(writeStateFile(readOk(text))).toBe(text)
  })

  // One row for each rule of state-v4.md sections 1.3 to 2: what an instance holds, and what is written for it.
  const members: [name: string, given: string, want: string][] = [
    ['absent attributes are an empty object', '{"schema_version":0}', '{"schema_version":0,"attributes":{},"sensitive_attributes":[]}'],
    [
      'nulls are as good as nothing',
      '{"index_key":null,"status":null,"deposed":null,"attributes":{},"sensitive_attributes":null,"private":null,"dependencies":null}',
      '{"schema_version":0,"attributes":{},"sensitive_attributes":[]}',
    ],
    [
      'flat attributes are sorted',
      '{"schema_version":1,"attributes_flat":{"b":"<","a.%":"1"}}',
      '{"schema_version":1,"attributes_flat":{"a.%":"1","b":"\\u003c"},"sensitive_attributes":[]}',
    ],
    [
      'members of other versions stay, each in its place',
      '{"zzz":[1.0],"skip_destroy":true,"create_before_destroy":true,"private":"bnVsbA==","identity":{"id":"x"},"identity_schema_version":0,"attributes":{}}',
      '{"schema_version":0,"attributes":{},"sensitive_attributes":[],"identity_schema_version":0,"identity":{"id":"x"},"private":"bnVsbA==","create_before_destroy":true,"skip_destroy":true,"zzz":[1.0]}',
    ],
    [
      'dependencies lose instance keys and keep their order',
      '{"attributes":{},"dependencies":["module.x[1].c.d","b.b","a.b","data.q.r","module.y[\\"a.b]\\"].module.z.e.f"]}',
      '{"schema_version":0,"attributes":{},"sensitive_attributes":[],"dependencies":["module.x.c.d","b.b","a.b","data.q.r","module.y.module.z.e.f"]}',
    ],
    [
      'the later of two dependencies counts',
      '{"attributes":{},"dependencies":["a.b"],"dependencies":["c.d"]}',
      '{"schema_version":0,"attributes":{},"sensitive_attributes":[],"dependencies":["c.d"]}',
    ],
    [
      'paths keep their order',
      '{"attributes":{},"sensitive_attributes":[[{"type":"get_attr","value":"b"}],[{"type":"get_attr","value":"a"},{"type":"index","value":{"value":"k","type":"string"}},{"value":{"type":"number","value":0},"type":"index"}],[]]}',
      '{"schema_version":0,"attributes":{},"sensitive_attributes":[[{"type":"get_attr","value":"b"}],[{"type":"get_attr","value":"a"},{"type":"index","value":{"value":"k","type":"string"}},{"type":"index","value":{"value":0,"type":"number"}}],[]]}',
    ],
    [
      'float keys become integers',
      '{"index_key":1.0,"attributes":{}}',
      '{"index_key":1,"schema_version":0,"attributes":{},"sensitive_attributes":[]}',
    ],
    [
      'tainted',
      '{"index_key":"k","status":"tainted","attributes":{}}',
      '{"index_key":"k","status":"tainted","schema_version":0,"attributes":{},"sensitive_attributes":[]}',
    ],
  ]
  test.each(members)('instance: %s', (_, given, want) => {
    expect(compact(writeStateFile(readOk(withInstances(given))))).toContain(`"instances":[${want}]`)
  })

  test('resources and instances are sorted as Terraform does', () => {
    const object = '"attributes":{}'
    const resource = (where: string) => `{${where},"name":"n",${provider},"instances":[{${object}}]}`
    const file = readOk(
      withResources(
        resource('"module":"module.b","mode":"managed","type":"a"'),
        resource('"module":"module.a[\\"x\\"].module.b[0]","mode":"managed","type":"a"'),
        resource('"module":"module.a","mode":"managed","type":"a"'),
        resource('"module":"module.a","mode":"data","type":"z"'),
        `{"mode":"managed","type":"q","name":"n",${provider},"instances":[{"index_key":"b",${object}},{"deposed":"00000002",${object}},{"index_key":10,${object}},{"index_key":9,${object}},{"deposed":"00000001",${object}},{${object}},{"index_key":"\u{1f600}",${object}},{"index_key":"\uff5e",${object}}]}`,
      ),
    )
    const order = [...stateInstances(file.state)].map(([a, deposed]) =>
      `${a.module.map((m) => m.name + (m.key ?? '')).join('/')} ${a.resource.mode} ${a.resource.type} ${a.key ?? ''} ${deposed ?? ''}`.trim(),
    )
    expect(order).toEqual([
      'managed q',
      'managed q  00000001',
      'managed q  00000002',
      'managed q 9',
      'managed q 10',
      'managed q b',
      'managed q \uff5e',
      'managed q \u{1f600}',
      'a data z',
      'a managed a',
      'ax/b0 managed a',
      'b managed a',
    ])
    expect(writeStateFile(readOk(writeStateFile(file)))).toBe(writeStateFile(file))
  })

  const providers: [given: string, want: string][] = [
    ['provider.null', 'provider["registry.terraform.io/-/null"]'],
    ['provider.null.x', 'provider["registry.terraform.io/-/null"].x'],
    ['module.a.provider.terraform', 'module.a.provider["terraform.io/builtin/terraform"]'],
    ['provider["null"]', 'provider["registry.terraform.io/hashicorp/null"]'],
    ['provider["example.com/a/b"].west', 'provider["example.com/a/b"].west'],
    ['module.m.module.n.provider["example.com/a/b"]', 'module.m.module.n.provider["example.com/a/b"]'],
  ]
  test.each(providers)('provider %s', (given, want) => {
    const text = withResources(`{"mode":"data","type":"a","name":"n","provider":${JSON.stringify(given)},"instances":[{"attributes":{}}]}`)
    expect(writeStateFile(readOk(text))).toContain(`"provider": ${JSON.stringify(want)},`)
  })

  test('outputs are decoded by their type, null ones and those of any type included', () => {
    const text = `{${header},"outputs":{"b":{"value":{"value":1,"type":"number"},"type":"dynamic"},"a":{"value":"1","type":"number","sensitive":false},"c":{"value":null,"type":"dynamic"},"d":{"value":123456789012345678901234567890.25,"type":"number","sensitive":true}}}`
    expect(compact(writeStateFile(readOk(text)))).toContain(
      '"outputs":{"a":{"value":1,"type":"number"},"b":{"value":1,"type":"number"},"c":{"value":null,"type":"dynamic"},"d":{"value":123456789012345678901234567890.25,"type":"number","sensitive":true}}',
    )
  })

  test('check results keep their order; unknown kinds go, unknown statuses are unknown, no objects are null', () => {
    const text = `{${header},"check_results":[{"object_kind":"weird","config_addr":"check.a","status":"pass","objects":null},{"object_kind":"check","config_addr":"check.z","status":"weird","objects":[{"object_addr":"check.z","status":"fail","failure_messages":["a<","b"]}]},{"object_kind":"var","config_addr":"var.b","status":"pass","objects":[]}]}`
    expect(compact(writeStateFile(readOk(text)))).toContain(
      '"check_results":[{"object_kind":"check","config_addr":"check.z","status":"unknown","objects":[{"object_addr":"check.z","status":"fail","failure_messages":["a\\u003c","b"]}]},{"object_kind":"var","config_addr":"var.b","status":"pass","objects":null}]',
    )
  })

  test('no check results are null, no resources and outputs are empty', () => {
    expect(writeStateFile(readOk(`{${header},"check_results":[],"resources":null,"outputs":null,"more":1}`))).toBe(
      '{\n  "version": 4,\n  "terraform_version": "1.9.0",\n  "serial": 1,\n  "lineage": "x",\n  "outputs": {},\n  "resources": [],\n  "check_results": null\n}\n',
    )
  })
})

describe('what is not a state', () => {
  test('zero length is no state', () => expect(readStateFile(new Uint8Array())).toEqual({ value: undefined, diags: [] }))

  const one = '"schema_version":0,"attributes":{}'
  const rows: [given: string, want: string][] = [
    [' ', 'Unsupported state file format: The state file could not be parsed as JSON: syntax error at byte offset 1. The text ends there'],
    ['{', 'Unsupported state file format: The state file could not be parsed as JSON: syntax error at byte offset 1. The text ends there'],
    ['{"version":4,"terraform_version":"1.9.0","lineage":"x","serial":1', 'syntax error at byte offset 65. The text ends there'],
    ['{"version":4,"terraform_version":"1.9.0",,"lineage":"x","serial":1}', 'syntax error at byte offset 42.\n'],
    ['{"é":01}', 'syntax error at byte offset 8.\n'],
    ['{"version":4} x', 'syntax error at byte offset 15.\n'],
    ['\ufeff{"version":4}', 'syntax error'],
    ['{"version":4,"a":"\u0001"}', 'syntax error'],
    ['{"version":4,"a":"\\x"}', 'syntax error'],
    ['PK\x03\x04', 'syntax error at byte offset 1'],
    [`{"version":4,"a":${'['.repeat(200_000)}`, 'syntax error'],
    [`{"version":4,"a":${'{"a":'.repeat(200_000)}`, 'syntax error'],
    ['[]', 'Unsupported state file format: The version in the state file is array. A positive whole number is required.'],
    ['"x"', 'The version in the state file is string.'],
    ['null', 'The version in the state file is null.'],
    ['{}', 'The state file does not have a "version" attribute, which is required to identify the format version.'],
    ['{"version":"4"}', 'The version in the state file is string. A positive whole number is required.'],
    ['{"version":4.5}', 'The version in the state file is number 4.5.'],
    ['{"version":-1}', 'The version in the state file is number -1.'],
    ['{"version":0}', 'There was never a JSON-based state format zero'],
    ['{"version":4,"version":5}', 'The name "version" appears twice in the state file'],
    ['{"version":4,"serial":1}}', 'syntax error at byte offset 25.'],
    ['{"version":1}', 'format version 1, which Landform does not support yet.'],
    ['{"version":2}', 'format version 2, which Landform does not support yet.'],
    ['{"version":3,"modules":7}', 'format version 3, which Landform does not support yet.'],
    [
      '{"version":5,"terraform_version":"9.9.9","x":{}}',
      'format version 5, which is not supported by Landform. This state file was created by Terraform 9.9.9.',
    ],
    ['{"version":5}', 'This state file may have been created by a newer version of Terraform.'],
    ['{"serial":7,"lineage":"x","meta":{},"encrypted_data":"QQ==","encryption_version":"v0"}', 'The state file is encrypted'],
    ['{"version":4,"serial":"x"}', 'Invalid state file format: The state file field "serial" has invalid value string'],
    ['{"version":4,"serial":-1}', 'The state file field "serial" has invalid value number -1'],
    ['{"version":4,"serial":1e2}', 'The state file field "serial" has invalid value number 1e2'],
    ['{"version":4,"serial":18446744073709551615}', 'The state file field "serial" has invalid value number 18446744073709551615'],
    [
      '{"version":4,"terraform_version":"banana"}',
      'Invalid Terraform version string: State file claims to have been written by Terraform version "banana"',
    ],
    [`{${header},"outputs":[]}`, 'The state file field "outputs" has invalid value array'],
    [`{${header},"resources":{}}`, 'The state file field "resources" has invalid value object'],
    [
      `{${header},"outputs":{"b":{"value":[],"type":"weird"}}}`,
      'Invalid output value type in state: The state file has an invalid type specification for output "b"',
    ],
    [
      `{${header},"outputs":{"c":{"value":"x","type":"number"}}}`,
      'Invalid output value saved in state: The state file has an invalid value for output "c": a number is required',
    ],
    [
      withResources(`{"mode":"ephemeral","type":"a","name":"n",${provider},"instances":[]}`),
      'Invalid resource mode in state: State contains a resource with mode "ephemeral" ("a" "n") which is not supported.',
    ],
    [
      withResources(`{"mode":"managed","type":"a","name":"n","provider":"","instances":[{}]}`),
      'The resource a.n has no provider configuration address.',
    ],
    [
      withResources(`{"mode":"managed","type":"a","name":"n","provider":"rubbish","instances":[{}]}`),
      'The resource a.n has the provider configuration address "rubbish", which is not valid.',
    ],
    [
      withResources(`{"module":"module.","mode":"managed","type":"a","name":"n",${provider},"instances":[{}]}`),
      'Attribute name required: Dot must be followed by attribute name.',
    ],
    [
      withInstances(`{${one}}`, `{${one}}`),
      'Duplicate resource instance in state: Instance a_b.n appears multiple times in the state file.',
    ],
    [withInstances(`{"index_key":1.0,${one}}`, `{"index_key":1,${one}}`), 'Instance a_b.n[1] appears multiple times in the state file.'],
    [
      withInstances(`{"deposed":"00000001",${one}}`, `{"deposed":"00000001",${one}}`),
      'Instance a_b.n deposed object "00000001" appears multiple times in the state file.',
    ],
    [
      withResources(...Array(2).fill(`{"mode":"managed","type":"a","name":"n",${provider},"instances":[{${one}}]}`)),
      'Instance a.n appears multiple times in the state file.',
    ],
    [
      withInstances(`{"index_key":true,${one}}`),
      'Invalid resource instance metadata in state: Resource a_b.n has an instance with the invalid instance key true.',
    ],
    [withInstances(`{"index_key":-1,${one}}`), 'invalid instance key -1.'],
    [withInstances(`{"status":"weird",${one}}`), 'Instance a_b.n has invalid status "weird".'],
    [withInstances(`{"deposed":"zzz",${one}}`), 'Instance a_b.n has an object with deposed key "zzz", which is not correctly formatted.'],
    [withInstances(`{"schema_version":-1}`), 'The state file field "resources.instances.schema_version" has invalid value number -1'],
    [withInstances(`{"attributes_flat":{"z":1}}`), 'The state file field "resources.instances.attributes_flat" has invalid value number'],
    [withInstances(`{${one},"dependencies":["foo"]}`), 'Invalid address: An instance depends on "foo"'],
    [withInstances(`{${one},"dependencies":["a.b[0]"]}`), 'Invalid address'],
    [withInstances(`{${one},"private":"!!"}`), 'illegal base64 data at input byte 0.'],
    [
      withInstances(`{${one},"sensitive_attributes":[[{"type":"weird","value":1}]]}`),
      'Unsupported path step: Unsupported path step type "weird"',
    ],
    [
      withInstances(`{${one},"sensitive_attributes":[[{"type":"index","value":1}]]}`),
      'Error unmarshaling path step: Failed to unmarshal index step key',
    ],
    [withInstances(`{${one},"sensitive_attributes":[[1]]}`), 'Error unmarshaling path step: A path step must be an object.'],
    [withInstances(`{${one},"attributes":{}}`), 'The name "attributes" appears twice in a resource instance'],
    [`{${header},"serial":2}`, 'The name "serial" appears twice in the state file'],
    [
      `{${header},"outputs":{"a":{"value":1,"type":"number"},"a":{"value":2,"type":"number"}}}`,
      'The name "a" appears twice in the outputs',
    ],
  ]
  test.each(rows.map(([given, want]) => [given.length > 120 ? `${given.slice(0, 60)}...${given.slice(-60)}` : given, given, want]))(
    '%s',
    (_, given, want) => {
      const { value, diags } = readStateFile(given)
      expect(value).toBeUndefined()
      expect(diags.some((d) => d.severity === 'error')).toBe(true)
      expect(formatDiagnostics(diags)).toContain(want)
    },
  )

  test('every prefix of a state is refused, and none throws', () => {
    const text = readFileSync(new URL('testdata/terraform-1.11.tfstate', import.meta.url), 'utf8')
    for (let end = 1; end < text.length - 1; end += 97) expect(readStateFile(text.slice(0, end)).value, `${end}`).toBeUndefined()
  })

  test('a changed character never throws, and never makes resources vanish without a word', () => {
    const text = readFileSync(new URL('testdata/terraform-1.11.tfstate', import.meta.url), 'utf8')
    const objects = (file: StateFile) => [...stateInstances(file.state)].length
    const all = objects(readOk(text))
    const changes = fc.tuple(fc.nat(text.length - 1), fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '0', 'x', '\\', ' '))
    fc.assert(
      fc.property(changes, ([at, char]) => {
        const { value, diags } = readStateFile(text.slice(0, at) + char + text.slice(at + 1))
        if (value === undefined) return diags.length > 0
        // A member whose name is changed is unknown, so only the two lists themselves can vanish, as for Terraform.
        return objects(value) === all || /resources|instances/.test(text.slice(at - 12, at + 12))
      }),
      { numRuns: 300 },
    )
  })
})

test('ten thousand instances are read and written well below a second', () => {
  const attributes = JSON.stringify({ arn: 'arn:aws:x', tags: { a: 'b', c: 'd' }, list: [1, 2, 3], text: 'y'.repeat(300) })
  const instances = Array.from(
    { length: 10_000 },
    (_, i) =>
      `{"index_key":${i},"schema_version":1,"attributes":${attributes},"sensitive_attributes":[],"private":"bnVsbA==","dependencies":["a.b","c.d"]}`,
  )
  const text = writeStateFile(readOk(withInstances(...instances)))
  const start = cpuMs()
  const file = readOk(text)
  expect(writeStateFile(file)).toBe(text)
  expect(cpuMs() - start).toBeLessThan(1500) // Alone on a machine it takes a fifth of that.
  expect(
    tryInstance(file.state, { module: [], resource: { kind: 'resource', mode: 'managed', type: 'a_b', name: 'n' }, key: 9999 }),
  ).toBeDefined()
})

/** Without indentation: the tests have no line breaks inside strings. */
function compact(text: string): string {
  return text.replace(/\n */g, '').replace(/": /g, '":')
}

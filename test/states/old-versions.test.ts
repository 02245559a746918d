import { describe, expect, test } from 'vitest'
import { readStateFile, writeStateFile } from '../../src/states/index.ts'

const instance = (id: string, more: object = {}) => ({ id, attributes: { id }, meta: {}, tainted: false, ...more })
const written = (json: object): Record<string, unknown> => {
  const { value, diags } = readStateFile(JSON.stringify(json))
  expect(diags).toEqual([])
  return JSON.parse(writeStateFile(value!))
}

describe('version 3', () => {
  const state = {
    version: 3,
    terraform_version: '0.11.14',
    serial: 5,
    lineage: 'lin',
    modules: [
      {
        path: ['root'],
        outputs: {
          o: { sensitive: true, type: 'string', value: 'x' },
          l: { sensitive: false, type: 'list', value: ['a', 'b'] },
          m: { sensitive: false, type: 'map', value: { k: 'v' } },
        },
        resources: {
          'aws_instance.a': {
            type: 'aws_instance',
            depends_on: ['aws_vpc.main'],
            primary: instance('i-1', {
              attributes: { id: 'i-1', 'tags.%': '1', 'tags.A': 'b' },
              meta: { schema_version: '1', 'e2bfb730-ecaa-11e6-8f88-34363bc7c4c0': { create: 600 } },
            }),
            deposed: [],
            provider: 'provider.aws',
          },
          'aws_instance.b.0': {
            type: 'aws_instance',
            primary: instance('i-2', { tainted: true }),
            deposed: [instance('i-9')],
            provider: 'provider.aws.east',
          },
          'aws_instance.b.1': { type: 'aws_instance', primary: instance('i-3'), deposed: [], provider: 'provider.aws.east' },
          'data.aws_ami.x': { type: 'aws_ami', primary: instance('ami-1'), deposed: [], provider: 'module.q.provider.aws' },
          'null_resource.n': { type: 'null_resource', primary: instance('1'), deposed: [], provider: '' },
        },
      },
      {
        path: ['root', 'net'],
        outputs: {},
        resources: { 'aws_vpc.main': { type: 'aws_vpc', primary: instance('v-1'), provider: 'provider.aws' } },
      },
    ],
  }
  const resource = (mode: string, type: string, name: string, provider: string, instances: object[], module?: string) => ({
    ...(module === undefined ? {} : { module }),
    mode,
    type,
    name,
    provider,
    instances,
  })
  const flat = (id: string, start: object = {}, more: object = {}) => ({
    ...start,
    schema_version: 0,
    attributes_flat: { id },
    sensitive_attributes: [],
    ...more,
  })

  test('is read as Terraform 1.11.4 reads it', () => {
    expect(written(state)).toEqual({
      version: 4,
      terraform_version: '0.11.14',
      serial: 5,
      lineage: 'lin',
      outputs: {
        l: { value: ['a', 'b'], type: ['list', 'string'] },
        m: { value: { k: 'v' }, type: ['map', 'string'] },
        o: { value: 'x', type: 'string', sensitive: true },
      },
      resources: [
        resource('data', 'aws_ami', 'x', 'module.q.provider["registry.terraform.io/-/aws"]', [flat('ami-1')]),
        resource('managed', 'aws_instance', 'a', 'provider["registry.terraform.io/-/aws"]', [
          {
            schema_version: 1,
            attributes_flat: { id: 'i-1', 'tags.%': '1', 'tags.A': 'b' },
            sensitive_attributes: [],
            private: 'eyJlMmJmYjczMC1lY2FhLTExZTYtOGY4OC0zNDM2M2JjN2M0YzAiOnsiY3JlYXRlIjo2MDB9fQ==',
          },
        ]),
        resource('managed', 'aws_instance', 'b', 'provider["registry.terraform.io/-/aws"].east', [
          flat('i-2', { index_key: 0, status: 'tainted' }),
          flat('i-9', { index_key: 0, deposed: '00000001' }),
          flat('i-3', { index_key: 1 }),
        ]),
        resource('managed', 'null_resource', 'n', 'provider["registry.terraform.io/-/null"]', [flat('1')]),
        resource('managed', 'aws_vpc', 'main', 'provider["registry.terraform.io/-/aws"]', [flat('v-1')], 'module.net'),
      ],
      check_results: null,
    })
  })

  test('nothing in it is nothing in the new one', () => {
    expect(written({ version: 3, serial: 1, lineage: 'x', modules: [] })).toMatchObject({
      version: 4,
      serial: 1,
      resources: [],
      outputs: {},
    })
  })
})

test('versions 1 and 2', () => {
  const one = {
    version: 1,
    serial: 2,
    modules: [
      {
        path: ['root'],
        outputs: { o: 'text' },
        resources: {
          // Kept apart as tainted: left out, as Terraform does.
          'aws_instance.a': { type: 'aws_instance', primary: instance('i-0'), tainted: [instance('i-1')] },
          'aws_instance.b': { type: 'aws_instance', tainted: [instance('i-2')] },
          'aws_vpc.v': {
            type: 'aws_vpc',
            primary: instance('v', { attributes: { id: 'v', 'tags.#': '1', 'tags.Name': 'x', 'ids.#': '1', 'ids.0': 'y' } }),
          },
        },
      },
    ],
  }
  expect(written(one)).toMatchObject({
    serial: 2,
    outputs: { o: { value: 'text', type: 'string' } },
    resources: [
      { type: 'aws_instance', name: 'a', instances: [{ attributes_flat: { id: 'i-0' } }] },
      { type: 'aws_vpc', instances: [{ attributes_flat: { id: 'v', 'tags.%': '1', 'tags.Name': 'x', 'ids.#': '1', 'ids.0': 'y' } }] },
    ],
  })
  expect(written({ ...one, version: 2 })).toMatchObject({ serial: 2 })
})

test('of an object without attributes the id is kept', () => {
  const resources = { 'null_resource.n': { type: 'null_resource', primary: { id: 'z' } } }
  expect(written({ version: 1, serial: 1, modules: [{ path: ['root'], resources }] })).toMatchObject({
    resources: [{ instances: [{ attributes_flat: { id: 'z' } }] }],
  })
})

test.each([
  '{"version":3,"modules":[{"path":["root"],"resources":{"null_resource":{"type":"null_resource"}}}]}',
  '{"version":3,"modules":7}',
  '{"version":3,"serial":',
  '{"version":2,"modules":[{}]}',
])('%s is an error', (text) => {
  const { value, diags } = readStateFile(text)
  expect(value).toBeUndefined()
  expect(diags.some((d) => d.severity === 'error')).toBe(true)
})

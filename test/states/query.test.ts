import { expect, test } from 'vitest'
import { instanceDifferences, managedResourcesEqual, readStateFile, type State, tryResource } from '../../src/states/index.ts'

const text = (value: string): string =>
  JSON.stringify(
    {
      version: 4,
      terraform_version: '1.11.4',
      serial: 1,
      lineage: 'l',
      outputs: {},
      resources: [
        {
          mode: 'managed',
          type: 'terraform_data',
          name: 'a',
          provider: 'provider["terraform.io/builtin/terraform"]',
          instances: [{ schema_version: 0, attributes: { id: 'x', input: { value, type: 'string' } }, sensitive_attributes: [] }],
        },
      ],
    },
    null,
    2,
  )

function read(value: string): State {
  const { value: file } = readStateFile(Buffer.from(text(value)), { name: 'x' })
  return file!.state
}

const address = { module: [], resource: { kind: 'resource', mode: 'managed', type: 'terraform_data', name: 'a' } } as const

test('states that were read apart are equal by what is in them, whatever of it has been looked at', () => {
  const [a, b, c] = [read('one'), read('one'), read('two')]
  String(tryResource(a, address)!.instances.values().next().value!.current!.attributesJson)
  expect([managedResourcesEqual(a, b), managedResourcesEqual(a, c)]).toEqual([true, false])
  expect([instanceDifferences(a, b).length, instanceDifferences(a, c).length]).toEqual([0, 1])
})

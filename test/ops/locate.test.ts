import { describe, expect, test } from 'vitest'
import { blockAt } from '../../src/ops/locate.ts'

const json = {
  '//': { metadata: { resource: {} } },
  terraform: { backend: { s3: { bucket: 'b' } } },
  resource: {
    aws_vpc: { one: { cidr_block: '10.0.0.0/16', tags: { Name: 'one' } }, two: { cidr_block: 'nonsense' } },
    aws_eip: { address: { domain: 'vpc' } },
  },
  data: { aws_ami: { image: { filter: [{ name: 'name' }] } } },
  variable: { office: { type: 'string' } },
  output: { x: { value: 1 } },
}
const text = JSON.stringify(json, undefined, 2)

describe('the block around a place in synthesised JSON', () => {
  test.each([
    ['"10.0.0.0/16"', 'aws_vpc.one'],
    ['"Name": "one"', 'aws_vpc.one'],
    ['"two"', 'aws_vpc.two'],
    ['"nonsense"', 'aws_vpc.two'],
    ['"domain"', 'aws_eip.address'],
    ['"name": "name"', 'data.aws_ami.image'],
    ['"bucket"', undefined],
    ['"value"', 'output.x'],
    ['"string"', 'var.office'],
    ['"metadata"', undefined],
  ])('%s', (needle, want) => {
    expect(blockAt(text, text.indexOf(needle))).toBe(want)
  })
})

import { expect, test } from 'vitest'
import { completeLine, expressionNames } from '../../src/command/_completion.ts'
import { loadConfig, memoryFileSystem } from '../../src/config/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'

const text = 'variable "vpc" {}\nlocals { zone = 1 }\nresource "aws_vpc" "main" {}\ndata "aws_ami" "x" {}\nmodule "m" { source = "./m" }\n'
const config = loadConfig('.', { files: memoryFileSystem({ 'main.tf': text, 'm/main.tf': '' }) }, new Diagnostics())
const names = expressionNames(config)

test.each([
  ['var.', ['var.vpc'], 'var.'],
  ['length(loc', ['local.zone'], 'loc'],
  ['[aws', ['aws_vpc.main'], 'aws'],
  ['"${data.', ['data.aws_ami.x'], 'data.'],
  ['cidrsubnets', ['cidrsubnets('], 'cidrsubnets'],
  ['core::cidrn', [], 'core::cidrn'],
  ['1 + ', [], ''],
])('%s', (line, completions, part) => {
  expect(completeLine(names, line)).toEqual([completions, part])
})

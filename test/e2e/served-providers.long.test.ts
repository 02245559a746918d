import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, terraform, Workspace } from './_cli.ts'
import { exampleProvider, notes } from './_example.ts'
import { ServedSandbox } from './_sandbox.ts'

const MINUTES = 60_000

const random = (length: number) => `
terraform {
  required_providers {
    random = { source = "hashicorp/random" }
  }
}
resource "random_pet" "pet" {
  length = ${length}
}
resource "random_password" "secret" {
  length  = 20
  keepers = { pet = random_pet.pet.id }
}
resource "random_integer" "number" {
  min = 1
  max = 6
}
output "words" {
  value = length(split("-", random_pet.pet.id))
}
`

const network = (name: string) => `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  default_tags {
    tags = { made = "here" }
  }
}
data "aws_availability_zones" "all" {}
resource "aws_vpc" "main" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
  tags                 = { Name = "${name}" }
}
resource "aws_subnet" "each" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  availability_zone = data.aws_availability_zones.all.names[count.index]
}
resource "aws_security_group" "web" {
  name_prefix = "web-"
  vpc_id      = aws_vpc.main.id
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
resource "aws_iam_role" "task" {
  name = "task"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}
output "subnets" {
  value = length(aws_subnet.each)
}
`

// Needs LANDFORM_PEER_TERRAFORM or a terraform in PATH.
describe.skipIf(terraform === undefined)('real terraform with providers of Landform, installed from a mirror', () => {
  let w: Workspace
  let sandbox: ServedSandbox
  beforeAll(async () => {
    ensureBuilt()
    sandbox = await ServedSandbox.start()
    w = new Workspace({ 'notes.ts': exampleProvider() })
    w.write({ rc: `provider_installation {\n  filesystem_mirror {\n    path = "${join(w.dir, 'mirror')}"\n  }\n}\n` })
    for (const provider of [['random'], ['aws', '-release=5.100.0'], ['notes.ts']]) {
      expect(w.run(['provider', 'package', ...provider, '-dir', 'mirror'])).toMatchObject({ code: 0, stderr: '' })
    }
  }, 2 * MINUTES)
  afterAll(async () => {
    await sandbox?.stop()
    sandbox?.workspace.remove()
    w?.remove()
  })

  test.each<[string, (changed: boolean) => string, string, number, string]>([
    ['random', (changed) => random(changed ? 3 : 2), '2 to add, 0 to change, 2 to destroy.', 3, '2'],
    ['aws on the sandbox', (changed) => network(changed ? 'second' : 'first'), '0 to add, 1 to change, 0 to destroy.', 5, '2'],
    [
      'the example of docs/providers.md',
      (changed) => notes(changed ? 'second' : 'first'),
      '0 to add, 1 to change, 0 to destroy.',
      1,
      '"FIRST!"',
    ],
  ])(
    '%s',
    (name, config, change, count, output) => {
      const folder = name.replace(/\W/g, '-')
      const env = { ...sandbox.environment(), TF_CLI_CONFIG_FILE: join(w.dir, 'rc'), TF_IN_AUTOMATION: '1' }
      const run = (args: readonly string[], expected = 0): string => {
        const [command, ...rest] = args
        const { code, stdout, stderr } = w.runProgram(terraform!, [`-chdir=${folder}`, command!, '-no-color', ...rest], { env })
        expect([args, code, stderr]).toEqual([args, expected, ''])
        return stdout
      }
      w.write({ [`${folder}/main.tf`]: config(false) })
      run(['init'])
      expect(run(['validate'])).toContain('Success!')
      expect(run(['plan', '-out=plan', '-detailed-exitcode'], 2)).toContain(`Plan: ${count} to add, 0 to change, 0 to destroy.`)
      expect(run(['apply', 'plan'])).toContain(`Resources: ${count} added, 0 changed, 0 destroyed.`)
      const outputs = JSON.parse(run(['output', '-json'])) as Record<string, { value: unknown }>
      expect(JSON.stringify(Object.values(outputs)[0]!.value)).toBe(output)
      expect(run(['plan', '-detailed-exitcode'])).toContain('No changes.')
      w.write({ [`${folder}/main.tf`]: config(true) })
      expect(run(['apply', '-auto-approve'])).toContain(`Plan: ${change}`)
      expect(run(['plan', '-detailed-exitcode'])).toContain('No changes.')
      expect(run(['destroy', '-auto-approve'])).toContain(`Destroy complete! Resources: ${count} destroyed.`)
    },
    5 * MINUTES,
  )
})

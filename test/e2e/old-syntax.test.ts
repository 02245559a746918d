import { afterEach, describe, expect, test } from 'vitest'
import { ensureBuilt, Workspace } from './_cli.ts'

/** A bastion as it was written for Terraform 0.6. */
const bastion = (tags: string): string => `
variable "security_groups" { default = "sg-1,sg-2" }
variable "environment" { default = "stage" }

resource "aws_instance" "bastion" {
  ami                    = "ami-1"
  source_dest_check      = false
  instance_type          = "t2.micro"
  subnet_id              = "subnet-1"
  key_name               = "key"
  vpc_security_group_ids = ["\${split(",", var.security_groups)}"]
  monitoring             = true

  ${tags}
}

resource "aws_eip" "bastion" {
  instance = "i-1"
  vpc      = true
}

output "external_ip" {
  value = "\${aws_eip.bastion.public_ip}"
}
`
const constraint = (version: string): string =>
  `terraform {\n  required_providers {\n    aws = {\n      source  = "hashicorp/aws"\n      version = "${version}"\n    }\n  }\n}\n`

const env = { LANDFORM_BUILTIN_PROVIDERS: 'aws' }

describe('a bastion of 2015', () => {
  let workspace: Workspace
  afterEach(() => workspace.remove())

  /** Exit code, and all messages in lines of any width. */
  function validate(files: Readonly<Record<string, string>>): { code: number | null; text: string } {
    ensureBuilt()
    workspace = new Workspace(files)
    expect(workspace.run(['init'], { env }).code).toBe(0)
    const { code, stdout, stderr } = workspace.run(['validate', '-no-color'], { env })
    return { code, text: `${stdout}${stderr}`.replace(/\s+/g, ' ') }
  }

  test('is told place and remedy of each mistake', () => {
    const { code, text } = validate({ 'main.tf': bastion('tags { Name = "bastion" }'), 'versions.tf': constraint('~> 6.0') })
    expect(code).toBe(1)
    expect(text).toContain('on main.tf line 14, in resource "aws_instance" "bastion"')
    expect(text).toContain(
      'Blocks of type "tags" are not expected here. Did you mean to define argument "tags"? If so, use the equals sign to assign it a value.',
    )
    expect(text).toContain(
      'Inappropriate value for attribute "vpc_security_group_ids": element 0: string required, but have list of string.',
    )
    expect(text).toContain('on main.tf line 19, in resource "aws_eip" "bastion"')
    expect(text).toContain('An argument named "vpc" is not expected here. Write domain = "vpc" instead.')
  })

  test('version 5 of the provider still takes the old argument, and says so', () => {
    const config = bastion('tags = { Name = "bastion" }').replace(/\["(\$\{split.*\})"\]/, '"$1"')
    const { code, text } = validate({ 'main.tf': config, 'versions.tf': constraint('~> 5.0') })
    expect(text).toContain('Argument is deprecated')
    expect(text).toContain('Write domain = "vpc" instead.')
    expect(code).toBe(0)
  })

  test('written as one writes it today, it is valid', () => {
    const config = bastion('tags = { Name = "bastion" }')
      .replace(/\["(\$\{split.*\})"\]/, '"$1"')
      .replace('vpc      = true', 'domain   = "vpc"')
    const { code, text } = validate({ 'main.tf': config, 'versions.tf': constraint('~> 6.0') })
    expect(text).toContain('Success! The configuration is valid.')
    expect(code).toBe(0)
  })
})

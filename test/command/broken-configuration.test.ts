import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

/*
 * Which commands go on beside a configuration that is broken, and which refuse: as Terraform 1.11.4 did, command by command, in a folder with a
 * local state.
 */

const good = 'resource "terraform_data" "a" {\n  input = "x"\n}\n'
const state = {
  version: 4,
  terraform_version: '1.11.4',
  serial: 3,
  lineage: 'l',
  outputs: { o: { value: 'x', type: 'string' } },
  resources: [
    {
      mode: 'managed',
      type: 'terraform_data',
      name: 'a',
      provider: 'provider["terraform.io/builtin/terraform"]',
      instances: [{ schema_version: 0, attributes: { id: 'i', input: { value: 'x', type: 'string' } } }],
    },
  ],
}

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-broken-'))
  writeFileSync(join(dir, 'terraform.tfstate'), JSON.stringify(state))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

const run = (command: string) =>
  runIn(dir, command.split(' '), { name: 'terraform', environment: { LANDFORM_DIALECT: 'terraform', TF_CLI_CONFIG_FILE: '/dev/null' } })
const flat = (text: string): string => text.replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ').trim()

const looks = [
  'show',
  'show -json',
  'output',
  'output -json',
  'state list',
  'state show terraform_data.a',
  'workspace list',
  'workspace select default',
  'untaint terraform_data.a',
  'force-unlock -force x',
]
const changes = [
  'state pull',
  'state rm terraform_data.a',
  'state mv terraform_data.a terraform_data.q',
  'taint terraform_data.a',
  'state replace-provider -auto-approve a/b c/d',
  'state push terraform.tfstate',
]
const ofConfiguration = ['providers', 'providers schema -json', 'console', 'graph', 'validate', 'plan', 'get']
const everything = [...looks, ...changes, ...ofConfiguration]
const initialization = 'Backend initialization required, please run "terraform init"'

interface Row {
  readonly kind: string
  readonly config: string
  /** What those say that refuse. */
  readonly error: string
  readonly refuse: readonly string[]
  /** Others refuse for a reason of their own. */
  readonly goOn: readonly string[]
}

const always = ['version', 'workspace show', 'fmt -list=false']

const rows: readonly Row[] = [
  {
    kind: 'syntax',
    config: `${good}resource "terraform_data" {\n  x =\n`,
    error: 'Error: ',
    refuse: everything,
    goOn: ['version', 'workspace show'],
  },
  {
    kind: 'a block twice',
    config: good + good,
    error: 'Error: Duplicate resource "terraform_data" configuration',
    refuse: everything,
    goOn: always,
  },
  {
    kind: 'a version that is none',
    config: `${good}terraform {\n  required_version = "zork"\n}\n`,
    error: 'Error: Invalid version constraint',
    refuse: everything,
    goOn: always,
  },
  {
    kind: 'another version',
    config: `${good}terraform {\n  required_version = "> 99"\n}\n`,
    error: 'Error: Unsupported Terraform Core version',
    refuse: [...changes, 'validate', 'plan', 'apply -auto-approve', 'refresh', 'init -input=false'],
    goOn: [...always, ...looks.slice(0, 8), 'providers', 'providers schema -json', 'console', 'graph'],
  },
  {
    kind: 'a backend that there is not',
    config: `${good}terraform {\n  backend "zork" {}\n}\n`,
    error: 'Error: Invalid backend type',
    refuse: [...everything.filter((c) => c !== 'validate' && c !== 'get')],
    goOn: always,
  },
  {
    kind: 'an argument that its backend does not have',
    config: `${good}terraform {\n  backend "local" {\n    zork = 1\n  }\n}\n`,
    error: initialization,
    refuse: [...everything.filter((c) => c !== 'validate' && c !== 'get')],
    goOn: always,
  },
  {
    kind: 'an unknown block',
    config: `${good}zork "x" {}\n`,
    error: 'Error: Unsupported block type',
    refuse: everything,
    goOn: always,
  },
  {
    kind: 'a module that is not installed',
    config: `${good}module "m" {\n  source = "./nope"\n}\n`,
    error: 'Error: Module not installed',
    refuse: [
      'show',
      'show -json',
      'state show terraform_data.a',
      ...changes,
      'providers',
      'providers schema -json',
      'console',
      'graph',
      'plan',
    ],
    goOn: [...always, 'output', 'output -json', 'state list', 'workspace list', 'workspace select default'],
  },
  {
    kind: 'a reference to nothing',
    config: `${good}output "o" {\n  value = terraform_data.zork.id\n}\n`,
    error: 'Error: Reference to undeclared resource',
    refuse: ['validate', 'plan'],
    goOn: [...always, ...looks.slice(0, 8), ...changes.slice(0, 4), 'providers', 'graph'],
  },
]

describe.each(rows)('$kind', ({ config, error, refuse, goOn }) => {
  test('refused by those that Terraform refuses', async () => {
    for (const command of refuse) {
      writeFileSync(join(dir, 'main.tf'), config)
      writeFileSync(join(dir, 'terraform.tfstate'), JSON.stringify(state))
      const { code, stderr } = await run(command)
      expect([command, code, flat(stderr)]).toEqual([command, 1, expect.stringContaining(error)])
    }
  })

  test('and by no others', async () => {
    for (const command of goOn) {
      writeFileSync(join(dir, 'main.tf'), config)
      writeFileSync(join(dir, 'terraform.tfstate'), JSON.stringify(state))
      const { code, stderr } = await run(command)
      // It is not tainted, which it says.
      if (command.startsWith('untaint')) expect(flat(stderr)).toContain('Error: Resource instance is not tainted')
      else expect([command, code, stderr]).toEqual([command, 0, ''])
    }
  })
})

import { readdirSync } from 'node:fs'
import { App } from 'cdktf'
import { describe, expect, test } from 'vitest'
import * as accounts from '../../environments/accounts.ts'
import ops from '../../environments/ops.ts'
import prod from '../../environments/prod.ts'
import stage from '../../environments/stage.ts'
import type { Environment } from '../../modules/environment/index.ts'
import { isModule } from '../../modules/module.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { readOrganization } from '../../src/ops/index.ts'
import { loadSavedConfiguration } from '../../src/workdir/index.ts'
import store from '../../state/store.ts'

interface Json {
  readonly terraform: {
    readonly backend: { readonly s3: { readonly key: string; readonly bucket: string; readonly use_lockfile: boolean } }
  }
  readonly provider: { readonly aws: readonly [{ readonly allowed_account_ids: readonly string[]; readonly assume_role?: object }] }
  readonly resource: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>
}

function synth(make: (app: App) => unknown): Json {
  const [env] = make(new App()) as [Environment]
  env.runAllValidations()
  return env.toTerraform() as Json
}

const stacks = { ops: synth(ops), stage: synth(stage), prod: synth(prod), store: synth(store) }
const idOf = (name: string): string => accounts.accounts.find((account) => account.name === name)!.id
const environments = ['ops', 'stage', 'prod'] as const

test('as shipped they are about the sandbox', () => {
  const diags = new Diagnostics()
  expect(readOrganization(accounts, diags)?.target).toBe('sandbox')
  expect(diags.items).toEqual([])
})

describe('each stack', () => {
  test.each(Object.entries(stacks))('%s is a valid configuration', (_name, json) => {
    const diags = new Diagnostics()
    loadSavedConfiguration(new Map([['cdk.tf.json', JSON.stringify(json)]]), diags)
    expect(diags.items).toEqual([])
  })

  test.each(environments)('%s touches its own account alone', (name) => {
    const [aws] = stacks[name].provider.aws
    expect(aws.allowed_account_ids).toEqual([idOf(name)])
    expect(aws.assume_role).toMatchObject([{ role_arn: '${var.role}' }])
    const others = environments.filter((other) => other !== name && other !== 'ops').map(idOf)
    // Only the account that people log in to names others: in the roles that may be assumed there.
    if (name !== 'ops') for (const other of others) expect(JSON.stringify(stacks[name])).not.toContain(other)
  })

  test('has a state of its own, with a lock', () => {
    const backends = Object.values(stacks).map((json) => json.terraform.backend.s3)
    expect(new Set(backends.map((b) => b.key)).size).toBe(backends.length)
    expect(backends.every((b) => b.use_lockfile && b.bucket === accounts.store.bucket)).toBe(true)
  })
})

test('stage uses every module', () => {
  const modules = readdirSync('modules', { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== 'protect')
  const [env] = stage(new App()) as [Environment]
  const used = env.node.findAll().flatMap((construct) => modules.filter(({ name }) => isModule(construct, name)))
  expect(new Set(used.map(({ name }) => name))).toEqual(new Set(modules.map(({ name }) => name)))
})

test('stage and prod differ in numbers alone', () => {
  const shape = (json: Json) =>
    new Set(Object.entries(json.resource).flatMap(([type, byName]) => Object.keys(byName).map((name) => `${type}.${name}`)))
  const only = [...shape(stacks.prod)].filter((address) => !shape(stacks.stage).has(address))
  // The third zone, and a way out for each.
  expect(only.every((address) => /\.network_(internal|external|nat)_[23]/.test(address))).toBe(true)
  expect([...shape(stacks.stage)].filter((address) => !shape(stacks.prod).has(address))).toEqual([])
  const cidrs = [stacks.stage, stacks.prod].map((json) => json.resource.aws_vpc!.network_vpc!.cidr_block)
  expect(new Set(cidrs).size).toBe(2)
})

test('people log in to ops', () => {
  expect(Object.keys(stacks.ops.resource).filter((type) => /^aws_iam_(user|group)/.test(type))).not.toEqual([])
  // Everywhere else there is one user for the day when ops cannot be reached.
  for (const name of ['stage', 'prod'] as const)
    expect(Object.values(stacks[name].resource.aws_iam_user!)).toMatchObject([{ name: 'emergency' }])
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { apply } from '../../src/engine/index.ts'
import { readPlanFile, writePlanFile } from '../../src/plans/planfile/index.ts'
import { readStateFile, stateInstances, writeStateFile } from '../../src/states/index.ts'
import { Harness, lines } from '../support/harness.ts'

/** A harness that says which instance of the provider did what. */
function regional(): { readonly h: Harness; readonly served: string[] } {
  const h = new Harness()
  const served: string[] = []
  h.world.onServed = (operation, name, region) => served.push(`${operation} ${name} in ${region}`)
  return { h, served }
}

const provider = (keys: string) => `
  provider "test" {
    alias    = "by_region"
    for_each = toset(${keys})
    region   = each.value
  }`
const things = (keys: string) => `
  resource "test_thing" "a" {
    for_each = toset(${keys})
    provider = test.by_region[each.key]
    name     = "a-\${each.key}"
  }`

const served = (h: Harness): string[] =>
  [...stateInstances(h.state)].map(([{ key }, , , { alias, key: provided }]) => `${String(key)}: ${alias}[${String(provided)}]`)

describe('a provider configuration with for_each', () => {
  test('serves each instance by the one that its key names, from creation to destruction', async () => {
    const { h, served: calls } = regional()
    h.config(provider('["eu", "us"]') + things('["eu", "us"]'))
    expect(await h.validate()).toEqual([])
    expect(await h.apply()).toEqual([])
    expect(calls.sort()).toEqual(['create a-eu in eu', 'create a-us in us'])
    expect(served(h)).toEqual(['eu: by_region[eu]', 'us: by_region[us]'])
    calls.length = 0
    // An instance that is not wanted any more is destroyed by what made it.
    h.config(provider('["eu", "us"]') + things('["us"]'))
    expect((await h.plan()).actions).toEqual(['delete test_thing.a["eu"] (delete_because_each_key)'])
    calls.length = 0
    expect(await h.apply()).toEqual([])
    expect(calls.filter((c) => !c.startsWith('read'))).toEqual(['delete a-eu in eu'])
    calls.length = 0
    // So is one whose block is gone, and what goes with everything else.
    expect(await h.apply({ mode: 'destroy' })).toEqual([])
    expect(calls.filter((c) => !c.startsWith('read'))).toEqual(['delete a-us in us'])
    expect(h.state.resources.size).toBe(0)
  })

  test('is chosen by module calls, through as many as there are', async () => {
    const { h, served: calls } = regional()
    h.config({
      'main.tf': `${provider('["eu", "us"]')}
        module "m" {
          source    = "./m"
          for_each  = { one = "eu", two = "us" }
          providers = { test = test.by_region[each.value] }
        }`,
      'm/main.tf': 'module "n" {\n source = "./n"\n providers = { test.inner = test }\n}',
      'm/n/main.tf': `
        terraform {
          required_providers {
            test = {
              source                = "hashicorp/test"
              configuration_aliases = [test.inner]
            }
          }
        }
        resource "test_thing" "a" {
          provider = test.inner
          name     = "a"
        }
        data "test_lookup" "d" {
          provider = test.inner
          id       = "d"
        }`,
    })
    expect(lines((await h.plan()).diags).filter((l) => l.startsWith('error'))).toEqual([])
    calls.length = 0
    expect(await h.apply()).toEqual([])
    expect(calls.sort()).toEqual(['create a in eu', 'create a in us', 'lookup d in eu', 'lookup d in us'])
    expect([...stateInstances(h.state)].map(([{ module }, , , p]) => `${String(module[0]!.key)} ${String(p.key)}`)).toEqual([
      'one eu',
      'one eu',
      'two us',
      'two us',
    ])
    expect((await h.plan()).actions).toEqual([])
  })

  test('may be made from what other resources give', async () => {
    const { h, served: calls } = regional()
    h.config(`
      resource "terraform_data" "regions" { input = ["eu"] }
      provider "test" {
        alias    = "by_region"
        for_each = toset(terraform_data.regions.input)
        region   = each.key
      }${things('["eu"]')}`)
    expect(await h.apply()).toEqual([])
    expect(calls).toEqual(['create a-eu in eu'])
  })

  test('is remembered in saved plans', async () => {
    const { h, served: calls } = regional()
    h.config(provider('["eu"]') + things('["eu"]'))
    const input = h.input()
    const { plan } = await h.plan()
    const dir = mkdtempSync(join(tmpdir(), 'landform-plan-'))
    const path = join(dir, 'p')
    const backend = { type: 'local', config: {}, workspace: 'default' }
    const rest = { stateLineage: '', stateSerial: 0, configFiles: new Map<string, string>(), lockFile: undefined, landformVersion: '1' }
    await writePlanFile(path, { plan, backend, ...rest })
    const { value } = await readPlanFile(path)
    rmSync(dir, { recursive: true })
    expect(value!.plan.changes[0]!.provider.key).toBe('eu')
    const { diags } = await apply({ ...input, plan: value!.plan })
    expect(lines(diags)).toEqual([])
    expect(calls).toEqual(['create a-eu in eu'])
  })

  const cases: readonly [name: string, config: string, want: RegExp][] = [
    ['a key that is not there', provider('["eu"]') + things('["us"]'), /has no instance with the key "us". Its keys are "eu"\.$/],
    [
      'a key that is null',
      `${provider('["eu"]')}\nresource "test_thing" "a" { provider = test.by_region[null] }`,
      /^error: Invalid provider instance key: .*: it is null\.$/,
    ],
    [
      'a key that is not known yet',
      `${provider('["eu"]')}\nresource "test_thing" "z" { provider = test.by_region["eu"] }\nresource "test_thing" "a" { provider = test.by_region[test_thing.z.id] }`,
      /it depends on values that cannot be determined until apply\.$/,
    ],
    [
      'a key that is no text',
      `${provider('["eu"]')}\nresource "test_thing" "a" { provider = test.by_region[["eu"]] }`,
      /^error: Invalid provider instance key: .*: string required/,
    ],
    [
      'a sensitive key',
      `${provider('["eu"]')}\nresource "test_thing" "a" { provider = test.by_region[sensitive("eu")] }`,
      /^error: Invalid provider instance key: .*: its value is sensitive/,
    ],
    [
      'instances that are not known yet',
      `resource "test_thing" "z" {}\nprovider "test" {\n alias = "by_region"\n for_each = toset([test_thing.z.id])\n}${things('["eu"]')}`,
      /^error: Invalid for_each argument: /,
    ],
    [
      'instances that are null',
      `${provider('null')}${things('["eu"]')}`,
      /^error: (Invalid for_each argument|Invalid function argument): /,
    ],
    [
      'a key that names what is not declared',
      `${provider('["eu"]')}\nresource "test_thing" "a" { provider = test.by_region[local.nothing] }`,
      /^error: Reference to undeclared local value: /,
    ],
    [
      'each where nothing is repeated',
      `${provider('["eu"]')}\nresource "test_thing" "a" { provider = test.by_region[each.key] }`,
      /^error: Reference to "each" in context without for_each: /,
    ],
  ]
  test.each(cases)('%s is an error', async (_, config, want) => {
    const { diags, actions } = await new Harness().config(config).plan()
    expect(lines(diags)).toEqual([expect.stringMatching(want)])
    expect(actions.filter((a) => a !== 'create test_thing.z')).toEqual([])
  })

  test('whose instance is gone cannot destroy what that has made', async () => {
    const h = new Harness().config(provider('["eu", "us"]') + things('["eu", "us"]'))
    await h.apply()
    const before = h.state
    h.config(provider('["us"]') + things('["us"]'))
    for (const mode of ['normal', 'destroy'] as const) {
      expect(lines((await h.plan({ mode })).diags)).toEqual([
        expect.stringMatching(
          /^error: Provider instance not present: To work with test_thing\.a\["eu"\] its original provider instance at provider\["registry\.terraform\.io\/hashicorp\/test"\]\.by_region\["eu"\] is required/,
        ),
      ])
    }
    h.config('')
    expect(lines((await h.plan()).diags)[0]).toMatch(/^error: Provider configuration not present: /)
    expect(h.state).toBe(before)
  })
})

describe('a state with instances of provider configurations', () => {
  const state = (provider: string, second: string): string => `{
  "version": 4,
  "terraform_version": "1.11.4",
  "serial": 1,
  "lineage": "l",
  "outputs": {},
  "resources": [
    {
      "mode": "managed",
      "type": "test_thing",
      "name": "a",
${provider}      "instances": [
        {
          "index_key": "eu",
          "provider": "provider[\\"registry.opentofu.org/hashicorp/test\\"].by_region[\\"eu\\"]",
          "schema_version": 1,
          "attributes": {},
          "sensitive_attributes": []
        },
        {
          "index_key": "eu",
          "deposed": "00000001",
          "provider": "provider[\\"registry.opentofu.org/hashicorp/test\\"].by_region[\\"eu\\"]",
          "schema_version": 1,
          "attributes": {},
          "sensitive_attributes": []
        },
        {
          "index_key": "us",
          "provider": "${second}",
          "schema_version": 1,
          "attributes": {},
          "sensitive_attributes": []
        }
      ]
    }
  ],
  "check_results": null
}
`
  const name = 'provider[\\"registry.opentofu.org/hashicorp/test\\"].by_region'

  test('is read and written as OpenTofu does', () => {
    const text = state('', `${name}[\\"u\\\\\\"s\\"]`)
    const { value, diags } = readStateFile(text)
    expect(diags).toEqual([])
    expect([...stateInstances(value!.state)].map(([, , , p]) => p.key)).toEqual(['eu', 'eu', 'u"s'])
    expect(writeStateFile(value!)).toBe(text)
  })

  test('may have instances that need none', () => {
    const text = state('', name)
    expect(writeStateFile(readStateFile(text).value!)).toBe(text)
  })

  test.each([
    ['another configuration', 'provider[\\"registry.opentofu.org/hashicorp/test\\"].other', /name different provider configurations/],
    ['no address', 'nonsense', /has the provider configuration address "nonsense", which is not valid/],
    ['a number', `${name}[0]`, /Extraneous operators after provider configuration alias/],
  ])('whose instances name %s is refused', (_, second, want) => {
    const { value, diags } = readStateFile(state('', second))
    expect(value).toBeUndefined()
    expect(lines(diags)).toEqual([expect.stringMatching(want)])
  })
})

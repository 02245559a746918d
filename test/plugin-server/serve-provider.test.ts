import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { nullVal, objectVal, stringType, stringVal, unknownVal, valueToJson } from '../../src/cty/index.ts'
import { launchPlugin, type Plugin, reattachPlugin } from '../../src/plugin/index.ts'
import { connectGrpc, decodeMessage, encodeMessage, protocolOf } from '../../src/plugin/wire/index.ts'
import type { Provider } from '../../src/providers/index.ts'
import { nullOf } from '../../src/schema/index.ts'
import { configValue } from '../builtin/_drive.ts'
import { buildProgram } from '../plugin/_build.ts'

const dir = mkdtempSync(join(tmpdir(), 'landform-server-'))
let executable = ''
const opened: Plugin[] = []

beforeAll(async () => {
  executable = await buildProgram(join(import.meta.dirname, '_provider.ts'), join(dir, 'terraform-provider-sample'))
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((plugin) => plugin.close()))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const surroundings = (more: Record<string, string> = {}) => ({ PATH: process.env.PATH ?? '', TMPDIR: dir, ...more })

async function open(environment: Record<string, string> = {}, settings: Record<string, string> = {}): Promise<Plugin> {
  const plugin = await launchPlugin({ executable, environment: surroundings(environment), settings })
  opened.push(plugin)
  return plugin
}

async function configured(plugin: Plugin, greeting = 'hello'): Promise<Provider> {
  const provider = plugin.provider()
  const { diags } = await provider.configure({ config: configValue(plugin.schema().provider, { greeting }), terraformVersion: '1.11.4' })
  expect(diags).toEqual([])
  return provider
}

const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString()

// Both versions of the protocol, with certificates and in the clear.
describe.each<[string, Record<string, string>, Record<string, string>]>([
  ['protocol 6', {}, {}],
  ['protocol 5', { SERVE: 'flat', PROTOCOL: '5' }, {}],
  ['protocol 6 without TLS', {}, { TF_DISABLE_PLUGIN_TLS: '1' }],
])('%s', (_, environment, settings) => {
  test('schemas arrive as they are', async () => {
    const plugin = await open(environment, settings)
    const schema = plugin.schema()
    expect(schema.resourceNames()).toEqual(environment.SERVE === 'flat' ? ['sample_thing'] : ['sample_nested', 'sample_thing'])
    const { block, version } = schema.resource('sample_thing')!
    expect(version).toBe(1)
    expect(block.attributes.secret).toMatchObject({ optional: true, writeOnly: true })
    expect(block.blockTypes.part).toMatchObject({ nesting: 'list', maxItems: 3 })
    expect(schema.identity('sample_thing')).toMatchObject({
      version: 2,
      attributes: { id: { requiredForImport: true, description: 'what it is' } },
    })
    expect(schema.functions!.get('join')).toMatchObject({
      parameters: [{ name: 'by', allowNull: true }],
      variadicParameter: { name: 'words' },
      descriptionKind: 'markdown',
    })
    expect(schema.ephemeralResource('sample_token')!.block.attributes.value).toMatchObject({ sensitive: true })
    expect([schema.planDestroy, schema.capabilities.moveResourceState, Object.keys(schema.providerMeta!.attributes)]).toEqual([
      true,
      true,
      ['team'],
    ])
    if (environment.SERVE !== 'flat')
      expect(schema.resource('sample_nested')!.block.attributes.inner!.nestedType).toMatchObject({ nesting: 'list' })
  })

  test('an object lives its life', async () => {
    const plugin = await open(environment, settings)
    const provider = await configured(plugin)
    const typeName = 'sample_thing'
    const { block } = plugin.schema().resource(typeName)!
    const config = configValue(block, { name: 'n', secret: 's', part: [{ size: '1' }] })
    const proposed = configValue(block, { name: 'n', part: [{ size: '1' }] })
    const none = nullOf(block)
    const plan = await provider.planResourceChange({ typeName, prior: none, proposed, config, priorPrivate: undefined })
    expect([plan.diags, plan.planned.getAttr('id').isKnown, textOf(plan.plannedPrivate)]).toEqual([[], false, 'plan;'])
    const made = await provider.applyResourceChange({
      typeName,
      prior: none,
      planned: plan.planned,
      config,
      plannedPrivate: plan.plannedPrivate,
    })
    expect(made.diags).toEqual([])
    expect(made.newState.getAttr('id').asString()).toBe('made')
    expect(textOf(made.private)).toBe('plan;apply hello 1.11.4 with a secret;')
    expect(valueToJson(made.identity!)).toBe('{"id":"made"}')
    const again = await provider.planResourceChange({
      typeName,
      prior: made.newState,
      proposed: made.newState,
      config,
      priorPrivate: made.private,
      priorIdentity: made.identity,
    })
    expect(again.requiresReplace.map((path) => path.length)).toEqual([1, 2])
    expect(valueToJson(again.plannedIdentity!)).toBe('{"id":"made"}')
    const meta = objectVal({ team: stringVal('ops') })
    const read = await provider.readResource({
      typeName,
      prior: made.newState,
      private: made.private,
      identity: made.identity,
      providerMeta: meta,
    })
    expect(valueToJson(read.newState)).toBe(valueToJson(made.newState))
    expect(textOf(read.private)).toContain('read by ops;')
    const destroy = await provider.planResourceChange({
      typeName,
      prior: made.newState,
      proposed: none,
      config: none,
      priorPrivate: undefined,
    })
    expect([destroy.planned.isNull, textOf(destroy.plannedPrivate)]).toEqual([true, 'plan destroy;'])
    const gone = await provider.applyResourceChange({
      typeName,
      prior: made.newState,
      planned: none,
      config: none,
      plannedPrivate: destroy.plannedPrivate,
    })
    expect([gone.diags, gone.newState.isNull]).toEqual([[], true])
  })

  test('objects are imported, moved, upgraded, missed', async () => {
    const plugin = await open(environment, settings)
    const provider = await configured(plugin)
    const typeName = 'sample_thing'
    const byId = await provider.importResourceState({ typeName, id: 'x' })
    expect([byId.imported[0]!.state.getAttr('name').asString(), textOf(byId.imported[0]!.private)]).toEqual(['x', 'imported'])
    const byIdentity = await provider.importResourceState({ typeName, id: '', identity: objectVal({ id: stringVal('y') }) })
    expect(valueToJson(byIdentity.imported[0]!.identity!)).toBe('{"id":"y"}')
    const moved = await provider.moveResourceState!({
      sourceProvider: 'registry.terraform.io/hashicorp/null',
      sourceTypeName: 'null_resource',
      sourceVersion: 0,
      sourceStored: { json: '{"id":"7"}' },
      sourcePrivate: undefined,
      targetTypeName: typeName,
    })
    expect([moved.diags, moved.value.getAttr('name').asString(), textOf(moved.private)]).toEqual([
      [],
      'registry.terraform.io/hashicorp/null null_resource',
      'moved',
    ])
    const upgraded = await provider.upgradeResourceState({ typeName, version: 0, stored: { json: '{"id":"1","name":"n","extra":1}' } })
    expect([upgraded.diags, upgraded.value.getAttr('name').asString()]).toEqual([[], 'n'])
    const identity = await provider.upgradeResourceIdentity!({ typeName, version: 1, stored: { json: '{"was":"z"}' } })
    expect(valueToJson(identity.identity)).toBe('{"id":"z"}')
    const prior = configValue(plugin.schema().resource(typeName)!.block, { id: 'gone', name: 'n' })
    expect((await provider.readResource({ typeName, prior, private: undefined })).newState.isNull).toBe(true)
  })

  test('data, ephemeral resources and functions answer', async () => {
    const plugin = await open(environment, settings)
    const provider = await configured(plugin)
    const { block } = plugin.schema().dataSource('sample_lookup')!
    const data = await provider.readDataSource({ typeName: 'sample_lookup', config: configValue(block, { key: 'k' }) })
    expect([data.diags, data.value.getAttr('value').asString()]).toEqual([[], 'hello k'])
    const token = plugin.schema().ephemeralResource('sample_token')!.block
    const request = { typeName: 'sample_token', config: configValue(token, { name: 'n' }) }
    expect((await provider.validateEphemeralConfig!(request)).diags).toEqual([])
    const ephemeral = await provider.openEphemeralResource!(request)
    expect([ephemeral.value.getAttr('value').asString(), ephemeral.renewAt?.toISOString()]).toEqual(['token', '2030-01-02T03:04:05.678Z'])
    const renewed = await provider.renewEphemeralResource!({ typeName: 'sample_token', private: ephemeral.private })
    expect([textOf(renewed.private), renewed.renewAt]).toEqual(['openedrenewed;', undefined])
    expect((await provider.closeEphemeralResource!({ typeName: 'sample_token', private: renewed.private })).diags).toMatchObject([
      { severity: 'warning', detail: 'openedrenewed;' },
    ])
    const call = (...args: Parameters<NonNullable<Provider['callFunction']>>[0]['args'][number][]) =>
      provider.callFunction!({ name: 'join', args })
    expect((await call(stringVal('-'), stringVal('a'), stringVal('b'))).result!.asString()).toBe('a-b')
    expect((await call(nullVal(stringType))).error).toEqual({ text: 'cannot join by nothing', argument: 0 })
  })

  test('diagnostics keep their place, and what is thrown is one', async () => {
    const plugin = await open(environment, settings)
    const provider = await configured(plugin)
    const { block } = plugin.schema().resource('sample_thing')!
    const { diags } = await provider.validateResourceConfig({ typeName: 'sample_thing', config: configValue(block, { name: 'bad' }) })
    expect(diags).toMatchObject([{ severity: 'warning', summary: 'Bad name', detail: 'It is bad.' }])
    expect(diags[0]!.attribute!.map((step) => (step.kind === 'attribute' ? step.name : 'index'))).toEqual(['part', 'index', 'size'])
    const config = configValue(plugin.schema().dataSource('sample_lookup')!.block, { key: 'throw' })
    expect((await provider.readDataSource({ typeName: 'sample_lookup', config })).diags).toMatchObject([
      { severity: 'error', summary: 'Provider failed', detail: expect.stringContaining('thrown on purpose') },
    ])
    // The process goes on.
    expect(
      (await provider.validateResourceConfig({ typeName: 'sample_thing', config: configValue(block, { name: 'good' }) })).diags,
    ).toEqual([])
  })

  test('it is stopped, and leaves nothing behind', async () => {
    const plugin = await open(environment, settings)
    const provider = await configured(plugin)
    await provider.stop()
    const config = configValue(plugin.schema().dataSource('sample_lookup')!.block, { key: 'k' })
    expect((await provider.readDataSource({ typeName: 'sample_lookup', config })).value.getAttr('value').asString()).toBe('stopped k')
    await plugin.close()
    expect(readdirSync(dir).filter((name) => name.startsWith('plugin'))).toEqual([])
  })
})

test('attributes with attributes of their own are refused over protocol 5, in words', async () => {
  await expect(open({ PROTOCOL: '5' })).rejects.toThrow(
    /The schema of resource type sample_nested: The attribute "inner" has attributes of its own, which plugin protocol 5 cannot express/,
  )
})

test('started by hand it says what it is', () => {
  const { status, stdout, stderr } = spawnSync(executable, { encoding: 'utf8', env: surroundings() })
  expect([status, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^This program is a provider plugin\./)
})

test('hosts attach to one that is debugged, and configure it anew', async () => {
  const child = spawn(executable, { env: surroundings({ DEBUG_PROVIDER: '1' }), stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const printed = await new Promise<string>((resolve) => {
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.includes('Ctrl-C')) resolve(text)
      })
    })
    const json = /TF_REATTACH_PROVIDERS='(.*)'/.exec(printed)![1]!
    expect(Object.keys(JSON.parse(json) as object)).toEqual(['registry.terraform.io/acme/sample'])
    const { Addr, ProtocolVersion } = (
      JSON.parse(json) as Record<string, { Addr: { Network: 'unix'; String: string }; ProtocolVersion: 6 }>
    )['registry.terraform.io/acme/sample']!
    for (const greeting of ['first', 'second']) {
      const plugin = await reattachPlugin({
        address: { network: Addr.Network, address: Addr.String },
        protocol: ProtocolVersion,
        settings: {},
      })
      const provider = await configured(plugin, greeting)
      const config = configValue(plugin.schema().dataSource('sample_lookup')!.block, { key: 'k' })
      expect((await provider.readDataSource({ typeName: 'sample_lookup', config })).value.getAttr('value').asString()).toBe(`${greeting} k`)
      await plugin.close()
    }
    // What no host sends is answered all the same, and the process goes on.
    const channel = await connectGrpc({ network: Addr.Network, address: Addr.String }, undefined)
    const { readResource } = protocolOf(6).procedures
    const garbage = decodeMessage(readResource.response, await channel.unary(readResource.path, Buffer.from([0xff, 0x01, 0x02])))
    expect(garbage.diagnostics).toMatchObject([{ severity: 1, summary: 'Request not understood' }])
    const unknown = encodeMessage(readResource.request, { typeName: 'no_such_type' })
    expect(decodeMessage(readResource.response, await channel.unary(readResource.path, unknown)).diagnostics).toMatchObject([
      { severity: 1, summary: 'Request not understood', detail: 'The provider has no resource type no_such_type.' },
    ])
    await expect(channel.unary('/tfplugin6.Provider/Nothing', Buffer.alloc(0))).rejects.toThrow('unknown method')
    channel.destroy()
    child.kill('SIGINT')
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
    expect(existsSync(Addr.String)).toBe(false)
  } finally {
    child.kill('SIGKILL')
  }
})

test('unknown values go there and back', async () => {
  const plugin = await open()
  const { block } = plugin.schema().resource('sample_thing')!
  const config = configValue(block, {})
  const unknown = objectVal(new Map([...config.asMap(), ['name', unknownVal(stringType)]]))
  const plan = await plugin
    .provider()
    .planResourceChange({ typeName: 'sample_thing', prior: nullOf(block), proposed: unknown, config: unknown, priorPrivate: undefined })
  expect(plan.planned.getAttr('name').isKnown).toBe(false)
})

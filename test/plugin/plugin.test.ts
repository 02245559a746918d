import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nullVal, numberVal, objectVal, parseNumeric, pathToString, stringVal, type Value } from '../../src/cty/index.ts'
import { type Plugin, schemaCache } from '../../src/plugin/index.ts'
import type { Provider } from '../../src/providers/index.ts'
import { nullOf } from '../../src/schema/index.ts'
import type { PluginScript } from './_plugin.ts'
import { body, configured, everywhere, isRunning, json, pluginRoom, readThing, text, thing } from './_room.ts'

const { dir, executable, open } = pluginRoom()

describe.each([
  { name: 'protocol 6 over a unix socket with TLS', script: { protocol: 6 }, settings: {} },
  { name: 'protocol 5 in plain text', script: { protocol: 5, noIdentities: false }, settings: { TF_DISABLE_PLUGIN_TLS: '1' } },
] as { name: string; script: PluginScript; settings: Record<string, string> }[])('$name', ({ script, settings }) => {
  test('the whole life of an object', async () => {
    const { plugin, journal } = await open({ ...script, damagedType: true }, {}, settings)
    const schema = plugin.schema()
    expect(schema.resourceNames()).toEqual(['probe_damaged', 'probe_thing'])
    expect(schema.resource('probe_thing')).toMatchObject({ version: 2, block: { blockTypes: { rule: { nesting: 'list' } } } })
    expect(schema.resource('probe_thing')!.block.attributes.secret).toMatchObject({ optional: true, sensitive: true })
    expect(schema.resource('probe_damaged')).toBeUndefined()
    expect(schema.identity('probe_thing')).toMatchObject({ version: 1, attributes: { name: { requiredForImport: true } } })
    expect(schema.functions!.get('shout')).toMatchObject({ parameters: [{ name: 'text' }], descriptionKind: 'markdown' })
    expect(schema.planDestroy).toBe(true)
    const { block } = schema.resource('probe_thing')!
    const provider = await configured(plugin)
    const config = thing(plugin, 'one', { size: numberVal(parseNumeric('12345678901234567890.5')!) })
    expect(await provider.validateResourceConfig({ typeName: 'probe_thing', config })).toEqual({ diags: [] })
    const plan = await provider.planResourceChange({
      typeName: 'probe_thing',
      prior: nullOf(block),
      proposed: config,
      config,
      priorPrivate: undefined,
    })
    expect(plan).toMatchObject({ diags: [], requiresReplace: [], legacyTypeSystem: false })
    expect(plan.planned.getAttr('id').isKnown).toBe(false)
    expect(plan.planned.getAttr('tags').isKnown).toBe(false)
    expect(text(plan.plannedPrivate)).toBe('planned')
    expect(json(plan.plannedIdentity!)).toBe('{"name":"one"}')
    const applied = await provider.applyResourceChange({
      typeName: 'probe_thing',
      prior: nullOf(block),
      planned: plan.planned,
      config,
      plannedPrivate: plan.plannedPrivate,
      plannedIdentity: plan.plannedIdentity,
    })
    expect(applied.diags).toEqual([])
    expect(json(applied.newState)).toBe('{"id":"id-one","name":"one","rule":[],"secret":null,"size":12345678901234567890.5,"tags":null}')
    const read = await provider.readResource({
      typeName: 'probe_thing',
      prior: applied.newState,
      private: applied.private,
      identity: applied.identity,
    })
    expect([json(read.newState), text(read.private), json(read.identity!)]).toEqual([json(applied.newState), 'applied', '{"name":"one"}'])
    expect(journal().filter((line) => line.startsWith('read '))).toEqual(['read one applied meta= identity=one'])
    const renamed = thing(plugin, 'two')
    const replacement = await provider.planResourceChange({
      typeName: 'probe_thing',
      prior: read.newState,
      proposed: renamed,
      config: renamed,
      priorPrivate: read.private,
    })
    expect(replacement.requiresReplace.map(pathToString)).toEqual(['.name'])
    const nothing = nullOf(block)
    const end = await provider.planResourceChange({
      typeName: 'probe_thing',
      prior: read.newState,
      proposed: nothing,
      config: nothing,
      priorPrivate: read.private,
    })
    expect([end.planned.isNull, text(end.plannedPrivate)]).toEqual([true, 'to be deleted'])
    const gone = await provider.applyResourceChange({
      typeName: 'probe_thing',
      prior: read.newState,
      planned: nothing,
      config: nothing,
      plannedPrivate: end.plannedPrivate,
    })
    expect(gone).toMatchObject({ diags: [], private: undefined })
    expect(gone.newState.isNull).toBe(true)
    const echoed = await provider.readDataSource({
      typeName: 'probe_echo',
      config: body(schema.dataSource('probe_echo')!.block, { text: stringVal('hi') }),
    })
    expect(json(echoed.value)).toBe('{"result":"hi","text":"hi"}')
    expect(await provider.callFunction!({ name: 'shout', args: [stringVal('a'), stringVal('b')] })).toMatchObject({
      result: stringVal('A B'),
    })
    await provider.close()
    await plugin.close()
    expect(journal().at(-1)).toBe('shutdown')
    expect(journal().filter((line) => line.startsWith('start'))).toHaveLength(1)
    expect(readdirSync(dir).filter((name) => name.startsWith('plugin-test-'))).toEqual([])
  })
})

describe('calls', () => {
  let plugin: Plugin
  let provider: Provider
  let journal: () => string[]
  beforeAll(async () => {
    ;({ plugin, journal } = await open({}, {}, {}, true))
    provider = await configured(plugin, 'calm')
  })
  afterAll(() => plugin.close())
  const prior = (name: string) => thing(plugin, name, { id: stringVal('x') })

  test('diagnostics with their severity and place', async () => {
    const warned = await provider.validateResourceConfig({ typeName: 'probe_thing', config: thing(plugin, 'deprecated') })
    expect(warned.diags).toMatchObject([{ severity: 'warning', summary: 'Out of fashion', detail: 'Use another name.' }])
    expect(pathToString(warned.diags[0]!.attribute!)).toBe('.name')
    const refused = await provider.validateResourceConfig({ typeName: 'probe_thing', config: thing(plugin, 'forbidden') })
    expect(refused.diags).toMatchObject([{ severity: 'error', summary: 'Forbidden' }])
    expect(pathToString(refused.diags[0]!.attribute!)).toBe('.rule[0].port')
    const other = plugin.provider()
    const config = body(plugin.schema().provider, { mood: stringVal('bad') })
    expect((await other.validateProviderConfig(config)).diags).toMatchObject([{ summary: 'Bad mood' }])
    await other.close()
  })

  test('a stored object of today loses what its schema does not know, one of before is handed over whole', async () => {
    const today = await provider.upgradeResourceState({
      typeName: 'probe_thing',
      version: 2,
      stored: { json: '{"id":"a","name":"n","old":1,"tags":{"k":"v"},"size":1.10,"rule":[{"port":1,"was":2}]}' },
    })
    expect(today.diags).toEqual([])
    expect(json(today.value)).toBe('{"id":"a","name":"n","rule":[{"port":1}],"secret":null,"size":1.1,"tags":{"k":"v"}}')
    const before = await provider.upgradeResourceState({ typeName: 'probe_thing', version: 1, stored: { json: '{"id":"a","title":"n"}' } })
    expect(before.value.getAttr('name').asString()).toBe('n')
    const refused = await provider.upgradeResourceState({ typeName: 'probe_thing', version: 1, stored: { json: '{"id":"a","odd":"n"}' } })
    expect(refused.diags).toMatchObject([{ summary: 'Unknown attributes', detail: 'odd' }])
    expect(journal().filter((line) => line.startsWith('upgrade'))).toEqual([
      'upgrade 2 id,name,rule,size,tags',
      'upgrade 1 id,title',
      'upgrade 1 id,odd',
    ])
    const damaged = await provider.upgradeResourceState({ typeName: 'probe_thing', version: 2, stored: { json: '{' } })
    expect(damaged.diags).toMatchObject([{ severity: 'error', summary: 'Provider produced invalid object' }])
  })

  test('an object that is gone, one of the old SDK, one that is put off', async () => {
    const read = (name: string) => provider.readResource({ typeName: 'probe_thing', prior: prior(name), private: undefined })
    expect((await read('gone')).newState.isNull).toBe(true)
    expect(json((await read('legacy')).newState)).toContain('"rule":[]')
    expect((await read('deferred')).diags).toMatchObject([
      { severity: 'error', summary: 'Provider deferred changes when Terraform did not allow deferrals' },
    ])
  })

  test('import by id and by identity', async () => {
    const byId = await provider.importResourceState({ typeName: 'probe_thing', id: 'five' })
    expect(byId.imported.map((i) => [i.typeName, json(i.state), text(i.private), json(i.identity!)])).toEqual([
      ['probe_thing', '{"id":"id-five","name":"five","rule":null,"secret":null,"size":null,"tags":null}', 'imported', '{"name":"five"}'],
    ])
    const identity = objectVal([['name', stringVal('six')]])
    const byIdentity = await provider.importResourceState({ typeName: 'probe_thing', id: '', identity })
    expect(byIdentity.imported[0]!.state.getAttr('name').asString()).toBe('six')
  })

  test('move, identity of before, ephemeral resources', async () => {
    const moved = await provider.moveResourceState!({
      sourceProvider: 'registry.terraform.io/hashicorp/null',
      sourceTypeName: 'null_resource',
      sourceVersion: 0,
      sourceStored: { json: '{"id":"7"}' },
      sourcePrivate: undefined,
      targetTypeName: 'probe_thing',
    })
    expect([json(moved.value), text(moved.private)]).toEqual([
      '{"id":"7","name":"registry.terraform.io/hashicorp/null null_resource probe_thing","rule":[],"secret":null,"size":null,"tags":null}',
      'moved',
    ])
    const upgraded = await provider.upgradeResourceIdentity!({ typeName: 'probe_thing', version: 0, stored: { json: '{"title":"t"}' } })
    expect(json(upgraded.identity)).toBe('{"name":"t"}')
    const config = body(plugin.schema().ephemeralResource('probe_token')!.block, { name: stringVal('n') })
    const token = await provider.openEphemeralResource!({ typeName: 'probe_token', config })
    expect([json(token.value), text(token.private), token.renewAt]).toEqual([
      '{"name":"n","value":"s3cret"}',
      'opened',
      new Date(1_700_000_000_500),
    ])
    const renewed = await provider.renewEphemeralResource!({ typeName: 'probe_token', private: token.private })
    expect([text(renewed.private), renewed.renewAt]).toEqual(['opened+renewed', undefined])
    const closed = await provider.closeEphemeralResource!({ typeName: 'probe_token', private: renewed.private })
    expect(closed.diags).toMatchObject([{ severity: 'warning', summary: 'Closed', detail: 'opened+renewed' }])
  })

  test('functions', async () => {
    const call = (...args: Value[]) => provider.callFunction!({ name: 'shout', args })
    expect(await call(stringVal('a'), nullVal(stringVal('').type))).toMatchObject({ result: stringVal('A NULL') })
    expect(await call(stringVal('a'), stringVal('quiet'))).toEqual({ error: { text: 'not so quiet', argument: 1 } })
    expect(await provider.callFunction!({ name: 'whisper', args: [] })).toMatchObject({
      error: { text: expect.stringContaining('whisper') },
    })
  })

  test('types it does not have', async () => {
    const config = objectVal([])
    for (const answer of [
      provider.validateResourceConfig({ typeName: 'no', config }),
      provider.validateDataConfig({ typeName: 'no', config }),
      provider.validateEphemeralConfig!({ typeName: 'no', config }),
      provider.readResource({ typeName: 'no', prior: config, private: undefined }),
      provider.readDataSource({ typeName: 'no', config }),
    ]) {
      expect((await answer).diags).toMatchObject([{ severity: 'error', summary: 'Unsupported type' }])
    }
  })

  test('what is partly done is kept', async () => {
    const planned = prior('partial')
    const { block } = plugin.schema().resource('probe_thing')!
    const applied = await provider.applyResourceChange({
      typeName: 'probe_thing',
      prior: nullOf(block),
      planned,
      config: planned,
      plannedPrivate: undefined,
    })
    expect(applied.diags).toMatchObject([{ severity: 'error', summary: 'Half done' }])
    expect(applied.newState.getAttr('name').asString()).toBe('partial')
  })
})

describe('processes', () => {
  test('one launch for schema, validation and plan; a configuration of its own has a process of its own', async () => {
    const { plugin, journal } = await open()
    const first = plugin.provider()
    await first.validateResourceConfig({ typeName: 'probe_thing', config: thing(plugin, 'a') })
    await first.close()
    const east = await configured(plugin, 'east')
    const starts = () => journal().filter((line) => line.startsWith('start')).length
    expect(starts()).toBe(1)
    const west = await configured(plugin, 'west')
    expect(starts()).toBe(2)
    // As good as fresh: nothing was changed through it, and the configuration is the same.
    await east.close()
    const again = await configured(plugin, 'east')
    expect(starts()).toBe(2)
    expect(journal().filter((line) => line.startsWith('configured'))).toEqual(['configured 1.11.4 east', 'configured 1.11.4 west'])
    const planned = thing(plugin, 'z', { id: stringVal('x') })
    const nothing = nullOf(plugin.schema().resource('probe_thing')!.block)
    await again.applyResourceChange({ typeName: 'probe_thing', prior: nothing, planned, config: planned, plannedPrivate: undefined })
    await again.close()
    await west.close()
    const afterChange = await configured(plugin, 'east')
    expect(starts()).toBe(3)
    await afterChange.close()
  })

  test('a known schema spares the first launch', async () => {
    const cache = schemaCache(join(dir, 'schemas'), executable())!
    await open({}, { schemaCache: cache })
    const { plugin, journal } = await open({ schemaOptional: false }, { schemaCache: cache })
    expect(plugin.schema().resource('probe_thing')!.version).toBe(2)
    expect(journal()).toEqual([])
    // One that insists on being asked is asked.
    await (await configured(plugin)).close()
    expect(journal().filter((line) => line.startsWith('call'))).toEqual([
      'call getProviderSchema',
      'call getResourceIdentitySchemas',
      'call validateProviderConfig',
      'call configure',
    ])
  })

  test('nothing is left of one that does not end when asked, nor of what it has started', async () => {
    const { plugin, journal, journalFile } = await open({ stubborn: true, spawns: true })
    const pid = Number(journal()[0]!.split(' ')[1])
    const child = Number(readFileSync(`${journalFile}.child`, 'utf8'))
    expect([isRunning(pid), isRunning(child)]).toEqual([true, true])
    await plugin.close()
    await expect.poll(() => [isRunning(pid), isRunning(child)]).toEqual([false, false])
    expect(readdirSync(dir).filter((name) => name.startsWith('plugin-test-'))).toEqual([])
  }, 15_000)

  test('stopping is passed on', async () => {
    const { plugin, journal } = await open()
    const provider = await configured(plugin)
    await provider.stop()
    expect(journal()).toContain('stop')
    await provider.close()
    await provider.stop()
    await provider.close()
  })
})

describe('programs that are no plugins', () => {
  test.each([
    ['exit', /It ended before it greeted: exit code 3\.\n\nThe end of its log:\n {2}no license/],
    ['garbage', /It did not greet as a plugin does, but wrote "Hello, world!"\./],
    ['oldCore', /version 7 of the plugin handshake/],
    ['version4', /It speaks plugin protocol 4; 5 and 6 are supported/],
    ['badCertificate', /something that is no certificate/],
    ['none', /It did not greet within 0\.3 seconds/],
  ] as const)('%s', async (greeting, message) => {
    const before = Date.now()
    await expect(open({ greeting }, greeting === 'none' ? { startTimeoutMs: 300 } : {})).rejects.toThrow(message)
    expect(Date.now() - before).toBeLessThan(5000)
  })

  test('a file that is not there, a schema that is none', async () => {
    await expect(open({}, { executable: join(dir, 'nothing-here') })).rejects.toThrow(/It cannot be started: .*ENOENT/)
    await expect(open({ schemaGarbage: true })).rejects.toThrow(/the message ends inside/)
  })
})

describe('misbehaviour costs the object an error, and nothing else', () => {
  test('a crash: the others are served by a new process', async () => {
    const { plugin, journal } = await open()
    const provider = await configured(plugin, 'calm')
    const names = ['a', 'b', 'crash:readResource', 'c', 'd', 'kill:readResource', 'e']
    const answers = await Promise.all(names.map((name) => readThing(plugin, provider, name)))
    expect(answers.map((a) => a.diags.length)).toEqual([0, 0, 1, 0, 0, 1, 0])
    expect(answers[2]!.diags[0]).toMatchObject({ severity: 'error', summary: 'Plugin did not respond' })
    expect(answers[2]!.diags[0]!.detail).toContain(
      'failed to respond to the ReadResource call. The plugin ended: exit code 2.\n\nThe end of its log:\n  panic: no more readResource\n  goroutine 1 [running]:\n  main.main()',
    )
    expect(answers[5]!.diags[0]!.detail).toContain('The plugin ended: signal SIGKILL.')
    // What is there is not taken for gone.
    expect(answers[2]!.newState.isNull).toBe(false)
    expect(journal().filter((line) => line === 'configured 1.11.4 calm').length).toBeGreaterThan(1)
    const later = await readThing(plugin, provider, 'later')
    expect(later.diags).toEqual([])
  }, 20_000)

  test('a crash in every call about an object, one after the other', async () => {
    const { plugin } = await open()
    const provider = await configured(plugin)
    for (const [name, call] of everywhere) {
      const { diags } = await call(provider, thing(plugin, `crash:${name}`))
      expect(diags).toMatchObject([{ summary: 'Plugin did not respond', detail: expect.stringContaining(`panic: no more ${name}`) }])
    }
    expect((await readThing(plugin, provider, 'good')).diags).toEqual([])
  }, 60_000)

  test('a change that is cut off is not made again', async () => {
    const { plugin, journal } = await open()
    const provider = await configured(plugin)
    const planned = thing(plugin, 'crash:applyResourceChange', { id: stringVal('x') })
    const nothing = nullOf(plugin.schema().resource('probe_thing')!.block)
    const answer = await provider.applyResourceChange({
      typeName: 'probe_thing',
      prior: nothing,
      planned,
      config: planned,
      plannedPrivate: undefined,
    })
    expect(answer.diags).toMatchObject([{ severity: 'error', summary: 'Plugin did not respond' }])
    expect(answer.newState.isNull).toBe(true)
    expect(journal().filter((line) => line === 'call applyResourceChange')).toHaveLength(1)
    expect((await readThing(plugin, provider, 'next')).diags).toEqual([])
  }, 20_000)

  test.each([
    ['hang:readResource', 'Plugin did not respond', 'The plugin did not respond to the ReadResource call: no answer within 0.5 s.'],
    ['garbage:readResource', 'Plugin error', 'something that is no message of the plugin protocol'],
    // A hundred megabytes.
    ['big:readResource', 'Plugin error', 'something that is no message of the plugin protocol'],
    ['wrongType:readResource', 'Provider produced invalid object', 'cannot be read with the schema of the provider'],
  ])(
    '%s',
    async (name, summary, detail) => {
      const { plugin } = await open({}, {}, name.startsWith('hang') ? { LANDFORM_PLUGIN_TIMEOUT: '0.5' } : {})
      const provider = plugin.provider()
      const [bad, good] = await Promise.all([readThing(plugin, provider, name), readThing(plugin, provider, 'good')])
      expect(bad.diags).toMatchObject([{ severity: 'error', summary, detail: expect.stringContaining(detail) }])
      expect(bad.newState.isNull).toBe(false)
      expect(good.diags).toEqual([])
    },
    30_000,
  )
})

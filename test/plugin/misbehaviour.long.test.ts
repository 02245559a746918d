import { describe, expect, test } from 'vitest'
import { stringVal } from '../../src/cty/index.ts'
import { body, configured, everywhere, pluginRoom, readThing, thing } from './_room.ts'

const { open } = pluginRoom()

describe('misbehaviour costs the object an error, and nothing else', () => {
  test('one that always breaks is given up', async () => {
    const { plugin, journal } = await open()
    const provider = await configured(plugin)
    const answers = await Promise.all(Array.from({ length: 15 }, () => readThing(plugin, provider, 'kill:readResource')))
    for (const { diags } of answers) expect(diags).toMatchObject([{ severity: 'error', summary: 'Plugin did not respond' }])
    expect(journal().filter((line) => line.startsWith('start')).length).toBeLessThanOrEqual(11)
  }, 60_000)

  test.each([
    ['hang:readResource', 'Plugin did not respond', 'The plugin did not respond to the ReadResource call: no answer within 0.5 s.'],
    ['garbage:readResource', 'Plugin error', 'something that is no message of the plugin protocol'],
    ['big:readResource', 'Plugin error', 'something that is no message of the plugin protocol'],
    ['huge:readResource', 'Plugin error', 'longer than the 268435456 bytes allowed'],
    ['status:readResource', 'Plugin error', 'unexpected error from the ReadResource call: something inside'],
    ['error:readResource', 'Plugin error', 'unexpected error from the ReadResource call: plain'],
    ['unimplemented:readResource', 'Unsupported plugin method', 'The ReadResource method is not supported'],
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

  test.each(everywhere)(
    'a crash in %s',
    async (name, call) => {
      const { plugin } = await open()
      const provider = await configured(plugin)
      const answer = await call(provider, thing(plugin, `crash:${name}`))
      expect(answer.diags).toMatchObject([
        { severity: 'error', summary: 'Plugin did not respond', detail: expect.stringContaining(`panic: no more ${name}`) },
      ])
      expect((await call(provider, thing(plugin, 'fine'))).diags).toEqual([])
    },
    20_000,
  )

  test('a crash in a function and while configuring', async () => {
    const { plugin } = await open()
    const provider = await configured(plugin)
    expect(await provider.callFunction!({ name: 'shout', args: [stringVal('crash:callFunction')] })).toMatchObject({
      error: { text: expect.stringContaining('panic: no more callFunction') },
    })
    await provider.close()
    const other = plugin.provider()
    const config = body(plugin.schema().provider, { mood: stringVal('crash:configure') })
    expect((await other.configure({ config, terraformVersion: '1.11.4' })).diags).toMatchObject([{ summary: 'Plugin did not respond' }])
    await other.close()
  }, 20_000)

  test('a flood of log is read, and only its end kept', async () => {
    const { plugin } = await open({ flood: 30 })
    const provider = await configured(plugin)
    expect((await readThing(plugin, provider, 'good')).diags).toEqual([])
  }, 20_000)
})

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { nullVal, objectVal, stringVal, type Value, valueToJson } from '../../src/cty/index.ts'
import { launchPlugin, type Plugin, type PluginOptions } from '../../src/plugin/index.ts'
import type { Provider } from '../../src/providers/index.ts'
import { type BlockSchema, emptyBlockValue, impliedType } from '../../src/schema/index.ts'
import { buildTestPlugin, scriptText } from './_build.ts'
import type { PluginScript } from './_plugin.ts'

export interface Opened {
  readonly plugin: Plugin
  /** What the plugin has noted, line by line. */
  readonly journal: () => string[]
  readonly journalFile: string
}

export interface PluginRoom {
  /** Where the program, its sockets and its notes are. */
  readonly dir: string
  executable(): string
  /** Closed after the test, unless `keep` is set. */
  open(script?: PluginScript, options?: Partial<PluginOptions>, settings?: Record<string, string>, keep?: boolean): Promise<Opened>
}

/** Makes the test plugin before the tests of a file, and cleans up after them. */
export function pluginRoom(): PluginRoom {
  const dir = mkdtempSync(join(tmpdir(), 'landform-plugin-'))
  let executable = ''
  let journals = 0
  const opened: Plugin[] = []
  beforeAll(async () => {
    executable = await buildTestPlugin(dir)
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((plugin) => plugin.close()))
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  return {
    dir,
    executable: () => executable,
    async open(script = {}, options = {}, settings = {}, keep = false) {
      const journalFile = join(dir, `journal-${journals++}`)
      const plugin = await launchPlugin({
        executable,
        environment: { PATH: process.env.PATH ?? '', TMPDIR: dir, TEST_PLUGIN: scriptText({ journal: journalFile, ...script }) },
        settings,
        ...options,
      })
      if (!keep) opened.push(plugin)
      return { plugin, journalFile, journal: () => (existsSync(journalFile) ? readFileSync(journalFile, 'utf8').trim().split('\n') : []) }
    },
  }
}

export function body(block: BlockSchema, given: Record<string, Value>): Value {
  return objectVal(
    [...emptyBlockValue(block).asMap()].map(([name, v]) => [name, given[name] ?? v] as const),
    impliedType(block),
  )
}

export function thing(plugin: Plugin, name: string, more: Record<string, Value> = {}): Value {
  return body(plugin.schema().resource('probe_thing')!.block, { name: stringVal(name), ...more })
}

export async function configured(plugin: Plugin, mood?: string): Promise<Provider> {
  const provider = plugin.provider()
  const config = body(plugin.schema().provider, mood === undefined ? {} : { mood: stringVal(mood) })
  expect(await provider.validateProviderConfig(config)).toEqual({ diags: [] })
  expect(await provider.configure({ config, terraformVersion: '1.11.4' })).toEqual({ diags: [] })
  return provider
}

export const json = (v: Value): string => valueToJson(v, v.type)
export const text = (bytes: Uint8Array | undefined): string | undefined => (bytes === undefined ? undefined : Buffer.from(bytes).toString())
/** A process that has ended and that nobody has asked about yet does not count. */
export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export function readThing(plugin: Plugin, provider: Provider, name: string) {
  return provider.readResource({ typeName: 'probe_thing', prior: thing(plugin, name, { id: stringVal('x') }), private: undefined })
}

/** Calls about one object, by the name that its attribute `name` takes for what is to go wrong. */
export const everywhere = [
  ['validateResourceConfig', (p: Provider, v: Value) => p.validateResourceConfig({ typeName: 'probe_thing', config: v })],
  [
    'upgradeResourceState',
    (p: Provider, v: Value) => p.upgradeResourceState({ typeName: 'probe_thing', version: 2, stored: { json: json(v) } }),
  ],
  [
    'planResourceChange',
    (p: Provider, v: Value) => p.planResourceChange({ typeName: 'probe_thing', prior: v, proposed: v, config: v, priorPrivate: undefined }),
  ],
  ['importResourceState', (p: Provider, v: Value) => p.importResourceState({ typeName: 'probe_thing', id: v.getAttr('name').asString() })],
  [
    'readDataSource',
    (p: Provider, v: Value) =>
      p.readDataSource({
        typeName: 'probe_echo',
        config: objectVal([
          ['text', v.getAttr('name')],
          ['result', nullVal(v.getAttr('name').type)],
        ]),
      }),
  ],
] as const

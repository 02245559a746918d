import { resolve } from 'node:path'
import { diskFileSystem, type FileSystem, memoryFileSystem } from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { type LoadedConfig, loadConfiguration, loadSavedConfiguration, type Settings } from '../workdir/index.ts'

/** What is used of a stack of cdktf, or of a fork of it. */
export interface StackLike {
  readonly node: { readonly id: string }
  prepareStack?(): void
  toTerraform(): object
}

/** An app, or any construct that holds stacks. */
export interface AppLike {
  readonly node: { findAll(): readonly unknown[] }
}

/** A folder, a construct, or the texts of files by their paths relative to a folder that need not exist. */
export type ConfigSource = string | StackLike | AppLike | { readonly files: Readonly<Record<string, string>> }

export interface OpenSource {
  /** Where relative paths of the configuration start. */
  readonly baseDir: string
  readonly dataDir: string
  readonly files: FileSystem
  load(settings: Settings, diags: Diagnostics): LoadedConfig
  /** Path of the construct that made a resource, by its address without instance keys; empty without constructs. */
  readonly constructs: ReadonlyMap<string, string>
}

/** Undefined when it cannot be told what to plan, which is reported. */
export function openSource(source: ConfigSource, diags: Diagnostics): OpenSource | undefined {
  if (typeof source === 'string') {
    const baseDir = resolve(source)
    return {
      baseDir,
      dataDir: resolve(baseDir, '.terraform'),
      files: diskFileSystem(baseDir),
      load: (settings, own) => loadConfiguration(settings, own, { dir: baseDir }),
      constructs: new Map(),
    }
  }
  if ('files' in source) return ofFiles(source.files, new Map())
  const stack = stackOf(source, diags)
  if (stack === undefined) return undefined
  // References between stacks make data sources and outputs in them, which they must have before they are written down.
  if ('node' in source && 'findAll' in source.node) for (const other of stacksIn(source as AppLike)) other.prepareStack?.()
  const json = stack.toTerraform()
  return ofFiles({ 'cdk.tf.json': JSON.stringify(json, undefined, 2) }, constructPaths(json, stack.node.id))
}

function ofFiles(texts: Readonly<Record<string, string>>, constructs: ReadonlyMap<string, string>): OpenSource {
  const baseDir = process.cwd()
  return {
    baseDir,
    dataDir: resolve(baseDir, '.terraform'),
    files: memoryFileSystem(texts),
    load: (_settings, own) => loadSavedConfiguration(new Map(Object.entries(texts)), own),
    constructs,
  }
}

function isStack(construct: unknown): construct is StackLike {
  // Elements inside of a stack answer `toTerraform` too; only stacks are marked as such.
  return typeof construct === 'object' && construct !== null && Symbol.for('cdktf/TerraformStack') in construct
}

function stacksIn(app: AppLike): readonly StackLike[] {
  return app.node.findAll().filter(isStack)
}

function stackOf(source: StackLike | AppLike, diags: Diagnostics): StackLike | undefined {
  if (isStack(source) || 'toTerraform' in source) return source as StackLike
  const stacks = stacksIn(source)
  if (stacks.length === 1) return stacks[0]
  const names = stacks.map((s) => s.node.id).join(', ')
  const detail =
    stacks.length === 0
      ? 'The construct that was given holds no stack.'
      : `The app has the stacks ${names}. Hand over the one to be planned; outputs of the others can be given as plannedStates.`
  diags.error('One stack required', detail)
  return undefined
}

function constructPaths(json: object, stack: string): ReadonlyMap<string, string> {
  type Blocks = Record<string, Record<string, { '//'?: { metadata?: { path?: string } } }>>
  const { resource = {}, data = {} } = json as { resource?: Blocks; data?: Blocks }
  const paths = new Map<string, string>()
  const add = (prefix: string, blocks: Blocks): void => {
    for (const [type, byName] of Object.entries(blocks)) {
      for (const [name, block] of Object.entries(byName))
        paths.set(`${prefix}${type}.${name}`, block['//']?.metadata?.path?.slice(stack.length + 1) ?? '')
    }
  }
  add('', resource)
  add('data.', data)
  return paths
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * An arrow of imports runs downwards only. Per folder of src: the folders it may import besides itself. A folder named
 * `a/b` is judged by the longest entry that fits.
 */
const core = ['base', 'diags', 'cty', 'dag', 'hcl', 'addrs', 'schema']
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  proxy: [],
  diags: ['base'],
  cty: ['base'],
  dag: ['base', 'diags'],
  hcl: ['base', 'diags', 'cty', 'dag'],
  addrs: ['base', 'diags', 'cty', 'dag', 'hcl'],
  schema: ['base', 'diags', 'cty', 'dag', 'hcl', 'addrs'],
  config: core,
  encryption: core,
  states: core,
  aws: ['base', 'proxy', 'diags', 'cty', 'dag'],
  providers: core,
  lang: [...core, 'config'],
  plans: [...core, 'states', 'encryption'],
  statemgr: [...core, 'proxy', 'states', 'aws', 'encryption'],
  builtin: [...core, 'proxy', 'providers', 'aws'],
  plugin: [...core, 'providers'],
  registry: [...core, 'proxy', 'providers'],
  'plugin-server': [...core, 'providers', 'plugin'],
  engine: [...core, 'config', 'states', 'providers', 'lang', 'plans'],
  workdir: [
    ...core,
    'proxy',
    'config',
    'states',
    'encryption',
    'providers',
    'aws',
    'lang',
    'plans',
    'statemgr',
    'builtin',
    'plugin',
    'registry',
    'engine',
  ],
  library: [...core, 'config', 'states', 'providers', 'plans', 'statemgr', 'engine', 'workdir'],
  testing: [...core, 'config', 'states', 'providers', 'lang', 'plans', 'engine', 'workdir'],
  ops: [
    'library',
    'encryption',
    ...core,
    'proxy',
    'config',
    'states',
    'providers',
    'aws',
    'lang',
    'plans',
    'statemgr',
    'builtin',
    'plugin',
    'registry',
    'engine',
    'workdir',
    'sandbox',
  ],
  command: [
    'library',
    'encryption',
    'testing',
    ...core,
    'config',
    'states',
    'providers',
    'aws',
    'lang',
    'plans',
    'statemgr',
    'builtin',
    'plugin',
    'plugin-server',
    'registry',
    'engine',
    'workdir',
    'ops',
    'sandbox',
  ],
  sandbox: ['base'],
}

/** Packages that a folder may import at all; folders that are not named use Node's own modules only. */
const packages: Readonly<Record<string, RegExp>> = {
  lang: /^(re2js|yaml|bcryptjs)$/,
  aws: /^(@aws-sdk|@smithy)\//,
  builtin: /^((@aws-sdk|@smithy)\/|bcryptjs$)/,
  sandbox: /^(@aws-sdk|@smithy)\//,
  registry: /^yauzl$/,
  ops: /^esbuild$/,
  workdir: /^pg$/,
  command: /^(chalk|commander)$/,
}

const root = resolve(import.meta.dirname, '..', 'src')

function sourceFiles(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return sourceFiles(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
  const statements = text.matchAll(/^(?:import|export)\b[^'"`;]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm)
  return [...statements].map((m) => (m[1] ?? m[2] ?? m[3])!)
}

const files = sourceFiles(root)

describe('imports run downwards only', () => {
  test.each(
    readdirSync(root, { withFileTypes: true })
      .filter((e) => e.isDirectory())
      .map((e) => e.name),
  )('%s', (folder) => {
    const may = allowed[folder]
    expect(may, `src/${folder} has no row in the table of layers`).toBeDefined()
    const problems: string[] = []
    for (const file of files.filter((f) => relative(root, f).startsWith(`${folder}/`))) {
      for (const target of importsOf(file)) {
        const place = `${relative(root, file)} imports ${target}`
        if (target.startsWith('node:')) continue
        if (!target.startsWith('.')) {
          if (!packages[folder]?.test(target)) problems.push(place)
          continue
        }
        const path = resolve(dirname(file), target)
        if (!existsSync(path)) problems.push(`${place}, which does not exist`)
        const other = relative(root, path).split('/')[0]!
        if (other !== folder && !may!.includes(other)) problems.push(place)
      }
    }
    expect(problems).toEqual([])
  })
})

test('each folder of src says in a README what it knows and does not know', () => {
  const without = readdirSync(root, { withFileTypes: true })
    .filter((e) => e.isDirectory() && sourceFiles(join(root, e.name)).length > 0 && !existsSync(join(root, e.name, 'README.md')))
    .map((e) => e.name)
  expect(without).toEqual([])
})

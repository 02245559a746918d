import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataSources, resources } from '../src/builtin/aws/catalog.ts'
import { commands } from '../src/command/commands.ts'
import { ensureBuilt, Workspace } from './e2e/_cli.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** Blocks of a kind in a page, in order. */
function codeBlocks(page: string, kind: string): readonly string[] {
  return [...read(page).matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1]!)
}

interface Step {
  readonly command: string
  readonly output: string
}

/** `$ command` lines with what is shown below them. */
function steps(block: string): readonly Step[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf('\n')
      return { command: text.slice(0, end).replace(/ {2,}#.*$/, ''), output: text.slice(end + 1).trim() }
    })
}

describe('examples in the documentation', () => {
  let workspace: Workspace
  beforeAll(() => {
    ensureBuilt()
    workspace = new Workspace({})
  })
  afterAll(() => workspace.remove())

  test('the README takes a folder through its life', () => {
    const all = steps(codeBlocks('README.md', 'console')[0]!)
    expect(all.length).toBeGreaterThan(3)
    for (const { command, output } of all) {
      const [program, ...args] = command.split(' ')
      if (program === 'cat') {
        workspace.write({ [args[0]!]: `${output}\n` })
        continue
      }
      expect(program).toBe('landform')
      const got = workspace.run(args)
      expect([command, got.code, got.stderr]).toEqual([command, 0, ''])
      if (output !== '') expect(got.stdout).toContain(output)
    }
    expect(workspace.run(['plan', '-detailed-exitcode']).code).toBe(0)
  })

  test('the library page prints what it says', () => {
    const [example] = codeBlocks('docs/library.md', 'ts')
    const [output] = codeBlocks('docs/library.md', 'text')
    const { code } = transformSync(example!, { loader: 'ts' })
    const got = spawnSync(process.execPath, ['--input-type=module', '-'], { cwd: root, input: code, encoding: 'utf8' })
    expect([got.stderr, got.stdout]).toEqual(['', output])
  })

  test('the language page evaluates what it shows', () => {
    const all = steps(codeBlocks('docs/language.md', 'console')[0]!)
    expect(all.length).toBeGreaterThan(1)
    for (const { command, output } of all) {
      const input = /^echo '(.*)' \| landform console$/.exec(command)![1]!
      expect(workspace.run(['console'], { input: `${input}\n` }).stdout.trim()).toBe(output)
    }
  })
})

describe('lists in the documentation', () => {
  test('docs/providers.md names the types of the AWS provider, all and no others', () => {
    const named = [...read('docs/providers.md').matchAll(/^\| `(data\.)?(aws_\w+)` \|/gm)].map((match) => (match[1] ?? '') + match[2]!)
    const there = [...Object.keys(resources), ...Object.keys(dataSources).map((type) => `data.${type}`)]
    expect([...named].sort()).toEqual(there.sort())
  })

  test('the README names the commands, all and no others', () => {
    const row = /^\| commands \| ([^|]*) \|/m.exec(read('README.md'))![1]!
    const environmentRow = /^\| environments \| ([^|]*) \|/m.exec(read('README.md'))![1]!
    const sandboxRow = /^\| sandbox \| ([^|]*) \|/m.exec(read('README.md'))![1]!
    const named = new Set<string>()
    for (const [, words] of row.matchAll(/`([^`]*)`/g)) {
      if (/^(state|workspace|providers?|metadata) /.test(words!)) named.add(words!)
      else for (const word of words!.split(' ')) named.add(word)
    }
    for (const [, word] of environmentRow.matchAll(/`([^`]*)`/g))
      named.add(word!.startsWith('landform ') ? word!.slice('landform '.length) : `env ${word}`)
    for (const [, word] of sandboxRow.matchAll(/`landform ([^`]*)`/g)) named.add(word!)
    expect([...named].sort()).toEqual(Object.keys(commands).sort())
  })

  test('links within the documentation lead somewhere', () => {
    const pages = [
      'README.md',
      ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
        .filter((f) => f.endsWith('.md'))
        .map((f) => `docs/${f}`),
    ]
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/`((?:docs|modules|environments|state|src|test)\/[\w./-]*\w)`/g)].map((match) => match[1]!),
    )
    for (const path of new Set(named)) expect([path, exists(path)]).toEqual([path, true])
  })
})

function exists(path: string): boolean {
  try {
    readFileSync(join(root, path))
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR'
  }
}

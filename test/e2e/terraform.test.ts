import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, terraform, Workspace } from './_cli.ts'
import { fixtures } from './_fixtures.ts'

beforeAll(ensureBuilt, 120_000)

const made: Workspace[] = []
afterEach(() => {
  for (const w of made.splice(0)) w.remove()
})

type Tool = 'terraform' | 'landform'

function workspace(name: string): Workspace {
  const w = new Workspace(fixtures[name]!, { LANDFORM_DIALECT: 'terraform' })
  made.push(w)
  return w
}

function run(w: Workspace, tool: Tool, args: readonly string[]): string {
  const { code, stdout, stderr } = tool === 'landform' ? w.run(args) : w.runProgram(terraform!, args)
  expect([tool, args, code === 2 ? 0 : code, stderr]).toEqual([tool, args, 0, ''])
  return stdout
}

/** Ids differ from run to run, and each tool names itself in commands to copy. */
function plain(text: string): string {
  return (
    text
      .replaceAll('landform', 'terraform')
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
      .replace(/deposed object [0-9a-f]{8}/g, 'deposed object KEY')
      .replace(/after \d+s/g, 'after 0s')
      // Said when a lock takes more than a moment, as on a busy machine.
      .replace(/^Acquiring state lock\. This may take a few moments\.\.\.\n/gm, '')
  )
}

/** Lines about single objects come in the order of events. */
function sortedEvents(text: string): string {
  const lines = plain(text).split('\n')
  const isEvent = (line: string): boolean => /^\S+: (Refreshing|Creat|Modif|Destr|Read)/.test(line)
  return [...lines.filter(isEvent).sort(), ...lines.filter((l) => !isEvent(l))].join('\n')
}

/** The branches of a tree: Terraform lists modules in no particular order. */
function branches(text: string): string {
  return plain(text)
    .replace(/[│├└─]/g, ' ')
    .split('\n')
    .sort()
    .join('\n')
}

function document(text: string): unknown {
  const json = JSON.parse(plain(text))
  delete json.timestamp
  // Terraform lists them in no particular order.
  json.relevant_attributes?.sort((a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  return json
}

describe.skipIf(terraform === undefined)('the same as terraform', () => {
  for (const name of Object.keys(fixtures)) {
    test(`${name}: texts and documents`, { timeout: 120_000 }, () => {
      const both = { terraform: workspace(name), landform: workspace(name) }
      const compare = (args: readonly string[], shape: (text: string) => unknown): void => {
        const theirs = shape(run(both.terraform, 'terraform', args))
        const ours = shape(run(both.landform, 'landform', args))
        expect(ours, args.join(' ')).toEqual(theirs)
      }
      compare(['init', '-no-color'], plain)
      compare(['validate', '-no-color'], plain)
      compare(['validate', '-json'], document)
      compare(['plan', '-no-color', '-out=p'], plain)
      compare(['show', '-no-color', 'p'], plain)
      compare(['show', '-json', 'p'], document)
      compare(['apply', '-no-color', 'p'], sortedEvents)
      compare(['show', '-no-color'], plain)
      compare(['show', '-json'], document)
      compare(['output', '-no-color'], plain)
      compare(['output', '-json'], document)
      compare(['providers'], branches)
      compare(['plan', '-no-color'], sortedEvents)
      compare(['plan', '-no-color', '-var=s=2', '-out=p2'], sortedEvents)
      compare(['show', '-json', 'p2'], document)
      compare(['plan', '-no-color', '-refresh-only'], sortedEvents)
      compare(['plan', '-no-color', '-destroy', '-out=p3'], sortedEvents)
      compare(['show', '-json', 'p3'], document)
      compare(['apply', '-no-color', 'p2'], sortedEvents)
      const state = (w: Workspace): unknown => {
        const json = JSON.parse(plain(readFileSync(join(w.dir, 'terraform.tfstate'), 'utf8')))
        delete json.lineage
        // Counts how often the state was written on the way.
        delete json.serial
        return json
      }
      expect(state(both.landform)).toEqual(state(both.terraform))
      // With the values of the last apply: without them Terraform shows outputs as the defaults would have made them.
      compare(['destroy', '-no-color', '-auto-approve', '-var=s=2'], sortedEvents)
    })

    test(`${name}: each tool takes over the other's state`, { timeout: 120_000 }, () => {
      for (const [first, second] of [
        ['terraform', 'landform'],
        ['landform', 'terraform'],
      ] as const) {
        const w = workspace(name)
        run(w, first, ['init'])
        run(w, first, ['apply', '-auto-approve'])
        run(w, second, ['init'])
        expect(run(w, second, ['plan', '-no-color', '-detailed-exitcode'])).toContain('No changes.')
        run(w, second, ['apply', '-auto-approve', '-var=s=2'])
        expect(run(w, first, ['plan', '-no-color', '-var=s=2'])).toContain('No changes.')
        run(w, first, ['destroy', '-auto-approve'])
      }
    })
  }
})

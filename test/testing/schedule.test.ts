import { describe, expect, test } from 'vitest'
import { memoryFileSystem } from '../../src/config/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { findTestFiles } from '../../src/testing/find-files.ts'
import { parseTestFile } from '../../src/testing/parse.ts'
import { inOrder, waitsOf } from '../../src/testing/schedule.ts'

const waits = (text: string): readonly (readonly number[])[] => {
  const diags = new Diagnostics()
  const file = parseTestFile('x.tftest.hcl', memoryFileSystem({ 'x.tftest.hcl': text }), false, diags)
  expect(diags.items).toEqual([])
  return waitsOf(file, (run) => run.stateKey ?? '')
}

describe('runs wait for', () => {
  const cases: readonly (readonly [string, string, readonly (readonly number[])[]])[] = [
    ['all earlier ones', 'run "a" {}\nrun "b" {}\nrun "c" {}', [[], [0], [0, 1]]],
    [
      'none where states differ',
      'test { parallel = true }\nrun "a" { state_key = "a" }\nrun "b" { state_key = "b" }\nrun "c" { state_key = "c" }',
      [[], [], []],
    ],
    [
      'those on the same state',
      'test { parallel = true }\nrun "a" { state_key = "a" }\nrun "b" { state_key = "b" }\nrun "c" { state_key = "a" }',
      [[], [], [0]],
    ],
    [
      'those whose outputs they use',
      'test { parallel = true }\nrun "a" { state_key = "a" }\nrun "b" {\n  state_key = "b"\n  variables { x = run.a.y }\n}',
      [[], [0]],
    ],
    [
      'one that is not parallel, and it for them',
      'test { parallel = true }\nrun "a" { state_key = "a" }\nrun "b" {\n  state_key = "b"\n  parallel = false\n}\nrun "c" { state_key = "c" }',
      [[], [0], [1]],
    ],
  ]
  test.each(cases)('%s', (_, text, want) => expect(waits(text)).toEqual(want))
})

test('work is done once what it waits for is done, so many at a time', async () => {
  const log: string[] = []
  let running = 0
  let most = 0
  await inOrder([[], [], [], [0, 1], [3]], 2, async (i) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    log.push(String(i))
  })
  expect([most, log.indexOf('3') > log.indexOf('1'), log.at(-1), log.length]).toEqual([2, true, '4', 5])
})

test.each([
  ['terraform', ['a.tftest.hcl', 'b.tofutest.hcl', 'tests/c.tftest.json', 'tests/d.tofutest.json']],
  ['tofu', ['a.tofutest.hcl', 'b.tofutest.hcl', 'tests/c.tofutest.json', 'tests/d.tofutest.json']],
] as const)('the dialect decides between files of one name: %s', (dialect, want) => {
  const names = [
    'a.tftest.hcl',
    'a.tofutest.hcl',
    'b.tofutest.hcl',
    'tests/c.tftest.json',
    'tests/c.tofutest.json',
    'tests/d.tofutest.json',
    'tests/.x.tftest.hcl',
  ]
  expect(findTestFiles(memoryFileSystem(Object.fromEntries(names.map((name) => [name, '']))), 'tests', dialect)).toEqual(want)
})

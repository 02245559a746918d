import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryFileSystem } from '../../src/config/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { parseTestFile } from '../../src/testing/parse.ts'
import { ensureBuilt, Workspace } from '../e2e/_cli.ts'

test.each([
  [true, ['Duplicate "run" block names: This test file already has a run named one block defined at x.tftest.hcl:1,1-10.']],
  [false, []],
] as const)('several runs of one name: refused %s', (oneOfName, problems) => {
  const diags = new Diagnostics()
  const files = memoryFileSystem({ 'x.tftest.hcl': 'run "one" {}\nrun "two" {}\nrun "one" {}\n' })
  const { runs } = parseTestFile('x.tftest.hcl', files, oneOfName, diags)
  expect(runs.map((run) => run.name)).toEqual(['one', 'two', 'one'])
  expect(diags.items.map((d) => `${d.summary}: ${d.detail}`)).toEqual(problems)
})

describe('a run whose module is not there', () => {
  const w = new Workspace({
    'main.tf': 'output "o" { value = 1 }\n',
    'x.tftest.hcl': 'run "first" {}\nrun "gone" {\n  module {\n    source = "./nowhere"\n  }\n}\n',
  })
  beforeAll(ensureBuilt, 120_000)
  afterAll(() => w.remove())

  test('is told before anything runs', () => {
    const { code, stdout, stderr } = w.run(['test', '-no-color'])
    expect([code, stdout]).toEqual([1, expect.not.stringContaining('in progress')])
    expect(stderr).toContain(
      'Error: Module not installed\n\n  on x.tftest.hcl line 3, in run "gone":\n   3:   module {\n\nThe directory nowhere of this module does not exist or cannot be read.',
    )
  })
})

import { afterEach, describe, expect, test } from 'vitest'
import { unifiedDiff } from '../../src/command/_unified-diff.ts'
import { ensureBuilt, Workspace } from '../e2e/_cli.ts'

describe('unified diff', () => {
  const lines = (from: number, to: number, change: Readonly<Record<number, string>> = {}): string => {
    let text = ''
    for (let i = from; i <= to; i++) text += `${change[i] ?? i}\n`
    return text
  }

  test('three lines around a change', () => {
    expect(unifiedDiff(lines(1, 20), lines(1, 20, { 10: 'x' }), 'old', 'new')).toBe(
      '--- old\n+++ new\n@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+x\n 11\n 12\n 13\n',
    )
  })

  test('changes far apart are hunks of their own, near ones share one', () => {
    const hunks = (change: Readonly<Record<number, string>>): readonly string[] =>
      unifiedDiff(lines(1, 40), lines(1, 40, change), 'a', 'b').match(/^@@.*$/gm) ?? []
    expect(hunks({ 5: 'x', 30: 'y' })).toEqual(['@@ -2,7 +2,7 @@', '@@ -27,7 +27,7 @@'])
    expect(hunks({ 5: 'x', 12: 'y' })).toEqual(['@@ -2,14 +2,14 @@'])
    expect(hunks({ 5: 'x', 13: 'y' })).toEqual(['@@ -2,7 +2,7 @@', '@@ -10,7 +10,7 @@'])
  })

  test('a missing newline at the end is said', () => {
    expect(unifiedDiff('a', 'a\n', 'a', 'b')).toBe('--- a\n+++ b\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n')
  })

  test('nothing for equal texts', () => {
    expect(unifiedDiff('a\n', 'a\n', 'a', 'b')).toBe('')
  })
})

describe('fmt', () => {
  let workspace: Workspace
  afterEach(() => workspace.remove())

  function files(): Workspace {
    ensureBuilt()
    workspace = new Workspace({ 'a.tf': 'a=1\n', 'b.tfvars': 'b = 1\n', 'c.json': '{}', 'sub/d.tf': 'd=1\n', '.hidden/e.tf': 'e=1\n' })
    return workspace
  }

  const table: readonly (readonly [args: string, code: number, stdout: string])[] = [
    ['', 0, 'a.tf\n'],
    ['-check', 3, 'a.tf\n'],
    ['-list=false', 0, ''],
    ['-recursive', 0, 'a.tf\nsub/d.tf\n'],
    ['-write=false -diff sub', 0, 'sub/d.tf\n--- old/sub/d.tf\n+++ new/sub/d.tf\n@@ -1 +1 @@\n-d=1\n+d = 1\n'],
    ['b.tfvars', 0, ''],
    ['-', 0, 'q = 1\n'],
    ['- -check', 3, ''],
    ['c.json', 2, ''],
    ['missing', 2, ''],
  ]
  test.each(table)('fmt %s', (args, code, stdout) => {
    const got = files().run(['fmt', ...args.split(' ').filter((a) => a !== '')], { input: 'q=1\n' })
    expect({ code: got.code, stdout: got.stdout }).toEqual({ code, stdout })
  })

  test('writes what it lists, and only that', () => {
    files().run(['fmt'])
    expect(workspace.run(['fmt', '-check', '-recursive']).stdout).toBe('sub/d.tf\n')
  })

  test('a file that does not parse is reported and kept, the others are written', () => {
    files().write({ 'bad.tf': 'x = {\n' })
    const got = workspace.run(['fmt'])
    expect(got.code).toBe(2)
    expect(got.stderr).toContain('on bad.tf line')
    expect(workspace.run(['fmt', '-', '-check'], { input: 'a = 1\n' }).code).toBe(0)
    expect(workspace.run(['fmt', '-'], { input: 'a=1' }).stdout).toBe('a = 1\n')
    expect(workspace.run(['fmt', '-'], { input: 'a=1\n\t ' }).stdout).toBe('a = 1\n  \n')
    expect(workspace.run(['fmt', '-check', 'a.tf']).code).toBe(0)
  })
})

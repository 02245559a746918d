import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

test('the types that are shipped let a program of somebody else be checked', () => {
  const dir = mkdtempSync(join(tmpdir(), 'landform-types-'))
  try {
    const tsc = join(root, 'node_modules/.bin/tsc')
    const made = spawnSync(tsc, ['-p', join(root, 'tsconfig.types.json'), '--outDir', join(dir, 'node_modules/landform/dist/types')], {
      cwd: root,
      encoding: 'utf8',
    })
    expect([made.stdout, made.status]).toEqual(['', 0])
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object }
    writeFileSync(
      join(dir, 'node_modules/landform/package.json'),
      JSON.stringify({ name: 'landform', version: '0.0.0', type: 'module', exports }),
    )
    mkdirSync(join(dir, 'node_modules/@types'), { recursive: true })
    symlinkSync(join(root, 'node_modules/@types/node'), join(dir, 'node_modules/@types/node'))
    const example = /^```ts\n(.*?)^```/ms.exec(readFileSync(join(root, 'docs/library.md'), 'utf8'))![1]!
    writeFileSync(join(dir, 'good.ts'), example)
    writeFileSync(
      join(dir, 'bad.ts'),
      "import { plan } from 'landform'\nconst { resources } = await plan('x', { nope: 1 })\nexport const n: number = resources[0]!.address\n",
    )
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck', '--types', 'node']
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
    const check = (file: string): string => spawnSync(tsc, [...options, file], { cwd: dir, encoding: 'utf8' }).stdout
    expect(check('good.ts')).toBe('')
    const errors = check('bad.ts')
    expect(errors).toContain("'nope' does not exist in type")
    expect(errors).toContain("Type 'string' is not assignable to type 'number'")
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}, 180_000)

import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Folder } from '../../bench/engines.ts'
import { writeLongState } from '../../bench/states.ts'

const scratch = mkdtempSync(join(tmpdir(), 'landform-long-state-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

describe.skipIf(!existsSync('dist/cli.cjs'))('a state that no text of V8 can hold (skipped where the executable is not built)', () => {
  test('is listed in little more memory than it is long', { timeout: 600_000 }, async () => {
    const folder = new Folder(scratch, { name: 'landform', program: resolve('bin/landform') }, { 'main.tf': '' })
    const path = join(scratch, 'terraform.tfstate')
    writeLongState(path, 300_000)
    const megabytes = statSync(path).size / 1e6
    expect(megabytes).toBeGreaterThan(540)
    const { code, peakMb } = await folder.run(['state', 'list'])
    expect(code).toBe(0)
    if (peakMb !== undefined) expect(peakMb).toBeLessThan(1.3 * megabytes)
  })
})

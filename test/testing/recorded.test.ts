import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

/**
 * What Terraform 1.11.4 says of the test files in `testdata`, as recorded in `terraform.json` beside them: exit code and both outputs of
 * `terraform test -no-color -filter=FILE`.
 */
interface Recorded {
  readonly code: number
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
}

/** Files for which Landform says something else, on purpose. */
const exceptions: Readonly<Record<string, string>> = {}

const data = join(import.meta.dirname, 'testdata')
let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-recorded-'))
  cpSync(data, dir, { recursive: true })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

for (const folder of readdirSync(data)) {
  describe(folder, () => {
    const recorded = JSON.parse(readFileSync(join(data, folder, 'terraform.json'), 'utf8')) as Record<string, Recorded>
    beforeAll(async () => {
      await runIn(join(dir, folder), ['init'])
    })

    test.each(Object.entries(recorded))('%s', async (name, want) => {
      const got = await runIn(join(dir, folder), ['test', '-no-color', `-filter=${name}`])
      const lines = { code: got.code, stdout: got.stdout.split('\n'), stderr: got.stderr.split('\n') }
      if (`${folder}/${name}` in exceptions) expect(lines).not.toEqual(want)
      else expect(lines).toEqual(want)
    })
  })
}

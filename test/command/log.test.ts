import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-log-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const line = (level: string, text: string): string => `\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z \\[${level}\\] +${text}\\n`

test.each([
  ['nothing without TF_LOG', {}, /^$/],
  ['nothing at a level that nothing has', { TF_LOG: 'error' }, /^$/],
  [
    'the command and its end',
    { TF_LOG: 'INFO' },
    new RegExp(
      `^${line('INFO', 'Terraform version: 1\\.11\\.4')}[^]*${line('INFO', 'CLI command: version')}${line('INFO', 'Exit status: 0')}$`,
    ),
  ],
  ['a level that there is not', { TF_LOG: 'loud' }, new RegExp(`^${line('WARN', 'Invalid log level: "LOUD"\\. [^\\n]*')}`)],
  ['JSON', { TF_LOG: 'json' }, /^\{"@level":"info","@message":"Terraform version: 1\.11\.4","@timestamp":"[^"]+000Z"\}\n/],
])('%s', async (_, environment, want) => {
  const got = await runIn(dir, ['version'], { environment })
  expect(got.code).toBe(0)
  expect(got.stderr).toMatch(want)
})

test('goes to a file where one is named, and holds no values', async () => {
  const path = join(dir, 'log.txt')
  const got = await runIn(dir, ['plan', '-var', 'password=hunter2'], { environment: { TF_LOG: 'TRACE', TF_LOG_PATH: path } })
  expect(got.stderr).not.toContain('[INFO]')
  const text = readFileSync(path, 'utf8')
  expect(text).toContain('CLI command: plan')
  expect(text).not.toContain('hunter2')
})

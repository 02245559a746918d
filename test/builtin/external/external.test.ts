import { beforeAll, describe, expect, test } from 'vitest'
import { externalProvider } from '../../../src/builtin/external/index.ts'
import type { PlainObject } from '../../../src/providers/kit/index.ts'
import { Drive } from '../_drive.ts'

let drive: Drive
beforeAll(async () => {
  drive = await Drive.start(externalProvider())
})

const node = process.execPath
const script = (code: string) => [node, '-e', code]
const echo = `let text = ''; process.stdin.on('data', (c) => text += c).on('end', () => console.log(JSON.stringify({ got: text.trim(), cwd: process.cwd() })))`

describe('external', () => {
  test.each<[string, PlainObject, PlainObject]>([
    ['a query', { program: script(echo), query: { a: 'ä"', b: '2' } }, { got: '{"a":"ä\\"","b":"2"}' }],
    ['no query', { program: script(echo) }, { got: '{}' }],
    ['a folder', { program: script(echo), working_dir: '/' }, { cwd: '/' }],
    ['arguments that are null or empty', { program: ['', ...script('console.log("{}")'), null] }, {}],
    ['a program that does not read', { program: script('console.log("{}")'), query: { a: 'x'.repeat(200_000) } }, {}],
  ])('%s', async (_, config, want) => {
    const { object, errors } = await drive.data('external', config)
    expect(errors).toEqual([])
    expect(object).toMatchObject({ id: '-', result: want })
  })

  test.each<[string, PlainObject, string]>([
    [
      'no such program',
      { program: ['/no/such/program'] },
      'External Program Lookup Failed: The data source cannot find the program "/no/such/program".',
    ],
    [
      'it fails',
      { program: script('console.error("sorry"); process.exit(3)') },
      `Program: ${node}\nError Message: sorry\nState: exit status 3`,
    ],
    ['it fails silently', { program: script('process.exit(1)') }, 'It wrote no error message to its standard error.'],
    ['it is killed', { program: script('process.kill(process.pid, "SIGKILL")') }, 'State: signal: SIGKILL'],
    ['no JSON', { program: script('console.log("secret")') }, 'and it wrote no JSON object.'],
    ['a number', { program: script('console.log(`{"a":1}`)') }, 'and the member "a" is no text.'],
    ['nothing', { program: [''] }, 'External Program Missing: The data source was configured without a program to execute.'],
    ['no program', { program: [] }, 'Invalid Attribute Value: Attribute program must name a program'],
  ])('%s', async (_, config, want) => {
    const { errors } = await drive.data('external', config)
    expect(errors).toEqual([expect.stringContaining(want)])
    expect(errors[0]).not.toContain('secret')
  })
})

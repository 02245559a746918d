import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from '../../src/command/main.ts'

/** A folder of plain Terraform with protections in `landform.json`. The steps follow on each other. */
let dir: string
let before: string
const write = (name: string, text: string): void => writeFileSync(join(dir, name), text)
const config = (input: string, keep: string) =>
  `resource "terraform_data" "orders" {\n  for_each         = toset(["a", "b"])\n  triggers_replace = "${keep}"\n  input            = "${input}"\n}\nresource "terraform_data" "other" {\n  input = "${input}"\n}\n`

beforeAll(() => {
  before = process.cwd()
  dir = mkdtempSync(join(tmpdir(), 'landform-protected-'))
  process.chdir(dir)
  write('main.tf', config('one', 'one'))
  write('landform.json', JSON.stringify({ protect: [{ address: 'terraform_data.ord*', on: 'replace', reason: 'holds the orders' }] }))
})
afterAll(() => {
  process.chdir(before)
  rmSync(dir, { recursive: true, force: true })
})

async function run(
  args: readonly string[],
  { answers, programName = 'landform' }: { answers?: readonly string[]; programName?: string } = {},
) {
  const left = [...(answers ?? [])]
  let out = ''
  let err = ''
  const code = await main({
    argv: args,
    programName,
    environment: { NO_COLOR: '1', PATH: process.env.PATH },
    cwd: () => dir,
    chdir: () => {},
    streams: {
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
      readLine: async () => left.shift(),
      readAll: async () => '',
      close: () => {},
      outIsTerminal: answers !== undefined,
      inIsTerminal: answers !== undefined,
      columns: 200,
    },
  })
  return { code, out, err }
}

test('what is not protected flows, and creating is not protected', async () => {
  expect(await run(['init'])).toMatchObject({ code: 0, err: '' })
  expect(await run(['apply', '-auto-approve'])).toMatchObject({ code: 0, err: '' })
  write('main.tf', config('two', 'one'))
  const { code, out, err } = await run(['apply', '-auto-approve'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).not.toContain('protected')
})

test('a plan lists it', async () => {
  write('main.tf', config('two', 'three'))
  const { code, out } = await run(['plan', '-out=tfplan'])
  expect(code).toBe(0)
  expect(out).toContain(
    '2 protected changes need an explicit yes:\n  terraform_data.orders["a"] is protected on replace: holds the orders\n',
  )
})

test('and since when it has been waiting', async () => {
  const path = join(dir, '.terraform/protected.json')
  const kept = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
  expect(Object.keys(kept).sort()).toEqual(['terraform_data.orders["a"]', 'terraform_data.orders["b"]'])
  const before = new Date(Date.now() - 3 * 86_400_000).toISOString()
  writeFileSync(path, JSON.stringify({ ...kept, 'terraform_data.orders["a"]': before, 'terraform_data.gone': before }))
  const { out } = await run(['plan'])
  expect(out.match(/waiting for .*/g)).toEqual([`waiting for 3 days, since ${before.slice(0, 10)}`])
  expect(readFileSync(path, 'utf8')).not.toContain('gone')
  // What is no time of ours is none.
  writeFileSync(path, '{"terraform_data.orders[\\"a\\"]":"<b>"}')
  expect((await run(['plan'])).out).not.toContain('waiting')
})

test.each<[string, readonly string[], { answers?: readonly string[] }, RegExp]>([
  [
    'nobody is asked',
    ['apply', '-auto-approve'],
    {},
    /Error: Protected changes need approval[\s\S]*landform apply -approve='terraform_data\.orders\["a"\]' -approve='terraform_data\.orders\["b"\]'/,
  ],
  ['nor for a saved plan', ['apply', 'tfplan'], {}, /landform apply -approve='[^']*' -approve='[^']*' tfplan/],
  ['a yes to all is none', ['apply', '-auto-approve'], { answers: ['yes', 'yes'] }, /Error: Protected changes need approval/],
  [
    'one of two',
    ['apply', '-auto-approve', '-approve=terraform_data.orders["a"]'],
    {},
    /- terraform_data\.orders\["b"\]: holds the orders/,
  ],
  ['as JSON', ['apply', '-json', '-auto-approve'], {}, /^$/],
  ['no at a terminal', ['apply'], { answers: ['yes', 'no'] }, /Error: Protected change not approved/],
  ['destroy', ['destroy', '-auto-approve'], {}, /landform destroy -approve=/],
])('%s', async (_name, args, options, want) => {
  const { code, out, err } = await run(args, options)
  expect(code).toBe(1)
  expect(err.replace(/\n│ /g, ' ')).toMatch(want)
  if (args.includes('-json')) {
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { '@message': string })
    expect(lines.at(-1)).toMatchObject({ '@message': 'Error: Protected changes need approval' })
  }
})

test('started as terraform there is no such thing', async () => {
  const { code, err } = await run(['apply', '-approve=x'], { programName: 'terraform' })
  expect(code).toBe(1)
  expect(err).toContain('-approve')
  expect((await run(['plan'], { programName: 'terraform' })).out).not.toContain('protected')
})

test('a yes to each, and one to the whole', async () => {
  const { code, out, err } = await run(['apply'], { answers: ['yes', 'yes', 'yes'] })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain('Do you really want this for terraform_data.orders["b"]?')
  expect(out).toContain('Resources: 2 added, 0 changed, 2 destroyed.')
})

test('settings that nobody understands protect, too: nothing is applied', async () => {
  write('main.tf', config('two', 'four'))
  write('landform.json', '{"protect": [{"address": "x"}]}')
  const { code, err } = await run(['apply', '-auto-approve'])
  expect(code).toBe(1)
  expect(err).toContain('Error: Invalid settings')
})

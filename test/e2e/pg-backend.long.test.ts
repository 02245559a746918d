import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Postgres, postgresPrograms, startPostgres } from '../statemgr/_postgres.ts'
import { ensureBuilt, terraform, Workspace } from './_cli.ts'

const own = { LANDFORM_DIALECT: 'terraform', TF_IN_AUTOMATION: '1' }

describe.skipIf(postgresPrograms === undefined || terraform === undefined)(
  'states in PostgreSQL, beside terraform (skipped without the programs of both)',
  () => {
    let server: Postgres
    beforeAll(async () => {
      ensureBuilt()
      server = await startPostgres()
    }, 120_000)
    afterAll(() => server?.stop())

    const config = (schema: string, input: string, provisioner = ''): string => `
terraform {
  backend "pg" {
    conn_str    = "${server.connString}"
    schema_name = "${schema}"
  }
}
resource "terraform_data" "x" {
  input = "${input}"
  ${provisioner}
}
`

    test.each([
      ['landform', 'terraform'],
      ['terraform', 'landform'],
    ])(
      '%s begins, %s goes on in the same folder',
      (first, second) => {
        const w = new Workspace({ 'main.tf': config(first, 'one') })
        const run = (tool: string, ...args: string[]) =>
          tool === 'terraform'
            ? w.runProgram(terraform!, [...args, '-no-color'], { env: { TF_IN_AUTOMATION: '1' } })
            : w.run([...args, '-no-color'], { env: own })
        try {
          expect(run(first, 'init')).toMatchObject({
            code: 0,
            stdout: expect.stringContaining('Successfully configured the backend "pg"!'),
          })
          expect(run(first, 'apply', '-auto-approve')).toMatchObject({ code: 0, stderr: '' })
          expect(run(second, 'plan', '-detailed-exitcode')).toMatchObject({ code: 0, stderr: '' })
          w.write({ 'main.tf': config(first, 'two') })
          expect(run(second, 'apply', '-auto-approve')).toMatchObject({ code: 0, stderr: '' })
          expect(run(first, 'plan', '-detailed-exitcode')).toMatchObject({ code: 0, stderr: '' })
          expect(run(first, 'workspace', 'new', 'dev')).toMatchObject({ code: 0 })
          expect(run(second, 'workspace', 'list').stdout).toBe('  default\n* dev\n\n')
          expect(run(second, 'apply', '-auto-approve')).toMatchObject({ code: 0 })
          expect(run(first, 'destroy', '-auto-approve')).toMatchObject({ code: 0, stdout: expect.stringContaining('1 destroyed') })
          expect(run(second, 'workspace', 'select', 'default')).toMatchObject({ code: 0 })
          expect(run(first, 'workspace', 'delete', 'dev')).toMatchObject({ code: 0 })
          expect(run(second, 'workspace', 'list').stdout).toBe('* default\n\n')
          expect(run(second, 'state', 'list').stdout).toBe('terraform_data.x\n')
        } finally {
          w.remove()
        }
      },
      120_000,
    )

    test.each([
      ['landform', 'terraform'],
      ['terraform', 'landform'],
      ['landform', 'landform'],
    ])(
      'while %s applies, %s waits or gives up',
      async (holder, other) => {
        const schema = `lock_${holder}_${other}`
        const w = new Workspace({ 'main.tf': config(schema, 'one') })
        const env = { TF_IN_AUTOMATION: '1' }
        const run = (tool: string, args: string[]) =>
          tool === 'terraform' ? w.runProgram(terraform!, args, { env }) : w.run(args, { env: own })
        try {
          expect(run(holder, ['init', '-no-color']).code).toBe(0)
          expect(run(holder, ['apply', '-no-color', '-auto-approve']).code).toBe(0)
          const slow = 'provisioner "local-exec" {\n    command = "touch started; sleep 4"\n  }\n  triggers_replace = 1'
          w.write({ 'main.tf': config(schema, 'two', slow) })
          const applying = new Promise<number | null>((resolve) => {
            const child =
              holder === 'terraform'
                ? w.startProgram(terraform!, ['apply', '-no-color', '-auto-approve'], { env })
                : w.start(['apply', '-no-color', '-auto-approve'], { env: own })
            child.on('close', resolve)
          })
          await w.appears('started')
          const refused = run(other, ['plan', '-no-color'])
          expect(refused.code).toBe(1)
          expect(refused.stderr).toContain('Error message: Workspace is already locked: default')
          const waited = run(other, ['plan', '-no-color', '-lock-timeout=60s', '-detailed-exitcode'])
          expect(waited).toMatchObject({ code: 0, stderr: '' })
          expect(await applying).toBe(0)
        } finally {
          w.remove()
        }
      },
      120_000,
    )

    test('from a file to the database and back', () => {
      const local = 'resource "terraform_data" "x" {\n  input = "one"\n}\n'
      const w = new Workspace({ 'main.tf': local })
      try {
        expect(w.run(['init', '-no-color'])).toMatchObject({ code: 0 })
        expect(w.run(['apply', '-no-color', '-auto-approve'])).toMatchObject({ code: 0 })
        w.write({ 'main.tf': config('migrated', 'one') })
        expect(w.run(['init', '-no-color', '-migrate-state', '-force-copy'])).toMatchObject({ code: 0, stderr: '' })
        expect(w.run(['plan', '-no-color', '-detailed-exitcode'])).toMatchObject({ code: 0, stderr: '' })
        const environment = { PG_CONN_STR: server.connString, PG_SCHEMA_NAME: 'migrated' }
        const other = new Workspace({ 'main.tf': config('', 'one').replace(/conn_str.*|schema_name.*/g, '') })
        expect(other.run(['init', '-no-color'], { env: environment })).toMatchObject({ code: 0, stderr: '' })
        expect(other.run(['state', 'list'], { env: environment }).stdout).toBe('terraform_data.x\n')
        other.remove()
        w.write({ 'main.tf': local })
        expect(w.run(['init', '-no-color', '-migrate-state', '-force-copy'])).toMatchObject({ code: 0, stderr: '' })
        expect(w.run(['plan', '-no-color', '-detailed-exitcode'])).toMatchObject({ code: 0, stderr: '' })
      } finally {
        w.remove()
      }
    }, 60_000)

    test('a lock cannot be forced from elsewhere, and ends with its process', async () => {
      const sleeping = 'provisioner "local-exec" {\n    command = "touch started; sleep 30"\n  }'
      const w = new Workspace({ 'main.tf': config('forced', 'one', sleeping) })
      try {
        expect(w.run(['init', '-no-color']).code).toBe(0)
        const child = w.start(['apply', '-no-color', '-auto-approve'])
        await w.appears('started')
        const forced = w.run(['force-unlock', '-no-color', '-force', 'some-id'])
        expect(forced.code).toBe(1)
        expect(forced.stderr).toContain('pg_terminate_backend')
        const ended = new Promise((resolve) => child.on('close', resolve))
        child.kill('SIGKILL')
        await ended
        expect(w.run(['plan', '-no-color', '-lock-timeout=20s']).code).toBe(0)
      } finally {
        w.remove()
      }
    }, 60_000)

    test('remote state is read from there', () => {
      const w = new Workspace({
        'main.tf': `
data "terraform_remote_state" "other" {
  backend = "pg"
  config  = { conn_str = "${server.connString}", schema_name = "outputs" }
}
output "seen" {
  value = data.terraform_remote_state.other.outputs.o
}
`,
      })
      const source = new Workspace({ 'main.tf': `${config('outputs', 'one')}\noutput "o" {\n  value = "hello"\n}\n` })
      try {
        for (const args of [['init'], ['apply', '-auto-approve']]) expect(source.run([...args, '-no-color']).code).toBe(0)
        for (const args of [['init'], ['apply', '-auto-approve']])
          expect(w.run([...args, '-no-color'])).toMatchObject({ code: 0, stderr: '' })
        expect(w.run(['output', '-raw', 'seen']).stdout).toBe('hello')
      } finally {
        w.remove()
        source.remove()
      }
    }, 60_000)
  },
)

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { expectDocumented } from '../ops/_documented.ts'
import { EnvironmentProject } from './_environments.ts'

const timeout = 120_000
const request = ['dev', '-email=aws+dev@example.com', '-repository=example/infrastructure']
let project: EnvironmentProject

afterEach(() => project.remove())

const read = (name: string): string => readFileSync(join(project.root, 'environments', name), 'utf8')

describe('a new account', () => {
  test('is planned, made, listed, planned in, and made again without a change', { timeout }, () => {
    project = new EnvironmentProject()
    const planned = project.landform(['account', 'plan', ...request])
    expect(planned.stderr).toBe('')
    expect(planned.stdout).toContain('    + organizations:CreateAccount dev aws+dev@example.com\n')
    expectDocumented('docs/accounts.md', 'plan account dev', planned.stdout)
    expect(read('accounts.ts')).not.toContain('dev')

    const made = project.landform(['account', 'create', ...request], { YES: '1' })
    expect(made.stderr).toBe('')
    expect(made.stdout).toMatch(/\nThe account dev \(\d{12}\) is ready, after [\d.]+ s\./)
    expectDocumented('docs/accounts.md', 'make account dev', made.stdout)
    expect(read('accounts.ts')).toContain("export const dev: Account = {\n  name: 'dev',")

    expect(project.landform(['account', 'list']).stdout).toMatch(/^dev +\d{12} {2}aws\+dev@example.com +ready$/m)
    expect(project.landform(['account', 'status', 'dev']).stdout).toMatch(/^ {2}release +\d{4}-/m)

    expectDocumented('docs/accounts.md', '$ landform account status dev', project.landform(['account', 'status', 'dev']).stdout)
    expectDocumented('docs/accounts.md', '$ landform account list', project.landform(['account', 'list']).stdout)

    const environment = project.env(['plan', 'dev'])
    expect(environment.stderr).toBe('')
    expect(environment.stdout).toContain('Plan: 8 to add, 0 to change, 0 to destroy.')

    const again = project.landform(['account', 'create', ...request], { YES: '1' })
    expect(again.stdout).toContain('is ready, and nothing was left to do.')
    expect(again.stdout).not.toContain('    + ')

    // Closing it needs two approvals, and an empty account.
    const unnamed = project.landform(['account', 'close', 'dev'], { YES: '1' })
    expect(unnamed).toMatchObject({ code: 1, stderr: expect.stringContaining('landform account close dev -email=aws+dev@example.com') })
    const unasked = project.landform(['account', 'close', 'dev', '-email=aws+dev@example.com'])
    expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining('Closing an account has to be agreed to.') })
    const needed = project.landform(['account', 'close', 'ops', '-email=aws+ops@example.com'], { YES: '1' })
    expect(needed).toMatchObject({ code: 1, stderr: expect.stringContaining('An account that the others need') })
    const closed = project.landform(['account', 'close', 'dev', '-email=aws+dev@example.com'], { YES: '1' })
    expect(closed.stderr).toBe('')
    expectDocumented('docs/accounts.md', 'close account dev', closed.stdout)
    expect(closed.stdout).toMatch(/ {4}\+ organizations:CloseAccount \d{12} aws\+dev@example.com\n\nThe account dev \(\d{12}\) is closed\./)
    expect(project.landform(['account', 'list']).stdout).toMatch(/^dev +\d{12} {2}aws\+dev@example.com +closed on \d{4}-\d\d-\d\d$/m)
    const after = project.landform(['account', 'create', ...request], { YES: '1' })
    expect(after).toMatchObject({ code: 1, stderr: expect.stringContaining('The account has been closed') })
  })

  test('needs an address, and a yes', { timeout }, () => {
    project = new EnvironmentProject()
    const bare = project.landform(['account', 'create', 'dev'])
    expect(bare).toMatchObject({ code: 1, stderr: expect.stringContaining('Every account of AWS has an e-mail address of its own') })
    const unasked = project.landform(['account', 'create', ...request])
    expect(unasked).toMatchObject({ code: 1, stderr: expect.stringContaining('No one to ask') })
    const unknown = project.landform(['account', 'resume', 'dev'])
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('No account named "dev" was asked for.') })
  })
})

test('the account of people, in an organization that has nothing yet, and what goes on from there', { timeout }, () => {
  project = new EnvironmentProject()
  const made = project.landform(['account', 'create', 'ops', '-email=aws+ops@example.com', '-unit=operations', '-adopt'], { YES: '1' })
  expect(made.stderr).toBe('')
  const id = /The account ops \((\d{12})\) is ready/.exec(made.stdout)?.[1]
  expect(read('accounts.ts')).toContain(`export const ops: Account = { name: 'ops', id: '${id}'`)
  const planned = project.env(['plan', 'ops'])
  expect(planned.stderr).toBe('')
  expect(planned.stdout).toContain(`  account  ${id}, us-east-1\n`)
})

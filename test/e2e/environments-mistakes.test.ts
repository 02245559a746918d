import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ensureBuilt } from './_cli.ts'
import { EnvironmentProject, smallEnvironment } from './_environments.ts'

/** One environment through its life, with all that can be done wrong on the way. The steps follow on each other. */
let project: EnvironmentProject
const plan = (name = 'ops') => join(project.root, '.landform', 'plans', name, 'plan.tfplan')
const manifest = () => join(project.root, '.landform', 'plans', 'set.json')

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

beforeAll(() => {
  ensureBuilt()
  project = new EnvironmentProject()
  project.write('environments/ops.ts', smallEnvironment)
})
afterAll(() => project.remove())

describe('before anything is there', () => {
  test('apply without a plan', () => {
    const { code, stderr } = project.env(['apply', 'ops'], { YES: '1' })
    expect(code).toBe(1)
    expect(stderr).toContain('Error: No saved plan')
    expect(stderr).toContain('make plan ENV=ops')
  })

  test.each([
    [['plan', 'opps'], 'Error: Unknown environment', 'Did you mean "ops"?'],
    [['plan'], 'Error: Which environment?', 'make plan ENV=stage'],
    [['plan', 'ops', 'prod'], 'Error: Too many command line arguments', '"prod" is too much'],
    [['plan', 'ops', '-parallelism=0'], 'Error: Invalid parallelism value', ''],
    [['plan', 'ops', '-frobnicate'], 'flag provided but not defined: -frobnicate', ''],
  ])('%s', (args, summary, detail) => {
    const { code, stdout, stderr } = project.env(args)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(summary)
    expect(stderr).toContain(detail)
  })
})

describe('a plan', () => {
  test('says what it is about, is kept for its owner alone and names the next command', () => {
    const { code, stdout, stderr } = project.env(['plan', 'ops'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n').slice(0, 5)).toEqual([
      'plan ops',
      '  target   SANDBOX (no AWS account)',
      '  account  222233334444, us-east-1',
      '  role     landform-plan, assumed from ops',
      '  state    s3://example-landform-state/ops/terraform.tfstate',
    ])
    expect(stdout).toContain('# aws_vpc.vpc will be created')
    expect(stdout).toMatch(
      /\nModules: audit 4, vpc 1\nPlan: 5 to add, 0 to change, 0 to destroy\.\n\nPlanned in [\d.]+ s, \d+ AWS calls; saved as .*:\n {4}make apply ENV=ops\n$/,
    )
    expect(statSync(plan()).mode & 0o777).toBe(0o600)
    expect(statSync(join(plan(), '..')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(plan(), '..'))).toEqual(['plan.tfplan'])
  })

  test('is not applied where nobody can be asked', () => {
    const { code, stderr } = project.env(['apply', 'ops'])
    expect(code).toBe(1)
    expect(stderr).toContain('YES=1 make apply ENV=ops')
    expect(existsSync(plan())).toBe(true)
  })

  test('of another environment is refused', () => {
    mkdirSync(join(plan('stage'), '..'), { recursive: true })
    copyFileSync(plan(), plan('stage'))
    const { code, stderr } = project.env(['apply', 'stage'], { YES: '1' })
    expect(code).toBe(1)
    expect(stderr).toContain('Error: Saved plan is of another environment')
    expect(stderr).toContain('was made for the environment ops')
    expect(stderr).toContain('make plan ENV=stage')
  })

  test('for the sandbox is refused when the accounts are on aws by now', () => {
    project.edit('environments/accounts.ts', "| 'aws' = 'sandbox'", "| 'aws' = 'aws'")
    const { code, stderr } = project.env(['apply', 'ops'], { YES: '1' })
    project.edit('environments/accounts.ts', "| 'aws' = 'aws'", "| 'aws' = 'sandbox'")
    expect(code).toBe(1)
    expect(stderr.replace(/\n│ /g, ' ')).toContain('was made for the SANDBOX (no AWS account), but environments/accounts.ts now says AWS')
  })

  test('that is damaged is refused', () => {
    const kept = `${plan()}.kept`
    copyFileSync(plan(), kept)
    writeFileSync(plan(), 'not a plan')
    const { code, stderr } = project.env(['apply', 'ops'], { YES: '1' })
    copyFileSync(kept, plan())
    expect(code).toBe(1)
    expect(stderr).toContain('make plan ENV=ops')
  })

  test('is applied to the letter, whatever the sources say by now, and then removed', () => {
    project.edit('environments/ops.ts', "'one'", "'two'")
    const { code, stdout, stderr } = project.env(['apply', 'ops'], { YES: '1' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('  role     landform-apply, assumed from ops')
    expect(stdout).toContain('Apply complete! Resources: 5 added, 0 changed, 0 destroyed.')
    expect(stdout).toMatch(/make plan ENV=ops\n$/)
    expect(existsSync(plan())).toBe(false)
    project.edit('environments/ops.ts', "'two'", "'one'")
  })

  test('says when nothing is left to do, and can be applied all the same', () => {
    const planned = project.env(['plan', 'ops'])
    expect(planned.stdout).toContain('No changes. Your infrastructure matches the configuration.')
    expect(planned.code).toBe(0)
    const applied = project.env(['apply', 'ops'], { YES: '1' })
    expect(applied.code).toBe(0)
    expect(applied.stdout).toContain('No changes')
  })

  test('is refused once the state has changed', () => {
    project.edit('environments/ops.ts', "'one'", "'three'")
    expect(project.env(['plan', 'ops']).stdout).toContain('Plan: 0 to add, 1 to change, 0 to destroy.')
    // What another clone of the project would still have.
    const kept = [plan(), manifest()].map((path) => [path, readFileSync(path)] as const)
    expect(project.env(['apply', 'ops'], { YES: '1' }).stdout).toContain('1 changed')
    writeFileSync(plan(), kept[0]![1])
    expect(project.env(['apply', 'ops'], { YES: '1' })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('This has been applied already.'),
    })
    for (const [path, content] of kept) writeFileSync(path, content)
    const { code, stderr } = project.env(['apply', 'ops'], { YES: '1' })
    expect(code).toBe(1)
    expect(stderr).toContain('Error: Saved plan is stale')
    expect(stderr).toContain('make plan ENV=ops')
  })

  test('with an input variable that nobody gave', () => {
    project.edit('environments/ops.ts', "from 'cdktf'", "from 'cdktf'\nimport { TerraformVariable } from 'cdktf'")
    project.edit('environments/ops.ts', '  return [env]', "  new TerraformVariable(env, 'office', { type: 'string' })\n  return [env]")
    const { code, stderr } = project.env(['plan', 'ops'])
    expect(code).toBe(1)
    expect(stderr).toContain('Error: No value for required variable')
    expect(stderr).toContain('on environments/ops.ts line')
    expect(stderr).toContain('TF_VAR_office')
    expect(project.env(['plan', 'ops'], { TF_VAR_office: 'here' }).code).toBe(0)
  })

  test('an attribute that the provider refuses is told at the line of its construct', () => {
    project.write(
      'environments/ops.ts',
      smallEnvironment.replace(
        '  return [env]',
        "  env.node.findAll().forEach((c) => c instanceof Vpc && c.addOverride('cidr_blok', 'x'))\n  return [env]",
      ),
    )
    const { code, stderr } = project.env(['plan', 'ops'])
    expect(code).toBe(1)
    expect(stderr).toContain('with aws_vpc.vpc,')
    expect(stderr).toContain('on environments/ops.ts line 13:\n│   13:   new Vpc(env')
    expect(stderr).toMatch(/The construct is ops\/[a-z-]+/)
    project.write('environments/ops.ts', smallEnvironment)
  })
})

describe('the end of it', () => {
  test('destroy asks, or needs YES=1', () => {
    const { code, stderr } = project.env(['destroy', 'ops'])
    expect(code).toBe(1)
    expect(stderr).toContain('YES=1 make destroy ENV=ops')
  })

  test('destroy', () => {
    const { code, stdout, stderr } = project.env(['destroy', 'ops'], { YES: '1' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('# aws_vpc.vpc will be destroyed')
    expect(stdout).toContain('Destroy complete! Resources: 5 destroyed.')
    expect(project.env(['destroy', 'ops'], { YES: '1' }).stdout).toContain('There is nothing to destroy.')
  })
})

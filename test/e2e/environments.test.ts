import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, type Outcome } from './_cli.ts'
import { EnvironmentProject } from './_environments.ts'

/** The environments of this repository through their whole life, in a sandbox of their own. The steps follow on each other. */
let project: EnvironmentProject
beforeAll(() => {
  ensureBuilt()
  project = new EnvironmentProject()
})
afterAll(() => project.remove())

const timeoutMs = 240_000

function expectDone({ code, stdout, stderr }: Outcome): string {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/** `network 28, bastion 5` as an object. */
function modules(stdout: string): Readonly<Record<string, number>> {
  const line = /^Modules: (.*)$/m.exec(stdout)?.[1] ?? ''
  return Object.fromEntries(line.split(', ').map((text) => [text.split(' ')[0]!, Number(text.split(' ')[1])]))
}

describe.each([
  {
    name: 'stage',
    adds: 88,
    modules: { roles: 8, network: 27, bastion: 5, cluster: 14, uploads: 4, api: 15, web: 15 },
  },
  {
    name: 'prod',
    adds: 98,
    modules: { roles: 8, network: 37, bastion: 5, cluster: 14, uploads: 4, api: 15, web: 15 },
  },
  { name: 'ops', adds: 36, modules: { roles: 8, people: 24, audit: 4 } },
])('$name', ({ name, adds, modules: wanted }) => {
  test('plan', { timeout: timeoutMs }, () => {
    const stdout = expectDone(project.env(['plan', name]))
    expect(modules(stdout)).toEqual(wanted)
    expect(stdout).toContain(`Plan: ${adds} to add, 0 to change, 0 to destroy.`)
  })

  test('apply does what was planned', { timeout: timeoutMs }, () => {
    const stdout = expectDone(project.env(['apply', name], { YES: '1' }))
    expect(stdout).toContain(`Apply complete! Resources: ${adds} added, 0 changed, 0 destroyed.`)
  })

  test('and then nothing is left to do', { timeout: timeoutMs }, () => {
    expect(expectDone(project.env(['plan', name]))).toContain('No changes. Your infrastructure matches the configuration.')
  })
})

describe('a number is changed', () => {
  test('the draining timeout of all load balancers: one update in place for each', { timeout: timeoutMs }, () => {
    project.edit('environments/stage.ts', 'drainingSeconds: 300', 'drainingSeconds: 60')
    const stdout = expectDone(project.env(['plan', 'stage']))
    expect(stdout).toContain('Plan: 0 to add, 2 to change, 0 to destroy.')
    expect(modules(stdout)).toEqual({ api: 1, web: 1 })
    expect(stdout.match(/will be updated in-place/g)).toHaveLength(2)
    expect(stdout.match(/^ +~ .*$/gm)?.map((line) => line.trim().replace(/ +/g, ' '))).toEqual([
      '~ update in-place',
      '~ resource "aws_elb" "api_load_balancer_elb" {',
      '~ connection_draining_timeout = 300 -> 60',
      '~ resource "aws_elb" "web_load_balancer_elb" {',
      '~ connection_draining_timeout = 300 -> 60',
    ])
    expect(expectDone(project.env(['apply', 'stage'], { YES: '1' }))).toContain('0 added, 2 changed, 0 destroyed')
    expect(expectDone(project.env(['plan', 'stage']))).toContain('No changes.')
  })

  test('prod has not changed', { timeout: timeoutMs }, () => {
    const stdout = expectDone(project.env(['plan', 'all']))
    expect(stdout.match(/^plan .*$/gm)).toEqual(['plan ops', 'plan stage', 'plan prod'])
    expect(stdout.match(/No changes\./g)).toHaveLength(3)
  })
})

test('all are destroyed, the last one first', { timeout: timeoutMs }, () => {
  const stdout = expectDone(project.env(['destroy', 'all'], { YES: '1' }))
  expect(stdout.match(/^(destroy .*|Destroy complete.*)$/gm)).toEqual([
    'destroy prod',
    'Destroy complete! Resources: 98 destroyed.',
    'destroy stage',
    'Destroy complete! Resources: 88 destroyed.',
    'destroy ops',
    'Destroy complete! Resources: 36 destroyed.',
  ])
})

import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Outcome, Workspace } from './_cli.ts'
import { aws, awsCli, fixtures, ServedSandbox, TerraformFolder, terraformWithAws } from './_sandbox.ts'

const MINUTES = 60_000

describe('landform applies a service with the built-in AWS provider', () => {
  let sandbox: ServedSandbox
  const workspace = new Workspace({})

  beforeAll(async () => {
    sandbox = await ServedSandbox.start()
    cpSync(join(fixtures, 'service'), workspace.dir, { recursive: true })
    run(['init'])
  }, 2 * MINUTES)
  afterAll(async () => {
    workspace.remove()
    await sandbox?.stop()
    sandbox?.workspace.remove()
  })

  /** @throws Error with all output when the exit code is another than expected */
  function run(args: readonly string[], expected: readonly number[] = [0]): Outcome {
    const outcome = workspace.run(args, { env: { ...sandbox.environment(), LANDFORM_BUILTIN_PROVIDERS: 'aws', TF_CLI_ARGS: '-no-color' } })
    if (outcome.code === null || !expected.includes(outcome.code))
      throw new Error(`landform ${args.join(' ')} ended with ${outcome.code}:\n${outcome.stdout}${outcome.stderr}`)
    return outcome
  }

  const state = () => join(workspace.dir, 'terraform.tfstate')

  test(
    'and nothing is left to do',
    () => {
      expect(run(['apply', '-auto-approve']).stdout).toContain('Apply complete! Resources: 27 added, 0 changed, 0 destroyed.')
      expect(run(['plan', '-detailed-exitcode'], [0, 2]).stdout).toContain('No changes.')
    },
    2 * MINUTES,
  )

  test.skipIf(awsCli === undefined)(
    'the aws command sees it serve',
    () => {
      const own = sandbox.environment()
      expect(
        aws(
          own,
          'ecs',
          'describe-services',
          '--cluster',
          'stage',
          '--services',
          'api',
          '--query',
          'services[0].[runningCount,desiredCount]',
        ),
      ).toEqual([2, 2])
      const states = aws(own, 'elb', 'describe-instance-health', '--load-balancer-name', 'stage-api', '--query', 'InstanceStates[].State')
      expect(states).toEqual(['InService', 'InService'])
    },
    MINUTES,
  )

  test(
    'another draining timeout is one change in place, and applied',
    () => {
      const { stdout } = run(['apply', '-auto-approve', '-var=draining=60'])
      expect(stdout).toMatch(/~ connection_draining_timeout +=? ?300 -> 60/)
      expect(stdout).toContain('Apply complete! Resources: 0 added, 1 changed, 0 destroyed.')
      expect(run(['plan', '-detailed-exitcode', '-var=draining=60'], [0, 2]).stdout).toContain('No changes.')
      run(['apply', '-auto-approve'])
    },
    2 * MINUTES,
  )

  test(
    'another image is another revision, which the service rolls to',
    () => {
      const { stdout } = run(['apply', '-auto-approve', '-var=release=2'])
      expect(stdout).toContain('# aws_ecs_task_definition.api must be replaced')
      expect(stdout).toContain('# aws_ecs_service.api will be updated in-place')
      expect(stdout).toContain('Apply complete! Resources: 1 added, 1 changed, 1 destroyed.')
      run(['apply', '-auto-approve'])
    },
    2 * MINUTES,
  )

  test.skipIf(terraformWithAws === undefined)(
    'terraform takes the state over, and gives it back',
    () => {
      run(['apply', '-auto-approve'])
      const folder = new TerraformFolder('service', sandbox)
      try {
        folder.write({ 'terraform.tfstate': readFileSync(state(), 'utf8') })
        folder.run(['init'])
        expect(folder.run(['plan', '-detailed-exitcode'], [0, 2]).stdout).toContain('No changes.')
        folder.run(['apply', '-auto-approve', '-var=draining=60'])
        writeFileSync(state(), folder.read('terraform.tfstate'))
        expect(run(['plan', '-detailed-exitcode', '-var=draining=60'], [0, 2]).stdout).toContain('No changes.')
      } finally {
        folder.remove()
      }
    },
    8 * MINUTES,
  )

  test(
    'a service without room for its tasks fails with what ECS says',
    () => {
      workspace.write({ 'patience_override.tf': 'resource "aws_ecs_service" "api" {\n  timeouts {\n    update = "3s"\n  }\n}\n' })
      const { stdout, stderr } = run(['apply', '-auto-approve', '-var=desired=5'], [1])
      // Without the breaks and the frame of the text.
      const said = (stdout + stderr).replace(/[│\s]+/g, ' ')
      expect(said).toContain('timed out while waiting for the service to reach a steady state')
      expect(said).toContain('was unable to place a task because no container instance met all of its requirements.')
    },
    2 * MINUTES,
  )

  test(
    'and destroys it',
    () => {
      expect(run(['destroy', '-auto-approve']).stdout).toContain('Destroy complete! Resources: 27 destroyed.')
    },
    2 * MINUTES,
  )
})

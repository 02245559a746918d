import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ServedSandbox, TerraformFolder, terraformWithAws } from './_sandbox.ts'

/** The AWS provider waits ten seconds at a time for things that take no time here. */
const MINUTES = 60_000

// Needs LANDFORM_PEER_TERRAFORM and LANDFORM_PEER_MIRROR.
describe.skipIf(terraformWithAws === undefined)('real terraform applies a service with the real AWS provider', () => {
  let sandbox: ServedSandbox
  let folder: TerraformFolder

  beforeAll(async () => {
    sandbox = await ServedSandbox.start()
    folder = new TerraformFolder('service', sandbox)
    folder.run(['init'])
  }, 2 * MINUTES)
  afterAll(async () => {
    folder?.remove()
    await sandbox?.stop()
    sandbox?.workspace.remove()
  })

  test(
    'and nothing is left to do',
    () => {
      expect(folder.run(['apply', '-auto-approve']).stdout).toContain('Apply complete!')
      expect(folder.run(['plan', '-detailed-exitcode'], [0, 2]).stdout).toContain('No changes.')
    },
    8 * MINUTES,
  )

  test(
    'another draining timeout is one change in place',
    () => {
      const { stdout } = folder.run(['plan', '-var=draining=60'])
      expect(stdout).toMatch(/~ connection_draining_timeout +=? ?300 -> 60/)
      expect(stdout).toContain('Plan: 0 to add, 1 to change, 0 to destroy.')
    },
    2 * MINUTES,
  )

  test(
    'and destroys it',
    () => {
      expect(folder.run(['destroy', '-auto-approve']).stdout).toContain('Destroy complete!')
    },
    8 * MINUTES,
  )
})

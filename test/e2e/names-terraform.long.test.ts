import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changes } from './_names.ts'
import { terraformWithAws } from './_sandbox.ts'
import { SharedFolder } from './_shared-folder.ts'

/** The AWS provider waits fifteen seconds at a time for changes of Route 53. */
const MINUTES = 60_000

// Needs LANDFORM_PEER_TERRAFORM and LANDFORM_PEER_MIRROR.
describe.skipIf(terraformWithAws === undefined)('real terraform applies names and monitoring with the real AWS provider', () => {
  let folder: SharedFolder
  beforeAll(async () => {
    folder = await SharedFolder.start('names')
    folder.run('terraform', 'init')
  }, 2 * MINUTES)
  afterAll(() => folder?.close())

  test(
    'nothing is left to do, for terraform or for Landform',
    () => {
      expect(folder.run('terraform', 'apply', '-auto-approve').stdout).toContain(
        'Apply complete! Resources: 16 added, 0 changed, 0 destroyed.',
      )
      expect(folder.run('terraform', 'plan', '-detailed-exitcode').stdout).toContain('No changes.')
      folder.run('landform', 'init')
      expect(folder.run('landform', 'plan', '-detailed-exitcode').stdout).toContain('No changes.')
    },
    5 * MINUTES,
  )

  test(
    'what Landform changes is in place, and terraform has nothing to add; Landform destroys it all',
    () => {
      expect(folder.run('landform', 'apply', '-auto-approve', ...changes).stdout).toContain(
        'Apply complete! Resources: 0 added, 4 changed, 0 destroyed.',
      )
      expect(folder.run('terraform', 'plan', '-detailed-exitcode', ...changes).stdout).toContain('No changes.')
      expect(folder.run('landform', 'destroy', '-auto-approve').stdout).toContain('Destroy complete! Resources: 16 destroyed.')
    },
    3 * MINUTES,
  )
})

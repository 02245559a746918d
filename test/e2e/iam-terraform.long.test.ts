import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { terraformWithAws } from './_sandbox.ts'
import { SharedFolder } from './_shared-folder.ts'

const MINUTES = 60_000
const changes = ['-var=stage_role=arn:aws:iam::300000000003:role/other', '-var=role_description=changed']

// Needs LANDFORM_PEER_TERRAFORM and LANDFORM_PEER_MIRROR.
describe.skipIf(terraformWithAws === undefined)('people and roles', () => {
  let folder: SharedFolder
  beforeAll(async () => {
    folder = await SharedFolder.start('iam')
    folder.run('landform', 'init')
    folder.run('terraform', 'init')
  }, 2 * MINUTES)
  afterAll(() => folder?.close())

  test(
    'real terraform with the real AWS provider applies them on the sandbox, Landform takes the state over',
    () => {
      expect(folder.run('terraform', 'apply', '-auto-approve').stdout).toContain(
        'Apply complete! Resources: 15 added, 0 changed, 0 destroyed.',
      )
      expect(folder.run('terraform', 'plan', '-detailed-exitcode').stdout).toContain('No changes.')
      expect(folder.run('landform', 'plan', '-detailed-exitcode').stdout).toContain('No changes.')
    },
    5 * MINUTES,
  )

  test(
    'Landform changes and destroys them',
    () => {
      expect(folder.run('landform', 'apply', '-auto-approve', ...changes).stdout).toContain(
        'Apply complete! Resources: 0 added, 2 changed, 0 destroyed.',
      )
      expect(folder.run('terraform', 'plan', '-detailed-exitcode', ...changes).stdout).toContain('No changes.')
      expect(folder.run('landform', 'destroy', '-auto-approve').stdout).toContain('Destroy complete! Resources: 15 destroyed.')
    },
    5 * MINUTES,
  )

  test(
    'Landform applies them, real terraform takes the state over, changes and destroys them',
    () => {
      expect(folder.run('landform', 'apply', '-auto-approve').stdout).toContain(
        'Apply complete! Resources: 15 added, 0 changed, 0 destroyed.',
      )
      expect(folder.run('landform', 'plan', '-detailed-exitcode').stdout).toContain('No changes.')
      expect(folder.run('terraform', 'plan', '-detailed-exitcode').stdout).toContain('No changes.')
      expect(folder.run('terraform', 'apply', '-auto-approve', ...changes).stdout).toContain(
        'Apply complete! Resources: 0 added, 2 changed, 0 destroyed.',
      )
      expect(folder.run('landform', 'plan', '-detailed-exitcode', ...changes).stdout).toContain('No changes.')
      expect(folder.run('terraform', 'destroy', '-auto-approve').stdout).toContain('Destroy complete! Resources: 15 destroyed.')
    },
    8 * MINUTES,
  )
})

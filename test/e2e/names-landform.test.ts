import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changes } from './_names.ts'
import { terraformWithAws } from './_sandbox.ts'
import { SharedFolder } from './_shared-folder.ts'

const MINUTES = 60_000

/** When terraform refreshes, it turns the null of what was never set into an empty collection. */
function settled(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Object.keys(value).length === 0) return null
  if (Array.isArray(value)) return value.map(settled)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, settled(member)]))
}

// Needs LANDFORM_PEER_TERRAFORM and LANDFORM_PEER_MIRROR.
describe.skipIf(terraformWithAws === undefined)('Landform applies names and monitoring', () => {
  let folder: SharedFolder
  beforeAll(async () => {
    folder = await SharedFolder.start('names')
    folder.run('landform', 'init')
  }, 2 * MINUTES)
  afterAll(() => folder?.close())

  test(
    'and real terraform with the real AWS provider takes the state over',
    () => {
      expect(folder.run('landform', 'apply', '-auto-approve').stdout).toContain(
        'Apply complete! Resources: 16 added, 0 changed, 0 destroyed.',
      )
      expect(folder.run('landform', 'plan', '-detailed-exitcode').stdout).toContain('No changes.')
      const before = folder.objects()
      folder.run('terraform', 'init')
      expect(folder.run('terraform', 'plan', '-detailed-exitcode').stdout).toContain('No changes.')
      // What terraform stores after reading everything again is what Landform has stored.
      folder.run('terraform', 'apply', '-refresh-only', '-auto-approve')
      expect(settled(folder.objects())).toEqual(settled(before))
    },
    3 * MINUTES,
  )

  test(
    'terraform changes it and Landform has nothing to add; terraform destroys it all',
    () => {
      expect(folder.run('terraform', 'apply', '-auto-approve', ...changes).stdout).toContain(
        'Apply complete! Resources: 0 added, 4 changed, 0 destroyed.',
      )
      expect(folder.run('landform', 'plan', '-detailed-exitcode', ...changes).stdout).toContain('No changes.')
      expect(folder.run('terraform', 'destroy', '-auto-approve').stdout).toContain('Destroy complete! Resources: 16 destroyed.')
    },
    5 * MINUTES,
  )
})

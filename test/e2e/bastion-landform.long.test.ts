import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
describe.skipIf(terraformWithAws === undefined)('Landform applies the bastion to the sandbox', () => {
  let folder: SharedFolder
  beforeAll(async () => {
    folder = await SharedFolder.start('bastion')
    folder.run('landform', 'init')
  }, 2 * MINUTES)
  afterAll(() => folder?.close())

  test(
    'and real terraform with the real AWS provider takes the state over',
    () => {
      expect(folder.run('landform', 'apply', '-auto-approve').stdout).toContain(
        'Apply complete! Resources: 27 added, 0 changed, 0 destroyed.',
      )
      expect(folder.run('landform', 'plan', '-detailed-exitcode').stdout).toContain('No changes.')
      folder.run('landform', 'apply', '-refresh-only', '-auto-approve')
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
    'changes are planned by both alike, and destroyed by Landform is what terraform has applied',
    () => {
      const changes = ['-var=instance_type=t3.small', '-var=allowed={office="198.51.100.0/24",home="203.0.113.9/32"}']
      const summary = (text: string): string | undefined => /^Plan: .*$/m.exec(text)?.[0]
      const theirs = folder.run('terraform', 'plan', '-no-color', '-detailed-exitcode', ...changes).stdout
      const ours = folder.run('landform', 'plan', '-detailed-exitcode', ...changes).stdout
      expect(summary(ours)).toBe(summary(theirs))
      folder.run('terraform', 'apply', '-auto-approve', ...changes)
      expect(folder.run('landform', 'plan', '-detailed-exitcode', ...changes).stdout).toContain('No changes.')
      folder.run('landform', 'destroy', '-auto-approve', ...changes)
      expect(folder.objects()).toEqual({})
    },
    5 * MINUTES,
  )
})

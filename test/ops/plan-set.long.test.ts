import { expect, test } from 'vitest'
import { checkRandomStacks } from './_random-stacks.ts'

test('many random stacks: nothing unreviewed is ever applied, and what was reviewed is', { timeout: 1_800_000 }, async () => {
  const counts = await checkRandomStacks(400)
  for (const [what, count] of Object.entries(counts)) expect([what, count > 0]).toEqual([what, true])
})

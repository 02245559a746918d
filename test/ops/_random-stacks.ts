import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { Plan } from '../../src/plans/index.ts'
import type { PlanFile } from '../../src/plans/planfile/index.ts'
import { type GeneratedStack, generatedStack, StackWorld, sourcesOf, texts, unreviewed } from './_stacks.ts'

/** What may happen between plan and apply. */
type Tampering =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'other'; readonly stack: number; readonly version: GeneratedStack }
  | { readonly kind: 'edit'; readonly stack: number }
  | { readonly kind: 'interrupt'; readonly stack: number; readonly after: number }
const tampering: fc.Arbitrary<Tampering> = fc.oneof(
  fc.constant({ kind: 'nothing' as const }),
  fc.record({ kind: fc.constant('other' as const), stack: fc.nat(3), version: generatedStack }),
  fc.record({ kind: fc.constant('edit' as const), stack: fc.nat(3) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('interrupt' as const), stack: fc.nat(3), after: fc.integer({ min: 1, max: 3 }) }) },
)

/** Runs of the property, and how often what happened. */
export async function checkRandomStacks(numRuns: number, seed?: number): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = { applied: 0, refused: 0, resumed: 0, rederived: 0 }
  const stacks = fc.array(generatedStack, { minLength: 2, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(
      stacks,
      fc.array(fc.option(generatedStack, { nil: undefined }), { minLength: 4, maxLength: 4 }),
      tampering,
      async (first, changes, event) => {
        const place = new StackWorld()
        try {
          const begin = sourcesOf(place, first)
          const outcomes = await place.plan(begin)
          const reviewedFirst = new Map<string, Plan>()
          for (const source of begin) {
            const saved = await place.save(source, outcomes.get(source.name)!)
            reviewedFirst.set(source.name, saved.plan)
            const applied = await place.apply(source, saved)
            expect([applied.ok, texts(applied.diags), unreviewed(applied.done, reviewedFirst)]).toEqual([true, '', []])
          }
          // Whatever comes next has the outputs that others refer to.
          const next = first.map((stack, i) => {
            const other = changes[i]
            return other === undefined ? stack : { ...other, outputs: [...other.outputs, ...other.outputs, ...other.outputs].slice(0, 3) }
          })
          const after = sourcesOf(place, next)
          const planned = await place.plan(after)
          const reviewed = new Map<string, Plan>()
          const saved = new Map<string, PlanFile>()
          for (const source of after) {
            const file = await place.save(source, planned.get(source.name)!)
            saved.set(source.name, file)
            reviewed.set(source.name, file.plan)
          }
          const target = after[('stack' in event ? event.stack : 0) % after.length]!.name
          if (event.kind === 'other') {
            const version = next.map((stack, i) =>
              after[i]!.name === target
                ? { ...event.version, outputs: [...event.version.outputs, ...event.version.outputs, ...event.version.outputs].slice(0, 3) }
                : stack,
            )
            const source = sourcesOf(place, version).find((s) => s.name === target)!
            const outcome = (await place.plan([source])).get(target)!
            if (outcome.kind === 'planned') await place.apply(source, await place.save(source, outcome))
          } else if (event.kind === 'edit') {
            const path = place.statePath(target)
            writeFileSync(path, readFileSync(path, 'utf8').replace(/("o0": \{\s*"value": )"[^"]*"/, '$1"edited"'))
          }
          for (const source of after) {
            const file = saved.get(source.name)!
            const stopAfter = event.kind === 'interrupt' && source.name === target ? event.after : undefined
            let result = await place.apply(source, file, stopAfter === undefined ? {} : { stopAfter })
            expect(unreviewed(result.done, reviewed)).toEqual([])
            if (!result.ok && stopAfter !== undefined) {
              counts.resumed!++
              result = await place.apply(source, file, { resumed: true })
              expect(unreviewed(result.done, reviewed)).toEqual([])
              expect([result.ok, texts(result.diags)]).toEqual([true, ''])
            }
            if (!result.ok) {
              counts.refused!++
              expect(result.done).toEqual([])
              // Nothing refuses without a reason.
              expect(event.kind === 'other' || event.kind === 'edit').toBe(true)
              break
            }
            counts.applied!++
            if (result.plan !== undefined && result.plan !== file.plan) counts.rederived!++
          }
          if (event.kind === 'nothing' || event.kind === 'interrupt') {
            for (const outcome of (await place.plan(after)).values()) {
              expect(outcome.kind === 'planned' && outcome.plan.changes.every((c) => c.action === 'noop')).toBe(true)
            }
          }
        } finally {
          place.remove()
        }
      },
    ),
    { numRuns, ...(seed === undefined ? {} : { seed }) },
  )
  return counts
}

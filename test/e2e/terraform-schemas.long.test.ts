import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { conformanceDir } from '../support/vectors.ts'
import { ensureBuilt, terraform } from './_cli.ts'
import type { Step } from './_peer.ts'
import { schemaSteps } from './_schema-programs.ts'
import { ServedPeers } from './_served.ts'

/**
 * Providers with rich schemas, the same code for both tools: text and JSON of plans, streams, states and what is shown of them, byte for
 * byte. LANDFORM_SEED and LANDFORM_CASES choose which random objects and how many.
 */
const first = Number(process.env.LANDFORM_SEED ?? 1)
const count = Number(process.env.LANDFORM_CASES ?? 6)

beforeAll(ensureBuilt, 120_000)

function differences(steps: readonly Step[]): string[] {
  const peers = new ServedPeers()
  try {
    return steps.flatMap((step, i) => [
      ...peers.step(step).map((d) => `step ${i + 1}, ${d}`),
      // What neither tool plans compares nothing.
      ...(peers.lastCode === 1 ? [`step ${i + 1} fails`] : []),
    ])
  } finally {
    peers.remove()
  }
}

const equivalence = join(conformanceDir, 'equivalence/tests')

function filesOf(dir: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
    const path = join(dir, name)
    if (statSync(path).isDirectory() || /spec\.json$|\.lock\.hcl$/.test(name)) continue
    files[name] = readFileSync(path, 'utf8').replaceAll('registry.opentofu.org', 'registry.terraform.io')
  }
  return files
}

describe.skipIf(terraform === undefined)('objects of every schema, the same as terraform', () => {
  test.each(Array.from({ length: count }, (_, i) => first + i))('seed %i', { timeout: 900_000 }, (seed) => {
    expect(differences(schemaSteps(seed))).toEqual([])
  })

  const cases = existsSync(equivalence) ? readdirSync(equivalence) : []
  test.skipIf(cases.length === 0).each(cases)('equivalence case %s', { timeout: 600_000 }, (name) => {
    expect(
      differences([
        { config: filesOf(join(equivalence, name)), thorough: true },
        { args: ['-destroy'], thorough: true },
      ]),
    ).toEqual([])
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { launchPlugin } from '../../src/plugin/index.ts'
import { buildProgram } from '../plugin/_build.ts'
import { providerContract } from '../providers/contract/_contract.ts'

const dir = mkdtempSync(join(tmpdir(), 'landform-server-'))
const executable = await buildProgram(join(import.meta.dirname, '_provider.ts'), join(dir, 'terraform-provider-random'))
const environment = { PATH: process.env.PATH ?? '', TMPDIR: dir, SERVE: 'random' }
const plugin = await launchPlugin({ executable, environment, settings: {} })
afterAll(async () => {
  await plugin.close()
  rmSync(dir, { recursive: true, force: true })
})

// What holds for a provider holds for it on the other side of the wire.
providerContract('random, served', { open: () => plugin.provider() })

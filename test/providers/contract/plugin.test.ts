import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { launchPlugin, type Plugin } from '../../../src/plugin/index.ts'
import type { Provider } from '../../../src/providers/index.ts'
import { buildProgram, scriptText } from '../../plugin/_build.ts'
import { providerContract } from './_contract.ts'

/** Providers keep their promises on the far side of the plugin protocol too. */
const dir = mkdtempSync(join(tmpdir(), 'landform-contract-'))
const probe = await buildProgram(join(import.meta.dirname, '..', '..', 'plugin', '_plugin.ts'), join(dir, 'terraform-provider-probe'))
const served = await buildProgram(join(import.meta.dirname, '_serve.ts'), join(dir, 'terraform-provider-served'))
const plugins: Plugin[] = []
afterAll(async () => {
  await Promise.all(plugins.map((plugin) => plugin.close()))
  rmSync(dir, { recursive: true, force: true })
})

async function contractOf(name: string, executable: string, environment: Record<string, string>): Promise<void> {
  const plugin = await launchPlugin({
    executable,
    environment: { PATH: process.env.PATH ?? '', TMPDIR: dir, ...environment },
    settings: {},
  })
  plugins.push(plugin)
  let last: Provider | undefined
  providerContract(name, {
    // Whoever needs the next one is done with the one before.
    open: () => {
      void last?.close()
      last = plugin.provider()
      return last
    },
  })
}

await contractOf('null over protocol 6', served, { SERVE: 'null', SERVE_PROTOCOL: '6' })
await contractOf('random over protocol 5', served, { SERVE: 'random', SERVE_PROTOCOL: '5' })
await contractOf('a plugin that deviates where it may', probe, { TEST_PLUGIN: scriptText({ protocol: 5 }) })

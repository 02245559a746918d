import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Engine } from './engines.ts'
import { median } from './measure.ts'
import type { Row } from './report.ts'

const calls = 1000
const targetMs = 0.3
/** What bin/landform tells V8. */
const flags = ['--interrupt-budget=1000000', '--no-turbo-inlining', '--no-flush-bytecode']

/**
 * What a call through a plugin costs on our side: the CPU time of a process of its own that makes a thousand reads, ten at a time, less that of
 * one that only starts the plugin and configures it. The plugin's own time does not count; what has to be compiled first does.
 */
export function pluginRows({ program }: Engine, say: (text: string) => void): { readonly rows: readonly Row[]; readonly raw: unknown } {
  const runs: { none: number; cold: number; warm: number }[] = []
  for (let i = 0; i < 7; i++) {
    say(`plugin: ${calls} reads, run ${i + 1}`)
    runs.push({ none: ownMs(0, program), cold: ownMs(calls, program), warm: ownMs(5 * calls, program) })
  }
  const cold = median(runs.map((r) => (r.cold - r.none) / calls))
  const warm = median(runs.map((r) => (r.warm - r.cold) / (4 * calls)))
  const row = (what: string, ms: number): Row => ({
    what,
    landform: `${ms.toFixed(2)} ms each`,
    result: `${ms.toFixed(2)} ms`,
    target: `<= ${targetMs} ms`,
    passed: ms <= targetMs,
  })
  return {
    rows: [row(`plugin: the first ${calls} reads`, cold), row('plugin: later reads', warm)],
    raw: { workload: 'plugin', runs },
  }
}

/** CPU of one process in milliseconds. */
function ownMs(reads: number, plugin: string): number {
  const program = fileURLToPath(new URL('plugin-calls.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, program, String(reads), plugin, 'provider', 'serve', 'random'],
    {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: '', NODE_OPTIONS: '' },
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(`reading through a plugin ended with ${status}:\n${stderr}`)
  return Number(stdout)
}

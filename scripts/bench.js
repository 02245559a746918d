// Bundles bench/main.ts, and a program that it starts, into a temporary folder and runs it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'landform-bench-main-'))
try {
  const entryPoints = ['main', 'plugin-calls'].map((name) => join(root, `bench/${name}.ts`))
  const outExtension = { '.js': '.mjs' }
  await build({ entryPoints, outdir: dir, outExtension, bundle: true, format: 'esm', platform: 'node', target: 'node20' })
  const { status } = spawnSync(process.execPath, [join(dir, 'main.mjs')], {
    stdio: 'inherit',
    env: { ...process.env, LANDFORM_BENCH_ROOT: root },
  })
  process.exitCode = status ?? 1
} finally {
  rmSync(dir, { recursive: true, force: true })
}

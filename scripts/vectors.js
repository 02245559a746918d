// Bundles the adapter of the conformance vectors into a temporary file and runs it: lines in, lines out.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { lazyLibraries } from './lazy-libraries.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'landform-vectors-'))
try {
  const outfile = join(dir, 'adapter.mjs')
  await build({
    entryPoints: [join(root, 'test/conformance/vectors-adapter.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    sourcemap: 'inline',
    logLevel: 'warning',
    plugins: [lazyLibraries()],
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  })
  // The runner works in the folder of the data; npm goes to the project's.
  const started = process.env.INIT_CWD ?? process.cwd()
  const data = existsSync(join(started, 'functions/cwd')) ? started : join(root, '../shared/conformance')
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, data], { stdio: 'inherit' })
  process.exitCode = status ?? 1
} finally {
  rmSync(dir, { recursive: true, force: true })
}

// Bundles the adapter of the conformance vectors into a temporary file and runs it: lines in, lines out.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

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
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  })
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile], { stdio: 'inherit' })
  process.exitCode = status ?? 1
} finally {
  rmSync(dir, { recursive: true, force: true })
}

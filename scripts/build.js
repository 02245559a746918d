// Bundles the executable and the library with esbuild. Code that a command does not need stays in chunks of its own.
import { rm } from 'node:fs/promises'
import { build } from 'esbuild'

// Chunks are named by their content: those of earlier builds would stay for ever.
await rm('dist', { recursive: true, force: true })
await build({
  entryPoints: { cli: 'src/cli.ts', index: 'src/index.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
})

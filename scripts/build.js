// Bundles the executable and the library with esbuild. Code that a command does not need stays in chunks of its own.
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
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
  // A program with files of its own; only needed where environments are bundled.
  external: ['esbuild'],
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
})

// Facts of resource types stand beside the bundle as data, and are read one by one.
await mkdir('dist/schemas', { recursive: true })
for (const provider of await readdir('src/builtin', { withFileTypes: true })) {
  const folder = join('src/builtin', provider.name, 'schemas')
  if (!existsSync(folder)) continue
  for (const name of await readdir(folder)) {
    await writeFile(join('dist/schemas', name), JSON.stringify(JSON.parse(await readFile(join(folder, name), 'utf8'))))
  }
}

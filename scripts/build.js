// Bundles the executable and the library with esbuild. Code that a command does not need stays in chunks of its own.
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { lazyLibraries } from './lazy-libraries.js'
import { sandboxShapes } from './sandbox-shapes.js'
import { slimSdk } from './slim-sdk.js'

/** What is loaded when it is first called: see `lateImport`. */
const lateModules = new Map(
  await Promise.all(
    ['child_process', 'crypto', 'fs/promises', 'net', 'timers/promises', 'zlib'].map(async (name) => [
      `node:${name}`,
      /** @type {Record<string, unknown>} */ (await import(`node:${name}`)),
    ]),
  ),
)

// Chunks are named by their content: those of earlier builds would stay for ever.
await rm('dist', { recursive: true, force: true })

/**
 * Of an SDK client we use the client, its commands and the shapes. The rest would be loaded with them all the same, since services are
 * imported as a whole: the class with a method for each command, paginators, waiters, and lists of possible values.
 *
 * @type {import('esbuild').Plugin}
 */
const leanClients = {
  name: 'lean-clients',
  setup({ onLoad }) {
    onLoad(
      { filter: /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]dist-es[\\/](\w+|(pagination|waiters)[\\/]index|models[\\/]enums)\.js$/ },
      async ({ path }) => {
        const isRest = /[\\/](pagination|waiters|models)[\\/]\w+\.js$/.test(path)
        const contents = await readFile(path, 'utf8')
        return { contents: isRest || contents.includes('createAggregatedClient(') ? 'export {}' : contents }
      },
    )
  },
}

/** @type {import('esbuild').BuildOptions} */
const options = {
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  // esbuild is a program with files of its own, only needed where environments are bundled; pg is installed by those who need it.
  external: ['esbuild', 'pg'],
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  plugins: [leanClients, lazyLibraries()],
}
const banner = { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" }
const [library, executable] = await Promise.all([
  build({ ...options, entryPoints: { index: 'src/index.ts', 'provider-library': 'src/provider.ts' }, banner, metafile: true }),
  build({ ...options, entryPoints: { cli: 'src/cli.ts' }, write: false, plugins: [sandboxShapes(), slimSdk(), lazyLibraries()] }),
])

// The executable's chunks become CommonJS, whose compiled code bin/landform can keep between runs.
for (const { path, text } of executable.outputFiles) {
  if (path.endsWith('.map')) await writeFile(path.replace(/\.js\.map$/, '.cjs.map'), text)
  else await writeFile(path.replace(/\.js$/, '.cjs'), commonJs(text))
}

/*
 * `landform/provider` is what a running Landform lends to providers in files of their own, else a library of its own: the same names
 * either way. Functions that only the library has load it when they are called.
 */
const lazyNames = new Set(['serveProvider'])
const { exports: names } = library.metafile.outputs['dist/provider-library.js']
await writeFile(
  'dist/provider.js',
  `const kit = globalThis[Symbol.for('landform.provider-kit')] ?? (await import('./provider-library.js'))
const later = (name) => async (...args) => (await import('./provider-library.js'))[name](...args)
export const { ${names.filter((name) => !lazyNames.has(name)).join(', ')} } = kit
${names
  .filter((name) => lazyNames.has(name))
  .map((name) => `export const ${name} = later('${name}')\n`)
  .join('')}`,
)

// The providers of conformance tests. They import what `landform/provider` exports, as anybody's providers do.
for (const file of await readdir('test-providers', { recursive: true })) {
  if (!/(^|[\\/])[^_\\/]+\.ts$/.test(file)) continue
  const outfile = join('dist/test-providers', file.replace(/\.ts$/, '.js'))
  const library = relative(dirname(outfile), 'dist/provider.js')
  /** @type {import('esbuild').Plugin} */
  const plugin = {
    name: 'provider-kit',
    setup: ({ onResolve }) =>
      onResolve({ filter: /[\\/](authoring|(cty|diags|schema|providers|kit|simple)[\\/]index)\.ts$/ }, () => ({
        path: library,
        external: true,
      })),
  }
  const { outdir: _, splitting: __, ...rest } = options
  await build({ ...rest, entryPoints: [join('test-providers', file)], outfile, plugins: [plugin] })
}

// Tells make how old the build is, and runs the executable too.
await writeFile('dist/cli.js', "import '../bin/landform'\n")

/**
 * A chunk as written by esbuild, turned into CommonJS line by line, so that its source map stays right. Chunks import each
 * other without cycles and none reassigns what it exports, so plain values stand for live bindings.
 *
 * @param {string} text
 */
function commonJs(text) {
  const rename = (/** @type {string} */ names) => names.replace(/([\w$]+) as ([\w$]+)/g, '$1: $2')
  const file = (/** @type {string} */ name) => JSON.stringify(name.replace(/^(\.\/.*)\.js$/, '$1.cjs'))
  const body = text
    .replace(/^import (\{[^}]*\}) from "(node:[^"]+)";$/gm, (whole, names, from) => lateImport(names, from) ?? whole)
    .replace(/^import "([^"]+)";$/gm, (_, from) => `require(${file(from)});`)
    .replace(/^import (?:([\w$]+)(?:, )?)?(\{[^}]*\}|\* as [\w$]+)? ?from "([^"]+)";$/gm, (_, whole, names, from) => {
      const required = `require(${file(from)})`
      const parts = []
      if (whole !== undefined) parts.push(`${whole} = ${required}`)
      if (names?.startsWith('*')) parts.push(`${names.slice('* as '.length)} = ${required}`)
      else if (names !== undefined) parts.push(`${rename(names)} = ${required}`)
      return `const ${parts.join(', ')};`
    })
    .replace(/^export (\{[^}]*\});$/gm, (_, names) => `module.exports = ${names.replace(/([\w$]+) as ([\w$]+)/g, '$2: $1')};`)
    .replace(/\bimport\("(\.\/[^"]+)"\)/g, (_, from) => `Promise.resolve().then(() => require(${file(from)}))`)
    // What is left is imported by bin/landform: code that comes from V8's cache cannot call import() itself.
    .replace(/(?<=(?:\bawait|\breturn|=>|=|[(,:?]) ?)import\(/g, '__import(')
    .replace(/\bimport\.meta\.url\b/g, 'require("node:url").pathToFileURL(__filename).href')
    .replace(/^\/\/# sourceMappingURL=(.*)\.js\.map$/m, '//# sourceMappingURL=$1.cjs.map')
  return `"use strict";${body}`
}

/**
 * Functions of those of Node's modules that take milliseconds to load, which many commands never call: loaded with the first call.
 * Undefined where something else is imported too, which has to be there at once.
 *
 * @param {string} names in braces, as imported
 * @param {string} from
 */
function lateImport(names, from) {
  const exported = lateModules.get(from)
  if (exported === undefined) return undefined
  const parts = []
  for (const entry of names.slice(1, -1).split(',')) {
    const [name = '', own = name] = entry.trim().split(/\s+as\s+/)
    const value = exported[name]
    if (typeof value !== 'function' || /^[A-Z]/.test(name) || promisify.custom in value) return undefined
    parts.push(`${own} = (...args) => require("${from}").${name}(...args)`)
  }
  // As many lines as before, for the source map.
  return `const ${parts.join(', ')};${names.replace(/[^\n]/g, '')}`
}

// Facts of resource types stand beside the bundle as data, and are read one by one.
await mkdir('dist/schemas', { recursive: true })
for (const provider of await readdir('src/builtin', { withFileTypes: true })) {
  const folder = join('src/builtin', provider.name, 'schemas')
  if (!existsSync(folder)) continue
  for (const name of await readdir(folder)) {
    await writeFile(join('dist/schemas', name), JSON.stringify(JSON.parse(await readFile(join(folder, name), 'utf8'))))
  }
}

// An esbuild plugin: of the SDK packages that src/aws/services.ts imports, only the operations that our code names are bundled.
// A client of EC2 with all its 700 operations takes a tenth of a second of CPU to load.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** @returns {import('esbuild').Plugin} */
export function slimSdk() {
  const named = namesIn(join(root, 'src'), ['sandbox'])
  return {
    name: 'slim-sdk',
    setup(outer) {
      outer.onResolve({ filter: /^@aws-sdk\/client-/ }, ({ path, importer }) =>
        importer.endsWith('src/aws/services.ts') ? { path, namespace: 'slim-sdk' } : undefined,
      )
      outer.onLoad({ filter: /.*/, namespace: 'slim-sdk' }, async ({ path }) => {
        const folder = join(root, 'node_modules', path)
        const { outputFiles } = await build({
          stdin: { contents: exportsOf(path, folder, named), resolveDir: root },
          bundle: true,
          format: 'esm',
          platform: 'node',
          target: 'node20',
          mainFields: ['module', 'main'],
          write: false,
          logLevel: 'warning',
          plugins: [othersExternal(path), plainSchemas],
        })
        return { contents: outputFiles[0].text, resolveDir: folder, loader: 'js' }
      })
    },
  }
}

/** What services share stays outside, where the outer build finds it once for all. */
function othersExternal(name) {
  return {
    name: 'others-external',
    setup(inner) {
      inner.onResolve({ filter: /^[^./]/ }, ({ path }) => (path === name ? undefined : { path, external: true }))
    },
  }
}

/** Shapes are arrays that nobody needs whom no operation leads to; computed names in them keep the bundler from seeing that. */
const plainSchemas = {
  name: 'plain-schemas',
  setup(inner) {
    inner.onLoad({ filter: /[\\/]schemas[\\/]\w+\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const names = new Map([...text.matchAll(/^const (\w+) = ("[^"]*");$/gm)].map(([, name, value]) => [name, value]))
      return { contents: text.replace(/\[(_\w+)\]:/g, (found, name) => (names.has(name) ? `${names.get(name)}:` : found)), loader: 'js' }
    })
  },
}

/** The client and the commands that code names; a command that is missing all the same is found in the whole package. */
function exportsOf(path, folder, named) {
  const commands = readdirSync(join(folder, 'dist-es/commands'))
    .filter((file) => file.endsWith('Command.js'))
    .map((file) => file.replace('Command.js', ''))
    .filter((operation) => named.has(operation) || named.patterns.some((p) => p.test(operation)))
  const client = readdirSync(join(folder, 'dist-es')).find((file) => /Client\.js$/.test(file))
  const names = [client.replace('.js', ''), ...commands.map((operation) => `${operation}Command`)]
  return `export { ${names.join(', ')} } from '${path}'\n`
}

/** Texts in the sources that can be names of operations; templates as patterns. */
function namesIn(folder, without) {
  const names = new Set()
  names.patterns = []
  const read = (dir) => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name)
      if (entry.isDirectory()) {
        if (!without.includes(entry.name)) read(path)
        continue
      }
      if (!entry.name.endsWith('.ts')) continue
      const text = readFileSync(path, 'utf8')
      for (const [, name] of text.matchAll(/'([A-Z]\w{4,})'/g)) names.add(name)
      for (const [, template] of text.matchAll(/`([A-Z]\w*(?:\$\{[^}]*\}\w*)+)`/g)) {
        // `${string}` is a type.
        if (!template.includes('${string}')) names.patterns.push(new RegExp(`^${template.replace(/\$\{[^}]*\}/g, '\\w+')}$`))
      }
    }
  }
  read(folder)
  return names
}

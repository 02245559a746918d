import { readFile } from 'node:fs/promises'

/**
 * Bundles what src/lang/functions/_libraries.ts requires. To esbuild a `require` of one's own is any function; without it the
 * calls are its own, and what they name becomes code that runs when it is first asked for.
 *
 * @returns {import('esbuild').Plugin}
 */
export function lazyLibraries() {
  return {
    name: 'lazy-libraries',
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]lang[\\/]functions[\\/]_libraries\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8')
        return { loader: 'ts', contents: text.replace(/^import \{ createRequire \}.*$/m, '').replace(/^const require = .*$/m, '') }
      })
    },
  }
}

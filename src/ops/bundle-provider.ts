import type { Diagnostics } from '../diags/index.ts'

/** Packages in CommonJS ask for `require`. The name of the module is put together, since our own build replaces it where it is written out. */
const banner = `import { createRequire as __requireFrom } from 'node:module'; const require = __requireFrom(${['import', 'meta', 'url'].join('.')});`

/**
 * The text of one ECMAScript module for a provider's source file, with all that it imports. What it imports from `landform/provider`
 * is what the Landform that loads it lends it.
 *
 * @returns undefined with diagnostics when the source cannot be bundled.
 */
export async function bundleProvider(file: string, diags: Diagnostics): Promise<string | undefined> {
  const { build } = await import('esbuild')
  try {
    const { outputFiles } = await build({
      entryPoints: [file],
      write: false,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      banner: { js: banner },
      logLevel: 'silent',
      plugins: [
        {
          name: 'landform-provider',
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^landform\/provider$/ }, () => ({ path: 'kit', namespace: 'landform' }))
            onLoad({ filter: /^kit$/, namespace: 'landform' }, () => ({
              contents: "module.exports = globalThis[Symbol.for('landform.provider-kit')]",
            }))
          },
        },
      ],
    })
    return outputFiles[0]!.text
  } catch (error) {
    const { errors = [] } = error as { errors?: readonly { text: string; location: { file: string; line: number } | null }[] }
    for (const { text, location } of errors) {
      const place = location === null ? file : `${location.file}:${location.line}`
      diags.error('Provider cannot be bundled', `${place}: ${text}`)
    }
    if (errors.length === 0) diags.error('Provider cannot be bundled', (error as Error).message)
    return undefined
  }
}

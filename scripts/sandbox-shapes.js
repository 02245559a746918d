// An esbuild plugin: where the sandbox imports an SDK package for its shapes, the executable gets those of the operations
// that the sandbox implements, as JSON. Loading EC2's package takes a tenth of a second of CPU, its JSON a few milliseconds.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const sandbox = join(root, 'src', 'sandbox')

/** @returns {import('esbuild').Plugin} */
export function sandboxShapes() {
  /** @type {Promise<(name: string) => Promise<string>> | undefined} */
  let maker
  return {
    name: 'sandbox-shapes',
    setup(outer) {
      outer.onResolve({ filter: /^@aws-sdk\/client-/ }, ({ path, importer }) =>
        importer.startsWith(sandbox) ? { path, namespace: 'sandbox-shapes' } : undefined,
      )
      outer.onLoad({ filter: /.*/, namespace: 'sandbox-shapes' }, async ({ path }) => {
        maker ??= shapesMaker()
        const json = await (await maker)(path)
        return { contents: `export const compactShapes = JSON.parse(${JSON.stringify(json)})`, loader: 'js' }
      })
    },
  }
}

/** Runs the sandbox's own code to learn what it implements and what shapes that needs. */
async function shapesMaker() {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        export { services } from './services/index.ts'
        export { compactModel } from './protocols/_compact.ts'
        export { sdkModel } from './protocols/_sdk-model.ts'`,
      resolveDir: sandbox,
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    write: false,
    logLevel: 'warning',
  })
  // Packages are found from below the root only.
  const dir = join(root, 'node_modules', '.cache', 'landform')
  const file = join(dir, `sandbox-shapes-${process.pid}.mjs`)
  await mkdir(dir, { recursive: true })
  await writeFile(file, outputFiles[0].text)
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true'
  const { services, compactModel, sdkModel } = await import(pathToFileURL(file).href)
  await rm(file)
  const implemented = await Promise.all(services.map(async ({ load }) => Object.keys((await load()).operations)))
  return async (/** @type {string} */ name) => {
    const model = sdkModel(await import(name))
    // The services of a package are those all of whose operations it has.
    const names = implemented.filter((operations) => operations.every((operation) => model.operation(operation) !== undefined)).flat()
    if (names.length === 0) throw new Error(`The sandbox implements nothing of ${name}, but imports it.`)
    return JSON.stringify(compactModel(model, new Set(names)))
  }
}

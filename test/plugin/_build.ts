import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { PluginScript } from './_plugin.ts'

/** Makes the test plugin a program, `terraform-provider-probe`, in a folder. */
export async function buildTestPlugin(folder: string, name = 'terraform-provider-probe'): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const outfile = join(folder, name)
  await build({
    entryPoints: [join(import.meta.dirname, '_plugin.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile,
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'error',
  })
  chmodSync(outfile, 0o755)
  return outfile
}

export function scriptText(script: PluginScript): string {
  return JSON.stringify(script)
}

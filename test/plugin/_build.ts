import { chmodSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import type { PluginScript } from './_plugin.ts'

/** Makes a program of a source file. */
export async function buildProgram(entry: string, outfile: string): Promise<string> {
  mkdirSync(dirname(outfile), { recursive: true })
  await build({
    entryPoints: [entry],
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

/** Makes the test plugin a program, `terraform-provider-probe`, in a folder. */
export function buildTestPlugin(folder: string, name = 'terraform-provider-probe'): Promise<string> {
  return buildProgram(join(import.meta.dirname, '_plugin.ts'), join(folder, name))
}

export function scriptText(script: PluginScript): string {
  return JSON.stringify(script)
}

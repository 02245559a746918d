import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Diagnostics } from '../diags/index.ts'
import type { ServableProvider } from '../workdir/served-provider.ts'
import type { CommandContext } from './context.ts'

/** What `provider serve` and `provider package` are about: the name of a built-in provider, or a source file. */
export interface Servable {
  readonly provider: ServableProvider
  /** Of a source file: the text of one module that is all of it. */
  readonly bundle: string | undefined
}

/** Whether an argument names a file rather than a built-in provider. */
function isFile(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name)
}

/** @returns undefined with diagnostics when there is no such provider. */
export async function openServable(
  name: string,
  version: string | undefined,
  { bundle: mustBundle }: { bundle: boolean },
  context: CommandContext,
  diags: Diagnostics,
): Promise<Servable | undefined> {
  const { builtinToServe, fileToServe } = await import('../workdir/served-provider.ts')
  if (!isFile(name)) {
    const provider = builtinToServe(name, version, context.environment, diags)
    return provider && { provider, bundle: undefined }
  }
  const file = resolve(context.originalDir, name)
  if (!mustBundle && /\.m?js$/.test(file)) {
    const provider = await fileToServe(file, version, diags)
    return provider && { provider, bundle: undefined }
  }
  const { bundleProvider } = await import('../ops/bundle-provider.ts')
  const bundle = await bundleProvider(file, diags)
  if (bundle === undefined) return undefined
  const dir = mkdtempSync(join(tmpdir(), 'landform-provider-'))
  try {
    const written = join(dir, 'provider.mjs')
    writeFileSync(written, bundle)
    const provider = await fileToServe(written, version, diags)
    return provider && { provider, bundle }
  } finally {
    // A module that is loaded needs its file no more.
    rmSync(dir, { recursive: true })
  }
}

import { type Config, type LoadOptions, loadConfig, memoryFileSystem } from '../../src/config/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'

/** Loads a tree from memory and expects it to be without errors. */
export function loaded(files: Record<string, string> | string, options: LoadOptions = {}): Config {
  const diags = new Diagnostics()
  const tree = typeof files === 'string' ? { 'main.tf': files } : files
  const config = loadConfig('.', { files: memoryFileSystem(tree), ...options }, diags)
  const errors = diags.items.filter(({ severity }) => severity === 'error').map(({ summary, detail }) => `${summary}: ${detail}`)
  if (errors.length > 0) throw new Error(errors.join('\n'))
  return config
}

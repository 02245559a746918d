import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the conformance data lies when it is there; tests that need it are skipped otherwise. */
export const conformanceDir = fileURLToPath(new URL('../../../shared/conformance/', import.meta.url))

export const haveConformance = existsSync(conformanceDir)

/** The cases of a file of vectors, such as `cty/convert.json`; none when the data is absent. */
export function readVectors<T>(file: string): readonly T[] {
  if (!haveConformance) return []
  const json = JSON.parse(readFileSync(`${conformanceDir}${file}`, 'utf8'))
  return Array.isArray(json) ? json : json.vectors
}

import { existsSync, readFileSync } from 'node:fs'
import { type Facts, type FactsJson, factsFromJson } from '../../providers/kit/index.ts'

const cache = new Map<string, Facts | undefined>()

/** Facts of one type, read when first asked for; data files stand beside this file, and beside the bundle in a folder of the same name. */
export function loadFacts(name: string): Facts | undefined {
  if (!cache.has(name)) {
    const url = new URL(`./schemas/${name}.json`, import.meta.url)
    cache.set(name, existsSync(url) ? factsFromJson(JSON.parse(readFileSync(url, 'utf8')) as FactsJson) : undefined)
  }
  return cache.get(name)
}

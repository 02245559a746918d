import { existsSync, readFileSync } from 'node:fs'
import { type Facts, type FactsJson, factsFromJson } from '../../providers/kit/index.ts'
import type { BlockJson } from '../../schema/index.ts'
import type { Flavour } from './api.ts'

/** Data files stand beside this file; beside the bundle they are in a folder of the same name. */
function readData(name: string): unknown {
  const url = new URL(`./schemas/${name}.json`, import.meta.url)
  return existsSync(url) ? JSON.parse(readFileSync(url, 'utf8')) : undefined
}

/** What version 6 has instead: attributes without, attributes added, by type. */
interface Difference {
  readonly remove?: readonly string[]
  readonly add?: BlockJson['attributes']
  readonly relax?: readonly string[]
  /** Without the argument `region` that most types of version 6 have. */
  readonly isGlobal?: boolean
}

const cache = new Map<string, Facts | undefined>()

/** Facts of one type, read when first asked for. `name` is that of the data file: `aws_vpc`, `data.aws_ami`, `aws.provider`. */
export function loadFacts(name: string, flavour: Flavour): Facts | undefined {
  const key = `${flavour}/${name}`
  if (!cache.has(key)) {
    const json = readData(name) as FactsJson | undefined
    cache.set(key, json === undefined ? undefined : factsFromJson(flavour === 6 ? inVersion6(name, json) : json))
  }
  return cache.get(key)
}

let differences: Readonly<Record<string, Difference>> | undefined

function inVersion6(name: string, json: FactsJson): FactsJson {
  differences ??= (readData('v6') as Readonly<Record<string, Difference>> | undefined) ?? {}
  const difference = differences[name] ?? {}
  const attributes = { ...json.block.attributes, ...difference.add }
  const blocks = { ...json.block.block_types }
  for (const gone of difference.remove ?? []) {
    delete attributes[gone]
    delete blocks[gone]
  }
  for (const relaxed of difference.relax ?? []) {
    const { required: _, ...rest } = attributes[relaxed]!
    attributes[relaxed] = { ...rest, optional: true }
  }
  const isRegional = name !== 'aws.provider' && !difference.isGlobal
  if (isRegional) attributes.region = { type: 'string', optional: true, computed: true }
  return {
    ...json,
    forceNew: json.forceNew?.filter((path) => !difference.remove?.includes(path)),
    block: { ...json.block, attributes, block_types: blocks },
  }
}

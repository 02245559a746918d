// Writes the data files of AWS types: node scripts/aws-schema.js aws_iam_role data.aws_iam_policy_document ...
//
// Blocks come from the published schema of hashicorp/aws, what forces a replacement and the defaults from recorded answers of it
// (`../shared/reference/aws-schema`). The recorded schemas lack attributes called "description"; where a file of
// `terraform providers schema -json` is named by LANDFORM_AWS_SCHEMA_JSON, blocks are taken from there.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const reference = join(root, '../shared/reference/aws-schema')
const published = publishedSchemas(process.env.LANDFORM_AWS_SCHEMA_JSON)

for (const name of process.argv.slice(2)) {
  const isData = name.startsWith('data.')
  const type = isData ? name.slice('data.'.length) : name
  const recorded = readJson(join(reference, isData ? 'data-sources' : 'resources', `${type}.json`))
  const schema = published?.[isData ? 'data_source_schemas' : 'resource_schemas'][type] ?? recorded?.schema ?? recorded
  if (schema === undefined) throw new Error(`no schema of ${name}`)
  if (published === undefined) console.error(`${name}: from the recording; check for attributes called "description"`)
  const block = plainBlock(schema.block)
  const facts = isData
    ? { version: schema.version, block }
    : {
        version: schema.version,
        forceNew: [...(recorded?.force_new ?? [])].sort(),
        defaults: recorded?.defaults ?? {},
        // Blocks that are unknown in a plan that creates: the service fills them in when the configuration has none.
        computedBlocks: (recorded?.unknown_on_create ?? []).filter((path) => path in (block.block_types ?? {})),
        block,
      }
  const path = join(root, 'src/builtin/aws/schemas', `${name}.json`)
  writeFileSync(path, `${JSON.stringify(facts, undefined, 2)}\n`)
  for (const [probe, reason] of Object.entries(recorded?.inconclusive ?? {})) console.error(`${name}: not probed: ${probe}: ${reason}`)
}

function publishedSchemas(path) {
  if (path === undefined) return undefined
  return Object.entries(readJson(path).provider_schemas).find(([source]) => source.endsWith('/hashicorp/aws'))[1]
}

function readJson(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}

/** Without texts. */
function plainBlock(block) {
  const attributes = Object.fromEntries(sorted(block.attributes).map(([name, a]) => [name, plainAttribute(a)]))
  const blocks = sorted(block.block_types).map(([name, nested]) => [name, { ...nested, block: plainBlock(nested.block) }])
  return {
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    ...(blocks.length === 0 ? {} : { block_types: Object.fromEntries(blocks) }),
    ...(block.deprecated ? { deprecated: true } : {}),
  }
}

function plainAttribute({ description: _, description_kind: __, nested_type, ...rest }) {
  if (nested_type === undefined) return rest
  const attributes = Object.fromEntries(sorted(nested_type.attributes).map(([name, a]) => [name, plainAttribute(a)]))
  return { nested_type: { nesting_mode: nested_type.nesting_mode, attributes }, ...rest }
}

function sorted(record) {
  return Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
}

import { impliedLocalName, type LocalProviderConfig, providerPart, type Resource, type ResourceMode } from '../addrs/index.ts'
import type { Diagnostics, SourceRange } from '../diags/index.ts'
import { type Attribute, type Block, type BodySchema, partialContent } from '../hcl/index.ts'
import { decodeLifecycle, defaultLifecycle } from './_lifecycle.ts'
import {
  checkRepetition,
  type Declared,
  givenIn,
  noNames,
  providerInstanceReference,
  reservedBlock,
  singleBlock,
  withEscape,
} from './_meta.ts'
import { checkDestroyReferences, decodeProvisioner } from './_provisioner.ts'
import { checkName, referenceList } from './_static.ts'
import type { ConfigDialect, Lifecycle, ResourceConfig } from './config.ts'

const attributes = ['count', 'for_each', 'provider', 'depends_on'].map((name) => ({ name }))
const commonBlocks = ['lifecycle', 'locals', '_'].map((type) => ({ type, labelNames: [] as string[] }))
const managedSchema: BodySchema = {
  attributes,
  blocks: [...commonBlocks, { type: 'connection', labelNames: [] }, { type: 'provisioner', labelNames: ['type'] }],
}
const readSchema: BodySchema = { attributes, blocks: commonBlocks }

/** Block type, and how messages name type and name. */
const words: Readonly<Record<ResourceMode, { block: string; type: string; name: string; several: string }>> = {
  managed: { block: 'resource', type: 'Invalid resource type name', name: 'Invalid resource name', several: 'resources' },
  data: { block: 'data', type: 'Invalid data source name', name: 'Invalid data resource name', several: 'data sources' },
  ephemeral: {
    block: 'ephemeral',
    type: 'Invalid ephemeral resource type',
    name: 'Invalid ephemeral resource name',
    several: 'ephemeral resources',
  },
}

export interface DeclaredResource extends Declared<ResourceConfig> {
  readonly lifecycleGiven: ReadonlySet<string>
}

/** A `resource`, `data` or `ephemeral` block; `nested`: a `data` block inside a check, `override`: one of an override file. */
export function decodeResource(
  block: Block,
  mode: ResourceMode,
  place: 'primary' | 'nested' | 'override',
  dialect: ConfigDialect,
  diags: Diagnostics,
): DeclaredResource {
  const nested = place === 'nested'
  const [type, name] = block.labels as readonly [string, string]
  const address: Resource = { kind: 'resource', mode, type, name }
  const noun = words[mode]
  const typeOk = checkName(type, noun.type, block.labelRanges[0], diags)
  checkName(name, noun.name, block.labelRanges[1], diags)

  const { content, remain } = partialContent(block.body, mode === 'managed' ? managedSchema : readSchema, diags)
  const body = withEscape(content, remain, noun.block, 'resource-type-specific', diags)
  const providerAttribute = content.attributes.get('provider')
  const named = providerAttribute && providerInstanceReference(providerAttribute.expr, 'provider', diags)
  if (typeOk && providerAttribute === undefined) checkImpliedProvider(type, block.headerRange, diags)
  if (nested) refuseNested(content, diags)

  let lifecycle: Lifecycle = defaultLifecycle
  let lifecycleGiven = noNames
  let enabled: Attribute | undefined
  const lifecycleBlock = nested
    ? undefined
    : singleBlock(
        content,
        'lifecycle',
        (_, place) => ['Duplicate lifecycle block', `This resource already has a lifecycle block at ${place}.`],
        diags,
      )
  if (lifecycleBlock !== undefined)
    ({ config: lifecycle, given: lifecycleGiven, enabled } = decodeLifecycle(lifecycleBlock, address, place === 'override', diags))
  const repetition = nested
    ? { count: undefined, forEach: undefined, enabled: undefined }
    : checkRepetition(content, enabled, noun.several, dialect, diags)
  const connection = singleBlock(
    content,
    'connection',
    (_, place) => ['Duplicate connection block', `This resource already has a connection block at ${place}.`],
    diags,
  )
  for (const inner of content.blocks) if (inner.type === 'locals') reservedBlock(inner, noun.block, diags)

  const provisioners = content.blocks.filter((inner) => inner.type === 'provisioner').map((inner) => decodeProvisioner(inner, diags))
  if (connection !== undefined && provisioners.some(({ when }) => when === 'destroy')) checkDestroyReferences(connection.body, diags)

  const config: ResourceConfig = {
    address,
    ...repetition,
    provider: named?.config ?? impliedProvider(type),
    providerKey: named?.key,
    providerRange: named && providerAttribute?.expr.range,
    dependsOn: referenceList(content.attributes.get('depends_on'), diags),
    lifecycle,
    connection: connection?.body,
    provisioners,
    body,
    range: block.headerRange,
    typeRange: block.labelRanges[0] ?? block.headerRange,
  }
  return { config, given: givenIn(content), lifecycleGiven }
}

function impliedProvider(type: string): LocalProviderConfig {
  return { localName: impliedLocalName(type), alias: undefined }
}

function checkImpliedProvider(type: string, subject: SourceRange, diags: Diagnostics): void {
  const name = impliedLocalName(type)
  const normal = providerPart(name)
  if (typeof normal !== 'string')
    diags.error('Invalid provider local name', `"${name}" is an invalid implied provider local name: ${normal.problem}`, { subject })
}

/** A data source inside of a check has one instance, and the check rules its life. */
function refuseNested(content: ReturnType<typeof partialContent>['content'], diags: Diagnostics): void {
  for (const name of ['count', 'for_each']) {
    const attribute = content.attributes.get(name)
    if (attribute === undefined) continue
    const detail = 'The "count" and "for_each" meta-arguments are not supported within nested data blocks.'
    diags.error(`Invalid "${name}" attribute`, detail, { subject: attribute.nameRange })
  }
  for (const block of content.blocks) {
    if (block.type !== 'lifecycle') continue
    const detail = 'Nested data blocks do not support "lifecycle" blocks as the lifecycle is managed by the containing block.'
    diags.error('Invalid lifecycle block', detail, { subject: block.headerRange })
  }
}

import { localProviderConfigToString } from '../addrs/index.ts'
import { type Diagnostics, formatRange, type SourceRange } from '../diags/index.ts'
import { type Attribute, type Block, type BodySchema, bodyContent, type Expr, exprMap, keywordOf, partialContent } from '../hcl/index.ts'
import {
  checkRepetition,
  type Declared,
  givenIn,
  providerInstanceReference,
  providerReference,
  reservedBlock,
  singleBlock,
  withEscape,
} from './_meta.ts'
import { checkName, isLiteral, literalText, referenceList } from './_static.ts'
import { versionConstraint } from './_version.ts'
import type { ConfigDialect, ModuleCall, PassedProvider } from './config.ts'
import { parseModuleSource } from './module-source.ts'

const attributes = ['version', 'count', 'for_each', 'depends_on', 'providers'].map((name) => ({ name }))
const blocks = [
  ...['_', 'lifecycle', 'locals'].map((type) => ({ type, labelNames: [] as string[] })),
  { type: 'provider', labelNames: ['type'] },
]
const callSchema: BodySchema = { attributes: [{ name: 'source', required: true }, ...attributes], blocks }
const overrideSchema: BodySchema = { attributes: [{ name: 'source' }, ...attributes], blocks }

const lifecycleSchema: BodySchema = { attributes: [{ name: 'enabled' }], blocks: [] }

export function decodeModuleCall(block: Block, override: boolean, dialect: ConfigDialect, diags: Diagnostics): Declared<ModuleCall> {
  const name = block.labels[0]!
  const { content, remain } = partialContent(block.body, override ? overrideSchema : callSchema, diags)
  checkName(name, 'Invalid module instance name', block.labelRanges[0], diags)
  const sourceAttribute = content.attributes.get('source')
  const versionAttribute = content.attributes.get('version')
  // A version of null says as much as none.
  const versioned = versionAttribute !== undefined && keywordOf(versionAttribute.expr) !== 'null'
  // What names something is worked out when the whole module is there.
  const deferred = { source: deferrable(sourceAttribute), version: versioned ? deferrable(versionAttribute) : undefined }
  const version = versioned && deferred.version === undefined ? versionConstraint(versionAttribute, diags) : undefined
  const source = deferred.source === undefined ? literalText(sourceAttribute, diags) : undefined
  if (sourceAttribute !== undefined && source !== undefined && deferred.version === undefined) {
    const parsed = parseModuleSource(source, versioned)
    if ('summary' in parsed) diags.error(parsed.summary, parsed.detail, { subject: sourceAttribute.expr.range })
  }
  const lifecycle = singleBlock(
    content,
    'lifecycle',
    (_, place) => ['Duplicate lifecycle block', `This module call already has a lifecycle block at ${place}.`],
    diags,
  )
  const enabled = lifecycle && bodyContent(lifecycle.body, lifecycleSchema, diags).attributes.get('enabled')
  const repetition = checkRepetition(content, enabled, 'modules', dialect, diags)
  const providers = content.attributes.get('providers')
  const body = withEscape(content, remain, 'module', 'module input variables', diags)
  for (const inner of content.blocks) if (inner.type !== '_' && inner.type !== 'lifecycle') reservedBlock(inner, 'module', diags)
  const config: ModuleCall = {
    name,
    source: versioned && version === undefined && deferred.version === undefined ? '' : (source ?? ''),
    version,
    deferred: deferred.source === undefined && deferred.version === undefined ? undefined : deferred,
    ...repetition,
    dependsOn: referenceList(content.attributes.get('depends_on'), diags),
    dependsOnRange: content.attributes.get('depends_on')?.nameRange,
    providers: providers && decodePassedProviders(providers.expr, diags),
    body,
    sourceRange: sourceAttribute?.expr.range ?? block.headerRange,
    range: block.headerRange,
  }
  return { config, given: givenIn(content) }
}

function deferrable(attribute: Attribute | undefined): Attribute | undefined {
  return attribute === undefined || isLiteral(attribute.expr) ? undefined : attribute
}

function decodePassedProviders(expr: Expr, diags: Diagnostics): readonly PassedProvider[] {
  const passed: PassedProvider[] = []
  const seen = new Map<string, SourceRange>()
  for (const { key, value } of exprMap(expr, diags)) {
    const inChild = providerReference(key, 'providers', diags)
    const inParent = providerInstanceReference(value, 'providers', diags)
    if (inChild === undefined || inParent === undefined) continue
    const name = localProviderConfigToString(inChild)
    const earlier = seen.get(name)
    if (earlier !== undefined) {
      const detail = `A provider configuration was already passed to ${name} at ${formatRange(earlier)}. Each child provider configuration can be assigned only once.`
      diags.error('Duplicate provider address', detail, { subject: value.range })
      continue
    }
    seen.set(name, { ...key.range, end: value.range.end })
    passed.push({ inChild, inParent: inParent.config, key: inParent.key, inChildRange: nameRange(key), range: nameRange(value) })
  }
  return passed
}

/** Of the name of the provider, without alias and key. */
function nameRange(expr: Expr): SourceRange {
  if (expr.kind === 'traversal') return expr.traversal.rootRange
  return expr.kind === 'index' ? nameRange(expr.collection) : expr.range
}

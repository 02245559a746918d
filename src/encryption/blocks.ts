import { type Diagnostics, formatRange, Source, type SourceRange } from '../diags/index.ts'
import { type Attribute, type Block, type Body, type BodySchema, bodyContent, parseHcl, parseJsonBody } from '../hcl/index.ts'

/** What an `encryption` block says, before anything in it is evaluated. */
export interface EncryptionBlocks {
  /** By `key_provider.TYPE.NAME`. Of several bodies the later ones are laid over the earlier ones. */
  readonly keyProviders: ReadonlyMap<string, NamedBlock>
  /** By `method.TYPE.NAME`. */
  readonly methods: ReadonlyMap<string, NamedBlock>
  readonly state: TargetBlock | undefined
  readonly plan: TargetBlock | undefined
  readonly remoteStates: RemoteStatesBlock | undefined
}

export interface NamedBlock {
  readonly type: string
  readonly name: string
  readonly bodies: readonly Body[]
  readonly range: SourceRange
}

/** How one kind of data is encrypted. */
export interface TargetBlock {
  readonly method: Attribute | undefined
  readonly enforced: Attribute | undefined
  readonly fallback: TargetBlock | undefined
  readonly range: SourceRange
}

export interface RemoteStatesBlock {
  readonly default: TargetBlock | undefined
  readonly named: ReadonlyMap<string, TargetBlock>
}

const encryptionSchema: BodySchema = {
  attributes: [],
  blocks: [
    { type: 'key_provider', labelNames: ['type', 'name'] },
    { type: 'method', labelNames: ['type', 'name'] },
    { type: 'state', labelNames: [] },
    { type: 'plan', labelNames: [] },
    { type: 'remote_state_data_sources', labelNames: [] },
  ],
}
const targetSchema: BodySchema = {
  attributes: [{ name: 'method' }, { name: 'enforced' }],
  blocks: [{ type: 'fallback', labelNames: [] }],
}
const fallbackSchema: BodySchema = { attributes: [{ name: 'method' }], blocks: [{ type: 'fallback', labelNames: [] }] }
const remoteSchema: BodySchema = {
  attributes: [],
  blocks: [
    { type: 'default', labelNames: [] },
    { type: 'remote_state_data_source', labelNames: ['name'] },
  ],
}

export function decodeEncryption(body: Body, diags: Diagnostics): EncryptionBlocks {
  const { blocks } = bodyContent(body, encryptionSchema, diags)
  const target = (block: Block | undefined): TargetBlock | undefined => block && decodeTarget(block, targetSchema, diags)
  return {
    keyProviders: namedBlocks(blocks, 'key_provider', diags),
    methods: namedBlocks(blocks, 'method', diags),
    state: target(onlyOne(blocks, 'state', diags)),
    plan: target(onlyOne(blocks, 'plan', diags)),
    remoteStates: decodeRemoteStates(onlyOne(blocks, 'remote_state_data_sources', diags), diags),
  }
}

function namedBlocks(blocks: readonly Block[], type: string, diags: Diagnostics): ReadonlyMap<string, NamedBlock> {
  const found = new Map<string, NamedBlock>()
  for (const block of blocks) {
    if (block.type !== type) continue
    const [kind = '', name = ''] = block.labels
    const address = `${type}.${kind}.${name}`
    const earlier = found.get(address)
    if (earlier === undefined) found.set(address, { type: kind, name, bodies: [block.body], range: block.headerRange })
    else
      diags.error(`Duplicate ${type}`, `${address} was already declared at ${formatRange(earlier.range)}.`, { subject: block.headerRange })
  }
  return found
}

function onlyOne(blocks: readonly Block[], type: string, diags: Diagnostics): Block | undefined {
  const [first, ...more] = blocks.filter((block) => block.type === type)
  for (const again of more) {
    const detail = `Only one "${type}" block is allowed here. There was another one at ${formatRange(first!.headerRange)}.`
    diags.error(`Duplicate ${type} block`, detail, { subject: again.headerRange })
  }
  return first
}

function decodeTarget(block: Block, schema: BodySchema, diags: Diagnostics): TargetBlock {
  const { attributes, blocks } = bodyContent(block.body, schema, diags)
  const fallback = onlyOne(blocks, 'fallback', diags)
  return {
    method: attributes.get('method'),
    enforced: attributes.get('enforced'),
    fallback: fallback && decodeTarget(fallback, fallbackSchema, diags),
    range: block.headerRange,
  }
}

function decodeRemoteStates(block: Block | undefined, diags: Diagnostics): RemoteStatesBlock | undefined {
  if (block === undefined) return undefined
  const { blocks } = bodyContent(block.body, remoteSchema, diags)
  const byDefault = onlyOne(blocks, 'default', diags)
  const named = blocks.filter(({ type }) => type === 'remote_state_data_source')
  return {
    default: byDefault && decodeTarget(byDefault, targetSchema, diags),
    named: new Map(named.map((inner) => [inner.labels[0]!, decodeTarget(inner, targetSchema, diags)])),
  }
}

/** The text of TF_ENCRYPTION: what stands in an `encryption` block, or the whole of it within `terraform`, in native or JSON syntax. */
export function parseEncryption(text: string, diags: Diagnostics): EncryptionBlocks {
  const source = new Source('TF_ENCRYPTION', text)
  const body = text.trimStart().startsWith('{') ? parseJsonBody(source, diags) : parseHcl(source, diags).body
  return decodeEncryption(innermost(body), diags)
}

function innermost(body: Body): Body {
  if (body.kind !== 'native') return body
  const [only] = body.blocks
  const isWrapping = body.blocks.length === 1 && body.attributes.size === 0 && (only!.type === 'terraform' || only!.type === 'encryption')
  return isWrapping ? innermost(only!.body) : body
}

/** Both together; what `over` says comes before what `base` says. */
export function mergeEncryption(base: EncryptionBlocks | undefined, over: EncryptionBlocks | undefined): EncryptionBlocks | undefined {
  if (base === undefined || over === undefined) return base ?? over
  return {
    keyProviders: mergeNamed(base.keyProviders, over.keyProviders),
    methods: mergeNamed(base.methods, over.methods),
    state: mergeTarget(base.state, over.state),
    plan: mergeTarget(base.plan, over.plan),
    remoteStates:
      base.remoteStates === undefined || over.remoteStates === undefined
        ? (over.remoteStates ?? base.remoteStates)
        : {
            default: mergeTarget(base.remoteStates.default, over.remoteStates.default),
            named: mergeMaps(base.remoteStates.named, over.remoteStates.named, (a, b) => mergeTarget(a, b)!),
          },
  }
}

function mergeNamed(base: ReadonlyMap<string, NamedBlock>, over: ReadonlyMap<string, NamedBlock>): ReadonlyMap<string, NamedBlock> {
  return mergeMaps(base, over, (a, b) => ({ ...b, bodies: [...a.bodies, ...b.bodies] }))
}

function mergeMaps<T>(base: ReadonlyMap<string, T>, over: ReadonlyMap<string, T>, merge: (a: T, b: T) => T): ReadonlyMap<string, T> {
  const merged = new Map(base)
  for (const [name, b] of over) {
    const a = merged.get(name)
    merged.set(name, a === undefined ? b : merge(a, b))
  }
  return merged
}

function mergeTarget(base: TargetBlock | undefined, over: TargetBlock | undefined): TargetBlock | undefined {
  if (base === undefined || over === undefined) return over ?? base
  return {
    method: over.method ?? base.method,
    enforced: over.enforced ?? base.enforced,
    fallback: mergeTarget(base.fallback, over.fallback),
    range: over.range,
  }
}

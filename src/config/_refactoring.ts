import {
  absResourceInstanceFromTraversal,
  type ConfigResource,
  resourceToString,
  type Target,
  targetFromTraversal,
  toModulePath,
} from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { type Block, type BodySchema, bodyContent, type Expr, exprToTraversal, type Traversal, type TraversalStep } from '../hcl/index.ts'
import { providerReference, singleBlock } from './_meta.ts'
import { decodeProvisioner } from './_provisioner.ts'
import { literalBool, nativeForm } from './_static.ts'
import type { ConfigDialect, Import, Moved, Provisioner, Removed } from './config.ts'

const movedSchema: BodySchema = {
  attributes: [
    { name: 'from', required: true },
    { name: 'to', required: true },
  ],
  blocks: [],
}

export function decodeMoved(block: Block, diags: Diagnostics): Moved | undefined {
  const content = bodyContent(block.body, movedSchema, diags)
  const from = movedEnd(content.attributes.get('from')?.expr, diags)
  const to = movedEnd(content.attributes.get('to')?.expr, diags)
  if (from === undefined || to === undefined) return undefined
  if ((from.target.kind === 'module') !== (to.target.kind === 'module')) {
    diags.error(
      'Invalid "moved" addresses',
      'The "from" and "to" addresses must either both refer to resources or both refer to modules.',
      {
        subject: block.headerRange,
      },
    )
    return undefined
  }
  return { from: from.traversal, to: to.traversal, range: block.headerRange }
}

function movedEnd(expr: Expr | undefined, diags: Diagnostics): { traversal: Traversal; target: Target } | undefined {
  const traversal = expr && exprToTraversal(expr, diags)
  const target = traversal && targetFromTraversal(traversal, diags)
  return target && traversal && { traversal, target }
}

const removedSchema: BodySchema = {
  attributes: [{ name: 'from', required: true }],
  blocks: [
    { type: 'lifecycle', labelNames: [] },
    { type: 'connection', labelNames: [] },
    { type: 'provisioner', labelNames: ['type'] },
  ],
}
const removedLifecycleSchema: BodySchema = { attributes: [{ name: 'destroy' }], blocks: [] }

export function decodeRemoved(block: Block, dialect: ConfigDialect, diags: Diagnostics): Removed | undefined {
  const content = bodyContent(block.body, removedSchema, diags)
  const expr = content.attributes.get('from')?.expr
  const from = expr && exprToTraversal(expr, diags)
  const target = from && checkRemovedAddress(from, diags)
  // Of several blocks the last counts.
  const lifecycle = content.blocks.findLast((inner) => inner.type === 'lifecycle')
  const connection = singleBlock(
    content,
    'connection',
    (_, place) => ['Duplicate connection block', `This "removed" block already has a connection block at ${place}.`],
    diags,
  )
  const destroy = lifecycle && literalBool(bodyContent(lifecycle.body, removedLifecycleSchema, diags).attributes.get('destroy'), diags)
  if (destroy === undefined && dialect === 'tofu') {
    diags.warning(
      'Missing lifecycle from the removed block',
      'It is recommended for each "removed" block configured to have also the "lifecycle" block defined. By not specifying if the resource should be destroyed or not, could lead to unwanted behavior.',
      { subject: block.headerRange },
    )
  }
  const provisioners: Provisioner[] = []
  for (const inner of content.blocks) {
    if (inner.type !== 'provisioner') continue
    const provisioner = decodeProvisioner(inner, diags)
    const refuse = (detail: string): void => diags.error('Invalid provisioner block', detail, { subject: inner.headerRange })
    if (target?.kind === 'module') refuse('Provisioners are valid only when a removed block targets a managed resource.')
    else if (provisioner.when !== 'destroy') {
      refuse(
        'Only destroy-time provisioners are valid in "removed" blocks. To declare a destroy-time provisioner, use:\n    when = destroy',
      )
    } else provisioners.push({ ...provisioner, connection: provisioner.connection ?? connection?.body })
  }
  return from && target && { from, destroy: destroy ?? dialect === 'terraform', provisioners, range: block.headerRange }
}

/** A module or a managed resource, without any instance keys. */
function checkRemovedAddress(traversal: Traversal, diags: Diagnostics): Target | undefined {
  const target = targetFromTraversal(traversal, diags)
  if (target === undefined) return undefined
  const keys = traversal.steps.filter((step) => step.kind === 'index')
  const inModule = target.module.some((step) => step.key !== undefined)
  if (inModule) {
    const detail = 'Module address must be a module (e.g. "module.foo"), not a module instance (e.g. "module.foo[1]").'
    diags.error('Module instance keys not allowed', detail, { subject: keys[0]?.range ?? traversal.range })
    return undefined
  }
  if (target.kind === 'resourceInstance') {
    const detail = 'Resource address must be a resource (e.g. "test_instance.foo"), not a resource instance (e.g. "test_instance.foo[1]").'
    diags.error('Resource instance keys not allowed', detail, { subject: keys.at(-1)?.range ?? traversal.range })
    return undefined
  }
  if (target.kind === 'resource' && target.resource.mode === 'data') {
    const detail =
      'Data sources are never destroyed, so they are not valid targets of removed blocks. To remove the data source from state, remove the data source block from configuration.'
    diags.error('Data source address not allowed', detail, { subject: traversal.range })
    return undefined
  }
  return target
}

const importSchema: BodySchema = {
  attributes: [{ name: 'id' }, { name: 'identity' }, { name: 'provider' }, { name: 'for_each' }, { name: 'to', required: true }],
  blocks: [],
}
const importByIdSchema: BodySchema = {
  attributes: importSchema.attributes.map((attribute) => (attribute.name === 'id' ? { name: 'id', required: true } : attribute)),
  blocks: [],
}

export function decodeImport(block: Block, diags: Diagnostics): Import | undefined {
  const hasIdentity = bodyContent(block.body, importSchema, new Diagnostics()).attributes.has('identity')
  const content = bodyContent(block.body, hasIdentity ? importSchema : importByIdSchema, diags)
  const id = content.attributes.get('id')
  const identity = content.attributes.get('identity')
  if (id !== undefined && identity !== undefined) {
    diags.error('Invalid import block', 'Only one of the "id" and "identity" arguments may be given.', { subject: identity.nameRange })
  }
  const providerAttribute = content.attributes.get('provider')
  const provider = providerAttribute && providerReference(providerAttribute.expr, 'provider', diags)
  const toAttribute = content.attributes.get('to')
  if (toAttribute === undefined) return undefined
  const to = nativeForm(toAttribute.expr, diags)
  const target = importTarget(to, diags)
  if (target?.resource.mode !== 'managed') {
    diags.error('Invalid import address', 'Only managed resources can be imported.', { subject: toAttribute.range })
    return undefined
  }
  if (id === undefined && identity === undefined) return undefined
  return {
    to,
    target,
    id: id?.expr,
    identity: identity?.expr,
    forEach: content.attributes.get('for_each')?.expr,
    provider,
    providerRange: providerAttribute?.range,
    range: block.headerRange,
  }
}

/** The resource of an address whose instance keys may be any expressions. */
function importTarget(expr: Expr, diags: Diagnostics): ConfigResource | undefined {
  const traversal = exprToTraversal(withoutKeys(expr), diags)
  const instance = traversal && absResourceInstanceFromTraversal(traversal, diags)
  return instance && { module: toModulePath(instance.module), resource: instance.resource }
}

/** The address with computed keys left out. */
function withoutKeys(expr: Expr): Expr {
  if (expr.kind === 'index') return withoutKeys(expr.collection)
  if (expr.kind !== 'relativeTraversal') return expr
  const source = withoutKeys(expr.source)
  if (source.kind !== 'traversal') return expr
  const { root, rootRange, steps: before } = source.traversal
  const steps: readonly TraversalStep[] = [...before, ...expr.steps]
  return { kind: 'traversal', traversal: { root, rootRange, steps, range: expr.range }, range: expr.range }
}

/** `aws_instance.web` of a target, for messages. */
export function targetText(target: ConfigResource): string {
  return [...target.module.map((name) => `module.${name}`), resourceToString(target.resource)].join('.')
}

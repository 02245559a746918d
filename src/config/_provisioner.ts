import type { Diagnostics } from '../diags/index.ts'
import { type Block, type Body, type BodySchema, partialContent, traversals } from '../hcl/index.ts'
import { bodyExpressions } from './_body.ts'
import { reservedBlock, singleBlock, withEscape } from './_meta.ts'
import { keyword } from './_static.ts'
import type { Provisioner } from './config.ts'

const provisionerSchema: BodySchema = {
  attributes: [{ name: 'when' }, { name: 'on_failure' }],
  blocks: ['_', 'connection', 'lifecycle'].map((type) => ({ type, labelNames: [] })),
}

const removedTypes = new Set(['chef', 'habitat', 'puppet', 'salt-masterless'])

export function decodeProvisioner(block: Block, diags: Diagnostics): Provisioner {
  const type = block.labels[0]!
  if (removedTypes.has(type)) {
    const detail = `The "${type}" provisioner was deprecated in Terraform 0.13.4 has been removed from Terraform. Visit https://learn.hashicorp.com/collections/terraform/provision for alternatives to using provisioners that are a better fit for the Terraform workflow.`
    diags.error(`The "${type}" provisioner has been removed`, detail, { subject: block.labelRanges[0] })
    // What stands in it means nothing any more.
    return { type, when: 'create', onFailure: 'fail', connection: undefined, body: block.body, range: block.headerRange }
  }
  const { content, remain } = partialContent(block.body, provisionerSchema, diags)
  const body = withEscape(content, remain, 'provisioner', 'provisioner-typpe-specific', diags)
  const whenExpr = content.attributes.get('when')?.expr
  const onFailureExpr = content.attributes.get('on_failure')?.expr
  const when = whenExpr && keyword(whenExpr, diags)
  const onFailure = onFailureExpr && keyword(onFailureExpr, diags)
  if (whenExpr !== undefined && when !== 'create' && when !== 'destroy') {
    const detail = 'The "when" argument requires one of the following keywords: create or destroy.'
    diags.error('Invalid "when" keyword', detail, { subject: whenExpr.range })
  }
  if (onFailureExpr !== undefined && onFailure !== 'continue' && onFailure !== 'fail') {
    const detail = 'The "on_failure" argument requires one of the following keywords: continue or fail.'
    diags.error('Invalid "on_failure" keyword', detail, { subject: onFailureExpr.range })
  }
  const connection = singleBlock(
    content,
    'connection',
    (_, place) => ['Duplicate connection block', `This provisioner already has a connection block at ${place}.`],
    diags,
  )
  for (const inner of content.blocks) if (inner.type === 'lifecycle') reservedBlock(inner, 'provisioner', diags)
  if (when === 'destroy') {
    checkDestroyReferences(body, diags)
    if (connection !== undefined) checkDestroyReferences(connection.body, diags)
  }
  return {
    type,
    when: when === 'destroy' ? 'destroy' : 'create',
    onFailure: onFailure === 'continue' ? 'continue' : 'fail',
    connection: connection?.body,
    body,
    range: block.headerRange,
  }
}

/** What is still there when the resource goes: itself, its keys, and values that do not depend on other objects. */
const destroyRoots = new Set(['self', 'count', 'each', 'path', 'terraform'])

/** Reports references to other objects, in a body that is used while its resource is destroyed. */
export function checkDestroyReferences(body: Body, diags: Diagnostics): void {
  for (const expr of bodyExpressions(body)) {
    for (const { root } of traversals(expr)) {
      if (destroyRoots.has(root)) continue
      diags.error(
        'Invalid reference from destroy provisioner',
        "Destroy-time provisioners and their connection configurations may only reference attributes of the related resource, via 'self', 'count.index', or 'each.key'.\n\nReferences to other resources during the destroy phase can cause dependency cycles and interact poorly with create_before_destroy.",
        { subject: expr.range },
      )
    }
  }
}

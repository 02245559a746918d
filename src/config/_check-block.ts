import type { Diagnostics } from '../diags/index.ts'
import { type Block, type BodySchema, bodyContent } from '../hcl/index.ts'
import { decodeCheckRule } from './_check-rule.ts'
import { singleBlock } from './_meta.ts'
import { decodeResource } from './_resource.ts'
import { checkName } from './_static.ts'
import type { Check, CheckRule, ConfigDialect } from './config.ts'

const checkSchema: BodySchema = {
  attributes: [],
  blocks: [
    { type: 'data', labelNames: ['type', 'name'] },
    { type: 'assert', labelNames: [] },
  ],
}

export function decodeCheck(block: Block, dialect: ConfigDialect, diags: Diagnostics): Check {
  const name = block.labels[0]!
  const content = bodyContent(block.body, checkSchema, diags)
  checkName(name, 'Invalid check block name', block.labelRanges[0], diags)
  const data = singleBlock(
    content,
    'data',
    (_, place) => ['Multiple data resource blocks', `This check block already has a data resource defined at ${place}.`],
    diags,
  )
  const asserts: CheckRule[] = []
  for (const inner of content.blocks) {
    const rule = inner.type === 'assert' ? decodeCheckRule(inner, 'assert', diags) : undefined
    if (rule !== undefined) asserts.push(rule)
  }
  if (asserts.length === 0) {
    diags.error('Zero assert blocks', 'Check blocks must have at least one assert block.', { subject: block.headerRange })
  }
  return { name, data: data && decodeResource(data, 'data', 'nested', dialect, diags).config, asserts, range: block.headerRange }
}

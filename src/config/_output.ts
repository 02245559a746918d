import type { Diagnostics } from '../diags/index.ts'
import { type Attribute, type Block, type BodySchema, bodyContent, justAttributes } from '../hcl/index.ts'
import { decodeCheckRule, refuseRules } from './_check-rule.ts'
import { type Declared, givenIn } from './_meta.ts'
import { badName, checkName, isValidName, literalBool, literalText, referenceList } from './_static.ts'
import type { CheckRule, LocalValue, OutputValue } from './config.ts'

const arguments_ = ['description', 'depends_on', 'sensitive', 'ephemeral', 'deprecated'].map((name) => ({ name }))
const blocks = ['precondition', 'postcondition'].map((type) => ({ type, labelNames: [] }))
const outputSchema: BodySchema = { attributes: [{ name: 'value', required: true }, ...arguments_], blocks }
const overrideSchema: BodySchema = { attributes: [{ name: 'value' }, ...arguments_], blocks }

export function decodeOutput(block: Block, override: boolean, diags: Diagnostics): Declared<OutputValue> {
  const name = block.labels[0]!
  const content = bodyContent(block.body, override ? overrideSchema : outputSchema, diags)
  checkName(name, 'Invalid output name', block.labelRanges[0], diags)
  const preconditions: CheckRule[] = []
  if (override) refuseRules(content.blocks, diags)
  for (const rule of override ? [] : content.blocks) {
    if (rule.type === 'postcondition') {
      diags.error('Postconditions are not allowed', 'Output values can only have preconditions, not postconditions.', {
        subject: rule.headerRange,
      })
      continue
    }
    const precondition = decodeCheckRule(rule, 'precondition', diags)
    if (precondition !== undefined) preconditions.push(precondition)
  }
  const config: OutputValue = {
    name,
    expr: content.attributes.get('value')?.expr ?? { kind: 'error', range: block.headerRange },
    description: literalText(content.attributes.get('description'), diags),
    sensitive: literalBool(content.attributes.get('sensitive'), diags) ?? false,
    ephemeral: literalBool(content.attributes.get('ephemeral'), diags) ?? false,
    deprecated: literalText(content.attributes.get('deprecated'), diags),
    dependsOn: referenceList(content.attributes.get('depends_on'), diags),
    preconditions,
    range: block.headerRange,
  }
  return { config, given: givenIn(content) }
}

export function decodeLocals(block: Block, diags: Diagnostics): readonly LocalValue[] {
  return [...justAttributes(block.body, diags).values()].map((attribute) => decodeLocal(attribute, diags))
}

function decodeLocal({ name, expr, range, nameRange }: Attribute, diags: Diagnostics): LocalValue {
  if (!isValidName(name)) diags.error('Invalid local value name', badName, { subject: nameRange })
  return { name, expr, range }
}

import { parseConstraints, parseVersion, versionSatisfies } from '../base/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { type Block, type BodySchema, bodyContent, exprList, justAttributes, keywordOf } from '../hcl/index.ts'
import { literalText, quietly } from './_static.ts'
import type { Module } from './config.ts'

/*
 * OpenTofu's `language` block: which versions of it a module is for, and which edition of the language it is written in.
 *
 * @see https://opentofu.org/docs/language/settings/
 */

const languageSchema: BodySchema = {
  attributes: ['edition', 'experiments'].map((name) => ({ name })),
  blocks: [{ type: 'compatible_with', labelNames: [] }],
}

const edition = 'tofu2024'

/** Versions before this one do not know the block, and so do not heed it. */
const firstVersion = '1.12.0'
const versionBefore = parseVersion('1.11.0')!

/** What the module asks of OpenTofu's version. */
export function decodeLanguageBlock(block: Block, diags: Diagnostics): Module['requiredVersions'] {
  const content = bodyContent(block.body, languageSchema, diags)
  const written = content.attributes.get('edition')
  if (written !== undefined && keywordOf(written.expr) !== edition) {
    const detail = `The only language edition is ${edition}. This module is written for another one, and so for another version of OpenTofu.`
    diags.error('Unsupported language edition', detail, { subject: written.expr.range })
  }
  const experiments = content.attributes.get('experiments')
  for (const expr of experiments === undefined ? [] : exprList(experiments.expr, diags)) {
    const word = keywordOf(expr)
    if (word === undefined)
      diags.error('Invalid experiment keyword', 'Elements of "experiments" must all be keywords.', { subject: expr.range })
    else diags.error('Unknown experiment keyword', `There is no current experiment with the keyword "${word}".`, { subject: expr.range })
  }
  return content.blocks.flatMap((inner) => decodeCompatibility(inner, diags))
}

/** Arguments for other software are theirs to read. */
function decodeCompatibility(block: Block, diags: Diagnostics): Module['requiredVersions'] {
  const attribute = justAttributes(block.body, diags).get('opentofu')
  const constraint = literalText(attribute, diags)
  if (attribute === undefined || constraint === undefined) return []
  const constraints = quietly(() => parseConstraints(constraint))
  if (constraints === undefined) {
    diags.error('Invalid version constraint', 'This string does not use correct version constraint syntax.', {
      subject: attribute.expr.range,
    })
    return []
  }
  if (versionSatisfies(versionBefore, constraints)) {
    const detail = `This constraint accepts versions of OpenTofu before ${firstVersion}, which do not know the "language" block and so do not heed it. Write ">= ${firstVersion.slice(0, -2)}" at least, or declare older versions with required_version in a file whose name ends in ".tofu".`
    diags.warning('Ineffective version constraint', detail, { subject: attribute.expr.range })
  }
  return [{ tool: 'opentofu', constraint, range: attribute.range }]
}

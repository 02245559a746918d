import { ConversionError, convert, dynamicType, listType, mapType, pathToString, type Type, type Value } from '../cty/index.ts'
import { Diagnostics, type SourceRange } from '../diags/index.ts'
import {
  applyDefaults,
  type Block,
  type BodySchema,
  bodyContent,
  type Expr,
  keywordOf,
  literalString,
  parseTypeConstraint,
  type TypeDefaults,
  traversals,
} from '../hcl/index.ts'
import { decodeCheckRule } from './_check-rule.ts'
import { type Declared, givenIn } from './_meta.ts'
import { checkName, literalBool, literalText, literalValue, quotedText } from './_static.ts'
import type { CheckRule, ConfigDialect, InputVariable } from './config.ts'

const variableSchema: BodySchema = {
  attributes: ['description', 'default', 'type', 'sensitive', 'ephemeral', 'nullable', 'deprecated', 'const'].map((name) => ({ name })),
  blocks: [{ type: 'validation', labelNames: [] }],
}

/** Names that a module block takes for itself. */
const reservedNames = new Set(['source', 'version', 'providers', 'count', 'for_each', 'lifecycle', 'depends_on', 'locals'])

export function decodeVariable(block: Block, override: boolean, dialect: ConfigDialect, diags: Diagnostics): Declared<InputVariable> {
  const name = block.labels[0]!
  const content = bodyContent(block.body, variableSchema, diags)
  const nameRange = block.labelRanges[0]
  if (checkName(name, 'Invalid variable name', nameRange, diags) && reservedNames.has(name)) {
    const detail = `The variable name "${name}" is reserved due to its special meaning inside module blocks.`
    diags.error('Invalid variable name', detail, { subject: nameRange })
  }
  const typeExpr = content.attributes.get('type')?.expr
  const { type, typeDefaults } = typeExpr === undefined ? noType : decodeType(typeExpr, diags)
  const nullable = literalBool(content.attributes.get('nullable'), diags) ?? true
  const defaultExpr = content.attributes.get('default')?.expr
  if (defaultExpr !== undefined && dialect === 'tofu') warnOfIgnored(defaultExpr, type, diags)
  const validations: CheckRule[] = []
  for (const validation of content.blocks) {
    if (override) {
      diags.error("Can't override validation blocks", 'Override files cannot override "validation" blocks.', {
        subject: validation.headerRange,
      })
      continue
    }
    const rule = decodeValidation(name, validation, diags)
    if (rule !== undefined) validations.push(rule)
  }
  const config: InputVariable = {
    name,
    type,
    typeDefaults,
    default: defaultExpr && decodeDefault(defaultExpr, type, typeDefaults, nullable, diags),
    description: literalText(content.attributes.get('description'), diags),
    sensitive: literalBool(content.attributes.get('sensitive'), diags) ?? false,
    ephemeral: literalBool(content.attributes.get('ephemeral'), diags) ?? false,
    nullable,
    deprecated: literalText(content.attributes.get('deprecated'), diags),
    constant: literalBool(content.attributes.get('const'), diags) ?? true,
    validations,
    parsing: typeExpr === undefined ? 'literal' : parsingOf(type),
    range: block.headerRange,
  }
  return { config, given: givenIn(content) }
}

const noType: { type: Type; typeDefaults: TypeDefaults | undefined } = { type: dynamicType, typeDefaults: undefined }

function parsingOf(type: Type): 'literal' | 'expression' {
  return type.kind === 'string' || type.kind === 'number' || type.kind === 'bool' ? 'literal' : 'expression'
}

function decodeType(expr: Expr, diags: Diagnostics): { type: Type; typeDefaults: TypeDefaults | undefined } {
  const quoted = quotedText(expr)
  if (quoted !== undefined) {
    reportQuotedType(quoted, expr.range, diags)
    return noType
  }
  // A bare collection keyword is short for a collection of anything, as it was before there were element types.
  const word = keywordOf(expr)
  if (word === 'list') return { type: listType(dynamicType), typeDefaults: undefined }
  if (word === 'map') return { type: mapType(dynamicType), typeDefaults: undefined }
  const { type, defaults } = parseTypeConstraint(expr, diags)
  return { type, typeDefaults: defaults }
}

const oldTypes: Readonly<Record<string, string>> = {
  string: 'Remove the quotes around "string".',
  list: 'Remove the quotes around "list" and write list(string) instead to explicitly indicate that the list elements are strings.',
  map: 'Remove the quotes around "map" and write map(string) instead to explicitly indicate that the map elements are strings.',
}

function reportQuotedType(text: string, subject: SourceRange, diags: Diagnostics): void {
  const remedy = Object.hasOwn(oldTypes, text) ? oldTypes[text] : undefined
  if (remedy === undefined) {
    const detail = 'To provide a full type expression, remove the surrounding quotes and give the type expression directly.'
    diags.error('Invalid legacy variable type hint', detail, { subject })
    return
  }
  const detail = `Terraform 0.11 and earlier required type constraints to be given in quotes, but that form is now deprecated and will be removed in a future version of Terraform. ${remedy}`
  diags.error('Invalid quoted type constraints', detail, { subject })
}

function decodeDefault(
  expr: Expr,
  type: Type,
  defaults: TypeDefaults | undefined,
  nullable: boolean,
  diags: Diagnostics,
): Value | undefined {
  const given = literalValue(expr, diags)
  const converted = convertDefault(given, type, defaults)
  if ('problem' in converted) {
    const detail = `This default value is not compatible with the variable's type constraint: ${converted.problem}.`
    diags.error('Invalid default value for variable', detail, { subject: expr.range })
    return undefined
  }
  if (converted.value.isNull && !nullable) {
    diags.error('Invalid default value for variable', 'A null default value is not valid when nullable=false.', { subject: expr.range })
    return undefined
  }
  return converted.value
}

/** Attributes written in a default value that its type does not have, as OpenTofu tells. */
function warnOfIgnored(expr: Expr, type: Type, diags: Diagnostics): void {
  const pending = [{ expr, type, place: '' }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { place } = next
    if (next.type.kind === 'object' && next.expr.kind === 'object') {
      for (const { key, value } of next.expr.items) {
        const name = literalString(key)
        if (name === undefined) continue
        const wanted = next.type.attributes.get(name)
        if (wanted !== undefined) pending.push({ expr: value, type: wanted, place: `${place}.${name}` })
        else {
          const detail = `The object type for input variable ${place === '' ? 'default value' : `attribute ${place.slice(1)}`} does not include an attribute named "${name}", so this definition is unused. Did you mean to set a different attribute, or to add it to the type?`
          diags.warning('Object attribute is ignored', detail, { subject: key.range })
        }
      }
    } else if (next.type.kind === 'list' || next.type.kind === 'set' || next.type.kind === 'map') {
      const { element } = next.type
      const inner =
        next.expr.kind === 'tuple' ? next.expr.elements : next.expr.kind === 'object' ? next.expr.items.map(({ value }) => value) : []
      pending.push(...inner.map((item) => ({ expr: item, type: element, place })))
    }
  }
}

/** Fills in optional attributes and converts, as for any value of the variable. */
export function convertDefault(
  given: Value,
  type: Type,
  defaults: TypeDefaults | undefined,
): { readonly value: Value } | { readonly problem: string } {
  const filled = defaults === undefined || given.isNull ? given : applyDefaults(defaults, given)
  try {
    return { value: convert(filled, type) }
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error
    return { problem: conversionProblem(error) }
  }
}

/** `["a"].b: a bool is required`, or the message alone when it is about the whole value. */
export function conversionProblem(error: ConversionError): string {
  const at = error.path.length === 0 ? '' : `${pathToString(error.path)}: `
  return at + error.message
}

function decodeValidation(variable: string, block: Block, diags: Diagnostics): CheckRule | undefined {
  const rule = decodeCheckRule(block, 'validation', diags)
  const condition = rule?.condition ?? bodyContent(block.body, conditionSchema, new Diagnostics()).attributes.get('condition')?.expr
  if (condition === undefined || condition.kind === 'error') return rule
  const refersToIt = traversals(condition).some(({ root, steps }) => {
    const step = steps[0]
    return root === 'var' && step?.kind === 'attr' && step.name === variable
  })
  if (refersToIt) return rule
  const detail = `The condition for variable "${variable}" must refer to var.${variable} in order to test incoming values.`
  diags.error('Invalid variable validation condition', detail, { subject: condition.range })
  return undefined
}

const conditionSchema: BodySchema = { attributes: [{ name: 'condition' }, { name: 'error_message' }], blocks: [] }

import type { BlockSchema } from '../../schema/index.ts'
import type { Field, FieldMap } from './field.ts'
import { asArray, asRecord, type Plain, type PlainObject, UNKNOWN } from './plain.ts'
import type { ConfigProblem } from './resource.ts'

/** Arguments that a configuration sets although the type's field map does not cover them. */
export function unsupportedArguments(
  typeName: string,
  block: BlockSchema,
  fields: FieldMap,
  others: ReadonlySet<string>,
  config: PlainObject,
): readonly ConfigProblem[] {
  const names: string[] = []
  collect(block, fields, others, config, '', names)
  return names.map((name) => ({
    summary: 'Argument not supported yet',
    detail: `The argument "${name}" of ${typeName} is not supported yet by the built-in provider. Remove it, or use the plugin of this provider.`,
  }))
}

function collect(
  block: BlockSchema,
  fields: FieldMap,
  others: ReadonlySet<string>,
  config: PlainObject,
  path: string,
  names: string[],
): void {
  for (const [name, schema] of Object.entries(block.attributes)) {
    if (others.has(path + name) || isArgument(fields[name])) continue
    if (!schema.optional && !schema.required) continue
    if ((config[name] ?? null) !== null) names.push(path + name)
  }
  for (const [name, nested] of Object.entries(block.blockTypes)) {
    if (others.has(path + name)) continue
    const elements = elementsOf(config[name] ?? null)
    if (elements.length === 0) continue
    if (!isArgument(fields[name])) {
      names.push(path + name)
      continue
    }
    const inner = fields[name]!.nested
    if (inner === undefined) continue
    for (const element of elements) collect(nested.block, inner, others, element, `${path}${name}.`, names)
  }
}

function isArgument(field: Field | undefined): boolean {
  return field !== undefined && field.options.readOnly !== true
}

function elementsOf(config: Plain): readonly PlainObject[] {
  if (config === null || config === UNKNOWN) return []
  const list = Array.isArray(config) ? asArray(config) : [config]
  return list.filter((e) => e !== null && e !== UNKNOWN).map(asRecord)
}

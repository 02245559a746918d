// biome-ignore-all lint/suspicious/noExplicitAny: the cases are trusted data, and their shape is the suite's own.
import { dialectFor } from '../../src/command/views/dialect.ts'
import { plainPalette } from '../../src/command/views/palette.ts'
import { outputChangesText } from '../../src/command/views/plan-text.ts'
import { resourceChangeText } from '../../src/command/views/resource-change-text.ts'
import { attributeStep, indexStep, markPaths, nullVal, type Path, SENSITIVE, type Value } from '../../src/cty/index.ts'
import type { Action, ActionReason, OutputChange, ResourceChange } from '../../src/plans/index.ts'
import { type BlockJson, blockFromJson, impliedType } from '../../src/schema/index.ts'
import { decodeValue } from '../support/tagged.ts'

const style = { palette: plainPalette, dialect: dialectFor('tofu', undefined) }

const provider = { module: [], source: { host: 'registry.terraform.io', namespace: 'hashicorp', type: 'test' }, alias: undefined }

function snakeCase(reason: string | undefined): ActionReason | undefined {
  if (reason === undefined || reason === 'ResourceInstanceChangeNoReason') return undefined
  return reason
    .replace('ResourceInstance', '')
    .replace(/(?<!^)([A-Z])/g, '_$1')
    .toLowerCase() as ActionReason
}

function decodePath(steps: readonly any[]): Path {
  return steps.map((s) => (s.attr !== undefined ? attributeStep(s.attr) : indexStep(decodeValue(s.index))))
}

/**
 * Three cases name an attribute `disks` in the schema and `disk` in the values. Where exactly one name is missing on each
 * side they mean the same attribute.
 */
function mendSchema(schema: BlockJson, value: any): BlockJson {
  const names = Object.keys(value.object ?? {})
  const attributes = schema.attributes ?? {}
  const unknown = names.filter((n) => attributes[n] === undefined && schema.block_types?.[n] === undefined)
  const unused = Object.keys(attributes).filter((n) => !names.includes(n))
  if (unknown.length !== 1 || unused.length !== 1) return schema
  const { [unused[0]!]: attribute, ...rest } = attributes
  return { ...schema, attributes: { ...rest, [unknown[0]!]: attribute! } }
}

/** Answers a case of conformance/plan/render.json with the text; its words are OpenTofu's. */
export function renderVector(c: any): string {
  const schema = blockFromJson(mendSchema(c.schema, c.before))
  const side = (tagged: any, sensitive: any[] | undefined): Value => {
    const value = 'null' in tagged ? nullVal(impliedType(schema)) : decodeValue(tagged)
    return markPaths(
      value,
      (sensitive ?? [])
        .filter((p) => value.type.kind === 'object' && value.type.attributes.has(p[0].attr))
        .map((p) => ({ path: decodePath(p), marks: new Set([SENSITIVE]) })),
    )
  }
  const address = {
    module: [],
    resource: { kind: 'resource', mode: c.mode, type: 'test_instance', name: 'example' },
    key: c.instance_key,
  } as const
  const change: ResourceChange = {
    address,
    previousAddress: address,
    deposed: c.deposed_key,
    provider,
    action: (c.action === 'NoOp' ? 'noop' : c.action[0].toLowerCase() + c.action.slice(1)) as Action,
    reason: snakeCase(c.action_reason),
    before: side(c.before, c.before_sensitive),
    after: side(c.after, c.after_sensitive),
    requiredReplace: (c.required_replace ?? []).map(decodePath),
    schemaVersion: 0,
    private: undefined,
    importing: undefined,
  }
  return resourceChangeText(change, schema, style)
}

/** Answers a case of conformance/plan/render-outputs.json. */
export function renderOutputsVector(c: any): string {
  const changes: OutputChange[] = c.changes.map((o: any) => ({
    name: o.name,
    action: 'update',
    before: decodeValue(o.before),
    after: decodeValue(o.after),
    sensitive: o.sensitive,
  }))
  return outputChangesText(changes, style)
}

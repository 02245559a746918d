import { readdirSync, readFileSync } from 'node:fs'
import { convert, dynamicType, mapVal, nullVal, objectVal, type Value } from '../../src/cty/index.ts'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import {
  type Block,
  type Body,
  type BodySchema,
  bodyContent,
  type EvalContext,
  type Expr,
  evaluate,
  justAttributes,
  keywordOf,
  literalString,
  parseHcl,
  parseJsonBody,
  parseType,
} from '../../src/hcl/index.ts'

/** The specifications of the upstream suite: what a body holds and what value that makes. As much of them as the suite uses here. */
export type Spec =
  | { readonly kind: 'object'; readonly attributes: ReadonlyMap<string, Spec> }
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'attr'; readonly name: string; readonly type: Expr | undefined; readonly required: boolean }
  | { readonly kind: 'block'; readonly type: string; readonly nested: Spec }
  | { readonly kind: 'blockMap'; readonly type: string; readonly labels: readonly string[]; readonly nested: Spec }

export function parseFile(path: string, diags: Diagnostics): Body {
  const source = new Source(path, readFileSync(path, 'utf8'))
  return path.endsWith('.json') ? parseJsonBody(source, diags) : parseHcl(source, diags).body
}

/** The one specification in a body, or a sequence of named ones. */
export function readSpec(body: Body): Spec {
  const blocks = nestedSpecs(body)
  if (blocks.length !== 1) throw new Error(`A specification holds one block, not ${blocks.length}.`)
  return specOf(blocks[0]!)
}

function nestedSpecs(body: Body): readonly Block[] {
  if (body.kind !== 'native') throw new Error('Specifications are in native syntax.')
  return body.blocks
}

function attribute(body: Body, name: string): Expr | undefined {
  return body.kind === 'native' ? body.attributes.get(name)?.expr : undefined
}

function specOf(block: Block): Spec {
  const { body, labels } = block
  switch (block.type) {
    case 'object':
      return { kind: 'object', attributes: new Map(nestedSpecs(body).map((b) => [b.labels[0] ?? attributeName(b), specOf(b)])) }
    case 'literal':
      return { kind: 'literal', value: evaluate(attribute(body, 'value')!, undefined, new Diagnostics()) }
    case 'attr':
      return {
        kind: 'attr',
        name: literalOf(attribute(body, 'name')) ?? labels[0]!,
        type: attribute(body, 'type'),
        required: keywordOf(attribute(body, 'required') ?? attribute(body, 'type')!) === 'true',
      }
    case 'block':
      return { kind: 'block', type: literalOf(attribute(body, 'block_type')) ?? labels[0]!, nested: readSpec(body) }
    case 'block_map': {
      const names = attribute(body, 'labels')
      const labelNames = names?.kind === 'tuple' ? names.elements.map((e) => literalString(e)!) : []
      return { kind: 'blockMap', type: literalOf(attribute(body, 'block_type')) ?? labels[0]!, labels: labelNames, nested: readSpec(body) }
    }
    default:
      throw new Error(`No specification: ${block.type}`)
  }
}

function attributeName(block: Block): string {
  return literalOf(attribute(block.body, 'name')) ?? block.type
}

function literalOf(expr: Expr | undefined): string | undefined {
  return expr === undefined ? undefined : literalString(expr)
}

function schemaOf(spec: Spec): BodySchema {
  switch (spec.kind) {
    case 'object': {
      const parts = [...spec.attributes.values()].map(schemaOf)
      return { attributes: parts.flatMap((p) => p.attributes), blocks: parts.flatMap((p) => p.blocks) }
    }
    case 'literal':
      return { attributes: [], blocks: [] }
    case 'attr':
      return { attributes: [{ name: spec.name, required: spec.required }], blocks: [] }
    case 'block':
      return { attributes: [], blocks: [{ type: spec.type, labelNames: [] }] }
    case 'blockMap':
      return { attributes: [], blocks: [{ type: spec.type, labelNames: spec.labels }] }
  }
}

/** The value that a body makes by a specification. */
export function decodeBySpec(spec: Spec, body: Body, context: EvalContext | undefined, diags: Diagnostics): Value {
  const content = bodyContent(body, schemaOf(spec), diags)
  const decode = (part: Spec): Value => {
    switch (part.kind) {
      case 'object':
        return objectVal([...part.attributes].map(([name, s]) => [name, decode(s)] as const))
      case 'literal':
        return part.value
      case 'attr': {
        const type = part.type === undefined ? dynamicType : parseType(part.type, new Diagnostics(), 'constraint')
        const found = content.attributes.get(part.name)
        return found === undefined ? nullVal(type) : convert(evaluate(found.expr, context, diags), type)
      }
      case 'block': {
        const block = content.blocks.find((b) => b.type === part.type)
        return block === undefined ? nullVal(dynamicType) : decodeBySpec(part.nested, block.body, context, diags)
      }
      case 'blockMap':
        return mapVal(
          content.blocks
            .filter((b) => b.type === part.type)
            .map((b) => [b.labels[0]!, decodeBySpec(part.nested, b.body, context, diags)] as const),
        )
    }
  }
  return decode(spec)
}

export interface ExpectedOutcome {
  readonly result: Expr | undefined
  readonly resultType: Expr | undefined
  /** Positions of the errors: byte offsets. */
  readonly errors: readonly { readonly from: number; readonly to: number }[] | undefined
}

export function readOutcome(path: string): ExpectedOutcome {
  const body = parseFile(path, new Diagnostics())
  const diagnostics = nestedSpecs(body).find((b) => b.type === 'diagnostics')
  return {
    result: attribute(body, 'result'),
    resultType: attribute(body, 'result_type'),
    errors: diagnostics && nestedSpecs(diagnostics.body).map((error) => ({ from: byteOf(error, 'from'), to: byteOf(error, 'to') })),
  }
}

function byteOf(error: Block, end: string): number {
  const position = nestedSpecs(error.body).find((b) => b.type === end)!
  const byte = justAttributes(position.body, new Diagnostics()).get('byte')!
  return evaluate(byte.expr, undefined, new Diagnostics()).asNumeric() as number
}

/** Paths of the `.t` files below a folder. */
export function specFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.t'))
    .sort()
}

import { assertNever, suggest } from '../base/index.ts'
import { Diagnostics, formatRange, type SourceRange, sourceRange } from '../diags/index.ts'
import type {
  Attribute,
  Block,
  Body,
  BodyContent,
  BodySchema,
  Expr,
  JsonBody,
  JsonObjectExpr,
  JsonStringExpr,
  MergedBody,
  NativeBlock,
  NativeBody,
} from './ast.ts'
import { jsonBody } from './json.ts'

/**
 * Reads a body through a schema. What the schema does not name, misses, repeats or labels otherwise is reported; the
 * content holds everything else.
 */
export function bodyContent(body: Body, schema: BodySchema, diags: Diagnostics): BodyContent {
  const { content, remain } = readBody(body, schema, diags)
  reportUnexpected(remain, schema, content, diags)
  return content
}

/** The same for callers that know a part of the body only: `remain` is the body without what the schema names. */
export function partialContent(
  body: Body,
  schema: BodySchema,
  diags: Diagnostics,
): { readonly content: BodyContent; readonly remain: Body } {
  return readBody(body, schema, diags)
}

/** All of a body that consists of arguments whose names are not known beforehand. Blocks are reported. */
export function justAttributes(body: Body, diags: Diagnostics): ReadonlyMap<string, Attribute> {
  switch (body.kind) {
    case 'native':
      reportBlocks(body, diags)
      return body.attributes
    case 'json': {
      const attributes = new Map<string, Attribute>()
      for (const { key, value } of properties(body, diags)) {
        if (key.text === '//') continue
        addAttribute(attributes, jsonAttribute(key, value), 'Duplicate attribute definition', diags)
      }
      return attributes
    }
    case 'merged': {
      const attributes = new Map<string, Attribute>()
      for (const part of body.bodies) {
        for (const attribute of justAttributes(part, diags).values()) addAttribute(attributes, attribute, 'Duplicate argument', diags)
      }
      return attributes
    }
    default:
      return assertNever(body)
  }
}

/**
 * One body of several, such as of all files of a module. At least one must be given.
 *
 * @param lenient what a schema does not name is a warning and has no effect.
 */
export function mergeBodies(bodies: readonly Body[], lenient = false): Body {
  const [first] = bodies
  if (bodies.length === 1) return first!
  const flat = bodies.flatMap((body) => (body.kind === 'merged' ? body.bodies : [body]))
  const surplus = lenient || bodies.some((body) => body.kind === 'merged' && body.lenient)
  return { kind: 'merged', bodies: flat, range: first!.range, endRange: first!.endRange, lenient: surplus }
}

interface Reading {
  readonly content: BodyContent
  readonly remain: Body
}

function readBody(body: Body, schema: BodySchema, diags: Diagnostics): Reading {
  const reading = read(body, schema, diags)
  for (let i = 0; i < schema.attributes.length; i++) {
    const { name, required } = schema.attributes[i]!
    if (required === true && !reading.content.attributes.has(name)) {
      diags.error('Missing required argument', `The argument ${quote(name)} is required, but no definition was found.`, {
        subject: body.endRange,
      })
    }
  }
  return reading
}

/** Without the check for required arguments, which may be in any of several merged bodies. */
function read(body: Body, schema: BodySchema, diags: Diagnostics): Reading {
  switch (body.kind) {
    case 'native':
      return readNative(body, schema, diags)
    case 'json':
      return readJson(body, schema, diags)
    case 'merged':
      return readMerged(body, schema, diags)
    default:
      return assertNever(body)
  }
}

function readMerged(body: MergedBody, schema: BodySchema, diags: Diagnostics): Reading {
  const attributes = new Map<string, Attribute>()
  const blocks: Block[] = []
  const remains: Body[] = []
  for (const part of body.bodies) {
    const { content, remain } = read(part, schema, diags)
    for (const attribute of content.attributes.values()) addAttribute(attributes, attribute, 'Duplicate argument', diags)
    for (const block of content.blocks) blocks.push(block)
    remains.push(remain)
  }
  return { content: { attributes, blocks, endRange: body.endRange }, remain: { ...body, bodies: remains } }
}

const noAttributes: ReadonlyMap<string, Attribute> = new Map()

/** Read several times for each block of a configuration, so nothing is copied that need not be. */
function readNative(body: NativeBody, schema: BodySchema, diags: Diagnostics): Reading {
  let known: Map<string, Attribute> | undefined
  for (let i = 0; i < schema.attributes.length; i++) {
    const { name } = schema.attributes[i]!
    const attribute = body.attributes.get(name)
    if (attribute !== undefined) (known ??= new Map()).set(name, attribute)
  }
  const attributes = known ?? noAttributes
  let restAttributes = noAttributes
  if (known === undefined) restAttributes = body.attributes
  else if (known.size < body.attributes.size) {
    const rest = new Map(body.attributes)
    for (const name of known.keys()) rest.delete(name)
    restAttributes = rest
  }
  if (body.blocks.length === 0) {
    const content = { attributes, blocks: body.blocks, endRange: body.endRange }
    return { content, remain: restAttributes === body.attributes ? body : { ...body, attributes: restAttributes } }
  }
  const blocks: Block[] = []
  const restBlocks: NativeBlock[] = []
  for (const block of body.blocks) {
    const type = schema.blocks.find((b) => b.type === block.type)
    if (type === undefined) restBlocks.push(block)
    else if (checkLabels(block, type.labelNames, diags)) blocks.push(block)
  }
  const remain: NativeBody = { ...body, attributes: restAttributes, blocks: restBlocks }
  return { content: { attributes, blocks, endRange: body.endRange }, remain }
}

function checkLabels(block: NativeBlock, names: readonly string[], diags: Diagnostics): boolean {
  if (block.labels.length > names.length) {
    const detail =
      names.length === 0
        ? `No labels are expected for ${block.type} blocks.`
        : `Only ${names.length} labels (${names.join(', ')}) are expected for ${block.type} blocks.`
    diags.error(`Extraneous label for ${block.type}`, detail, {
      subject: block.labelRanges[names.length],
      context: between(block.typeRange, block.openBraceRange),
    })
    return false
  }
  if (block.labels.length < names.length) {
    diags.error(
      `Missing ${names[block.labels.length]} for ${block.type}`,
      `All ${block.type} blocks must have ${names.length} labels (${names.join(', ')}).`,
      { subject: block.openBraceRange, context: between(block.typeRange, block.openBraceRange) },
    )
    return false
  }
  return true
}

function between(first: SourceRange, last: SourceRange): SourceRange {
  return { ...first, end: last.end }
}

function readJson(body: JsonBody, schema: BodySchema, diags: Diagnostics): Reading {
  const attributeNames = new Set(schema.attributes.map((a) => a.name))
  const blockSchemas = new Map(schema.blocks.map((b) => [b.type, b]))
  const attributes = new Map<string, Attribute>()
  const blocks: Block[] = []
  const rest: { key: JsonStringExpr; value: Expr }[] = []
  for (const item of properties(body, diags)) {
    const { key, value } = item
    const name = key.text
    const block = blockSchemas.get(name)
    // `"//"` is a comment unless the schema knows it.
    if (attributeNames.has(name)) addAttribute(attributes, jsonAttribute(key, value), 'Duplicate argument', diags)
    else if (block !== undefined) readJsonBlocks(block, key, value, blocks, diags)
    else if (name !== '//') rest.push(item)
  }
  const remain: JsonBody = { ...body, value: { kind: 'jsonObject', items: rest, range: body.value.range } }
  return { content: { attributes, blocks, endRange: body.endRange }, remain }
}

/** The properties of an object, or of all objects of an array. */
function properties(body: JsonBody, diags?: Diagnostics): readonly { readonly key: JsonStringExpr; readonly value: Expr }[] {
  if (body.value.kind === 'jsonObject') return body.value.items
  const all: { readonly key: JsonStringExpr; readonly value: Expr }[] = []
  for (const element of body.value.elements) {
    if (element.kind === 'jsonObject') for (const item of element.items) all.push(item)
    else {
      diags?.error('Incorrect JSON value type', 'A JSON object is required here, to define arguments and child blocks.', {
        subject: startOf(element),
      })
    }
  }
  return all
}

function jsonAttribute(key: JsonStringExpr, value: Expr): Attribute {
  return { name: key.text, expr: value, nameRange: key.range, range: between(key.range, value.range) }
}

function addAttribute(attributes: Map<string, Attribute>, attribute: Attribute, summary: string, diags: Diagnostics): void {
  const existing = attributes.get(attribute.name)
  if (existing === undefined) attributes.set(attribute.name, attribute)
  else {
    diags.error(summary, `The argument ${quote(attribute.name)} was already set at ${formatRange(jsonRange(existing))}.`, {
      subject: attribute.nameRange,
    })
  }
}

/** As messages show it: with its value in JSON, where a name alone is just a string. */
function jsonRange(attribute: Attribute): SourceRange {
  return attribute.range.source.filename.endsWith('.json') ? attribute.range : attribute.nameRange
}

/** Labels are nested objects; an array anywhere stands for several blocks; null instead of a block for none. */
function readJsonBlocks(schema: BodySchema['blocks'][number], key: JsonStringExpr, value: Expr, blocks: Block[], diags: Diagnostics): void {
  const { type, labelNames } = schema
  const typeRange = key.range
  const wrongType = (detail: string, at: Expr): void => diags.error('Incorrect JSON value type', detail, { subject: startOf(at) })
  /** @param at the object, or the array that it is in */
  const add = (object: JsonObjectExpr, labels: readonly JsonStringExpr[], at: Expr): void => {
    const labelRanges = labels.map((l) => l.range)
    blocks.push({ type, labels: labels.map((l) => l.text), body: jsonBody(object), typeRange, labelRanges, headerRange: startOf(at) })
  }
  const visit = (node: Expr, labels: readonly JsonStringExpr[]): void => {
    const labelName = labelNames[labels.length]
    if (labelName === undefined) {
      if (node.kind === 'literal' && node.value.isNull) return
      if (node.kind === 'jsonObject') add(node, labels, node)
      else if (node.kind === 'jsonArray') {
        for (const element of node.elements) {
          if (element.kind === 'jsonObject') add(element, labels, node)
          else wrongType('A JSON object is required here, setting the arguments for this block.', element)
        }
      } else {
        wrongType(`Either a JSON object or a JSON array is required, representing the contents of one or more ${quote(type)} blocks.`, node)
      }
      return
    }
    const objects = node.kind === 'jsonArray' ? node.elements : [node]
    let found = false
    for (const object of objects) {
      if (object.kind === 'jsonObject') {
        for (const item of object.items) {
          found = true
          visit(item.value, [...labels, item.key])
        }
      } else if (node.kind === 'jsonArray') {
        wrongType(`A JSON object is required here, to specify ${labelName} labels for this block.`, object)
      } else if (object.kind !== 'literal' || !object.value.isNull) {
        wrongType(`Either a JSON object or JSON array of objects is required here, to specify ${labelName} labels for this block.`, object)
      }
    }
    if (!found) {
      diags.error(
        'Missing block label',
        `At least one object property is required, whose name represents the ${type} block's ${labelName}.`,
        {
          subject: startOf(node),
        },
      )
    }
  }
  visit(value, [])
}

/** The first character: underlining a whole object would show too much. */
function startOf(expr: Expr): SourceRange {
  const { source, start, end } = expr.range
  return expr.kind === 'jsonObject' || expr.kind === 'jsonArray' ? sourceRange(source, start, Math.min(start + 1, end)) : expr.range
}

/** @param content what the schema names, and is there already */
function reportUnexpected(body: Body, schema: BodySchema, content: BodyContent, diags: Diagnostics): void {
  if (body.kind === 'native' && body.attributes.size === 0 && body.blocks.length === 0) return
  const attributeNames = schema.attributes.map((a) => a.name)
  const blockTypes = schema.blocks.map((b) => b.type)
  switch (body.kind) {
    case 'merged': {
      const found = body.lenient ? new Diagnostics() : diags
      for (const part of body.bodies) reportUnexpected(part, schema, content, found)
      if (body.lenient) {
        for (const { summary, detail, subject, context } of found.items)
          diags.warning(summary, `${detail} It is passed over, since this block is overridden by an override file.`, { subject, context })
      }
      return
    }
    case 'json':
      for (const { key } of properties(body)) {
        if (key.text === '//') continue
        const near = suggest(key.text, [...attributeNames, ...blockTypes])
        const former = schema.former !== undefined && Object.hasOwn(schema.former, key.text) ? ` ${schema.former[key.text]}` : undefined
        diags.error('Extraneous JSON object property', `No argument or block type is named ${quote(key.text)}.${former ?? hint(near)}`, {
          subject: key.range,
          context: body.range,
        })
      }
      return
    case 'native':
      for (const { name, nameRange } of body.attributes.values()) {
        // What is there already was not meant.
        const near = suggest(
          name,
          attributeNames.filter((other) => !content.attributes.has(other)),
        )
        let help = hint(near)
        if (near === undefined && blockTypes.includes(name)) help = ` Did you mean to define a block of type ${quote(name)}?`
        if (schema.former !== undefined && Object.hasOwn(schema.former, name)) help = ` ${schema.former[name]}`
        diags.error('Unsupported argument', `An argument named ${quote(name)} is not expected here.${help}`, { subject: nameRange })
      }
      for (const { type, typeRange } of body.blocks) {
        const near = suggest(type, blockTypes)
        let help = hint(near)
        if (near === undefined && attributeNames.includes(type)) {
          help = ` Did you mean to define argument ${quote(type)}? If so, use the equals sign to assign it a value.`
        }
        diags.error('Unsupported block type', `Blocks of type ${quote(type)} are not expected here.${help}`, { subject: typeRange })
      }
      return
    default:
      assertNever(body)
  }
}

function reportBlocks(body: NativeBody, diags: Diagnostics): void {
  const first = body.blocks[0]
  if (first === undefined) return
  diags.error(`Unexpected ${quote(first.type)} block`, 'Blocks are not allowed here.', {
    subject: first.typeRange,
    context: first.headerRange,
  })
}

function hint(near: string | undefined): string {
  return near === undefined ? '' : ` Did you mean ${quote(near)}?`
}

function quote(text: string): string {
  return JSON.stringify(text)
}

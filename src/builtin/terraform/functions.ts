import { numericToString, objectVal, stringVal, type Value } from '../../cty/index.ts'
import { Diagnostics, formatRange, Source } from '../../diags/index.ts'
import { evaluate, justAttributes, parseHcl } from '../../hcl/index.ts'
import { layOut } from '../../hcl/write/index.ts'
import type { FunctionResponse } from '../../providers/index.ts'

/** A function of the provider, by its plain name; arguments are known, of the parameters' types and not null. */
export function callTerraformFunction(name: string, args: readonly Value[]): FunctionResponse {
  try {
    switch (name) {
      case 'encode_expr':
        return { result: stringVal(layOut(exprText(args[0]!))) }
      case 'encode_tfvars':
        return { result: stringVal(encodeTfvars(args[0]!)) }
      case 'decode_tfvars':
        return { result: decodeTfvars(args[0]!.asString()) }
      default:
        return { error: { text: `there is no function named ${JSON.stringify(name)}` } }
    }
  } catch (error) {
    if (error instanceof FunctionFailure) return { error: { text: error.message } }
    throw error
  }
}

/** Its message is the end of a sentence. */
class FunctionFailure extends Error {
  override readonly name = 'FunctionFailure'
}

// ---- encoding

const identifier = /^\p{ID_Start}[\p{ID_Continue}-]*$/u

function encodeTfvars(value: Value): string {
  if (value.type.kind !== 'object' && value.type.kind !== 'map') {
    throw new FunctionFailure('invalid value to encode: must be an object whose attribute names will become the encoded variable names')
  }
  let text = ''
  for (const [name, member] of value.asMap()) {
    if (!identifier.test(name)) {
      throw new FunctionFailure(
        `invalid variable name ${JSON.stringify(name)}: must be a valid identifier, per Terraform's rules for input variable declarations`,
      )
    }
    text += `${name} = ${exprText(member)}\n`
  }
  return layOut(text)
}

/** An expression that gives about this value, before it is laid out. */
function exprText(value: Value): string {
  if (value.isNull) return 'null'
  switch (value.type.kind) {
    case 'string':
      return quoted(value.asString())
    case 'number':
      return numericToString(value.asNumeric())
    case 'bool':
      return String(value.asBool())
    case 'list':
    case 'set':
    case 'tuple':
      return `[${value.asArray().map(exprText).join(', ')}]`
    case 'map':
    case 'object': {
      const members = [...value.asMap()]
      if (members.length === 0) return '{}'
      return `{\n${members.map(([name, member]) => `${identifier.test(name) ? name : quoted(name)} = ${exprText(member)}\n`).join('')}}`
    }
    default:
      throw new FunctionFailure(`a value of type ${value.type.kind} has no expression`)
  }
}

const escapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
  '${': '$${',
  '%{': '%%{',
}

/** A quoted template without parts; what cannot be seen is written by its number. */
function quoted(text: string): string {
  const escaped = text.replace(/\$\{|%\{|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|["\\]/gu, (found) => escapes[found] ?? numbered(found))
  return `"${escaped}"`
}

function numbered(character: string): string {
  const code = character.codePointAt(0)!
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

// ---- decoding

function decodeTfvars(text: string): Value {
  const diags = new Diagnostics()
  const { body } = parseHcl(new Source('<decode_tfvars argument>', text), diags)
  failWith('invalid tfvars syntax', diags)
  const attributes = justAttributes(body, diags)
  failWith('invalid tfvars content', diags)
  return objectVal(
    [...attributes].map(([name, { expr }]) => {
      const own = new Diagnostics()
      const value = evaluate(expr, undefined, own)
      failWith(`invalid expression for variable ${JSON.stringify(name)}`, own)
      return [name, value] as const
    }),
  )
}

function failWith(what: string, diags: Diagnostics): void {
  if (!diags.hasErrors) return
  const [first, ...others] = diags.items.filter((d) => d.severity === 'error')
  const { subject, summary, detail } = first!
  const more = others.length === 0 ? '' : `, and ${others.length} other diagnostic(s)`
  throw new FunctionFailure(`${what}: ${subject === undefined ? '' : `${formatRange(subject)}: `}${summary}; ${detail}${more}`)
}

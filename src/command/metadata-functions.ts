import { type FunctionSpec, jsonString, type Param, stringType, typeToJson } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { returnType, visibleType } from '../hcl/index.ts'
import { functionTable } from '../lang/functions/index.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'

/** The functions of the language with their parameters, for editors: `metadata functions -json`. */
export async function metadataFunctionsCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(args, { ...viewFlags, json: { kind: 'bool' } }, context.dialect)
  const view = makeView(context, viewArguments(parsed))
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  if (parsed.positional.length > 0) usage.error('Too many command line arguments', 'Expected no positional arguments.')
  if (!flag(parsed, 'json', false))
    usage.error(
      'The -json flag is required',
      `The "${context.dialect.command} metadata functions" command prints JSON only: add the option -json.`,
    )
  if (usage.hasErrors) return failUsage(view, usage.items, 'metadata functions')
  view.print(`${functionSignatures()}\n`)
  return 0
}

/** Names that are only there to say what to write instead. */
const removed: ReadonlySet<string> = new Set(['list', 'map'])

/** Every function under its name and as `core::NAME`, by name. */
export function functionSignatures(): string {
  const table = functionTable({ baseDir: '.', pure: true })
  const signatures = new Map<string, string>()
  for (const name of table.names()) {
    if (removed.has(name)) continue
    const text = signature(table.lookUp(name)!)
    signatures.set(name, text)
    signatures.set(`core::${name}`, text)
  }
  const members = [...signatures].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `${jsonString(name)}:${text}`)
  return `{"format_version":"1.0","function_signatures":{${members.join(',')}}}`
}

function signature(spec: FunctionSpec): string {
  const members = []
  if (spec.description !== undefined) members.push(`"description":${jsonString(spec.description)}`)
  members.push(`"return_type":${typeToJson(spec.name === 'templatestring' ? stringType : returnType(spec))}`)
  if (spec.params.length > 0) members.push(`"parameters":[${spec.params.map(parameter).join(',')}]`)
  if (spec.varParam !== undefined) members.push(`"variadic_parameter":${parameter(spec.varParam)}`)
  return `{${members.join(',')}}`
}

function parameter({ name, description, allowNull, type }: Param): string {
  const members = [`"name":${jsonString(name)}`]
  if (description !== undefined) members.push(`"description":${jsonString(description)}`)
  if (allowNull) members.push('"is_nullable":true')
  members.push(`"type":${typeToJson(visibleType(type))}`)
  return `{${members.join(',')}}`
}

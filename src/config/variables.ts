import { compareStrings } from '../base/index.ts'
import { stringVal, type Value } from '../cty/index.ts'
import { Diagnostics, Source, type SourceRange } from '../diags/index.ts'
import { type Body, evaluate, justAttributes, parseExpression, parseHcl, parseJsonBody } from '../hcl/index.ts'
import type { Config, InputVariable } from './config.ts'
import { type FileSystem, joinPath } from './file-system.ts'

/** What was given for a root input variable, not yet converted to its type. */
export interface VariableInput {
  readonly value: Value
  /** How messages name a source that has no place in a file: `using -var="x=..."`. */
  readonly sourceDescription?: string | undefined
  /** Of the value in a variable file. */
  readonly range?: SourceRange | undefined
}

/** The values of one `.tfvars` or `.tfvars.json` file. */
export interface VariableFile {
  /** As messages name it. */
  readonly name: string
  readonly values: ReadonlyMap<string, { readonly value: Value; readonly range: SourceRange }>
}

/** `-var NAME=VALUE` as written, or a file of `-var-file`. */
export type VariableArgument = { readonly kind: 'var'; readonly text: string } | { readonly kind: 'file'; readonly file: VariableFile }

/** Where values come from; later ones win: environment, files found in the folder, command line in its order. */
export interface VariableSources {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly files: readonly VariableFile[]
  readonly cli: readonly VariableArgument[]
}

/**
 * Text from the environment or the command line as the variable's type wants it read: as it stands for primitive types, else
 * as an expression without references. Undefined when it cannot be read, which is reported.
 */
export function parseVariableValue(variable: InputVariable, text: string, diags: Diagnostics): Value | undefined {
  if (variable.parsing === 'literal') return stringVal(text)
  const own = new Diagnostics()
  const expr = parseExpression(new Source(`<value for var.${variable.name}>`, text), own)
  const value = own.hasErrors ? undefined : evaluate(expr, undefined, own)
  diags.addAll(own.items)
  return own.hasErrors ? undefined : value
}

/** The files that are read without being asked for, in order: `terraform.tfvars`, then its JSON form, then `*.auto.tfvars[.json]`. */
export function loadVariableFiles(dir: string, files: FileSystem, diags: Diagnostics): readonly VariableFile[] {
  // Hidden files too: Terragrunt passes inputs that are null in one.
  const names = files.readDir(dir) ?? []
  const auto = names.filter((name) => /\.auto\.tfvars(\.json)?$/.test(name)).sort(compareStrings)
  const chosen = [...['terraform.tfvars', 'terraform.tfvars.json'].filter((name) => names.includes(name)), ...auto]
  const loaded: VariableFile[] = []
  for (const name of chosen) {
    const file = loadVariableFile(joinPath(dir, name), files, diags)
    if (file !== undefined) loaded.push(file)
  }
  return loaded
}

/** One variable file; JSON by its name. Undefined when it does not exist, which is reported. */
export function loadVariableFile(path: string, files: FileSystem, diags: Diagnostics): VariableFile | undefined {
  const text = files.readFile(path)
  if (text === undefined) {
    diags.error('Failed to read variables file', `Given variables file ${path} does not exist.`)
    return undefined
  }
  const source = new Source(path, text)
  const body = path.endsWith('.json') ? parseJsonBody(source, diags) : parseHcl(source, diags).body
  const values = new Map<string, { value: Value; range: SourceRange }>()
  if (!refuseDeclarations(body, path, diags)) {
    for (const { name, expr } of justAttributes(body, diags).values()) {
      values.set(name, { value: evaluate(expr, undefined, diags), range: expr.range })
    }
  }
  return { name: path, values }
}

/** Whether somebody put `variable` blocks here, which is reported with what to write instead. */
function refuseDeclarations(body: Body, path: string, diags: Diagnostics): boolean {
  if (body.kind !== 'native') return false
  const declarations = body.blocks.filter((block) => block.type === 'variable')
  for (const block of declarations) {
    const name = block.labels[0]
    const detail =
      name === undefined
        ? 'A .tfvars file is used to assign values to variables that have already been declared in .tf files, not to declare new variables. To declare a variable, place this block in one of your .tf files, such as variables.tf.'
        : `A .tfvars file is used to assign values to variables that have already been declared in .tf files, not to declare new variables. To declare variable "${name}", place this block in one of your .tf files, such as variables.tf.\n\nTo set a value for this variable in ${path}, use the definition syntax instead:\n    ${name} = <value>`
    diags.error('Variable declaration in .tfvars file', detail, { subject: block.typeRange })
  }
  return declarations.length > 0
}

/** After so many warnings about undeclared variables the others are only counted. */
const shownUndeclared = 2

/**
 * Brings the sources together: the last value of a variable counts. A name that the root module does not declare is an
 * error on the command line, a warning in a file, and nothing in the environment.
 */
export function collectVariables(sources: VariableSources, config: Config, diags: Diagnostics): ReadonlyMap<string, VariableInput> {
  const declared = config.module.variables
  const inputs = new Map<string, VariableInput>()
  const undeclared = new Map<string, string>()
  const addText = (variable: InputVariable, text: string, sourceDescription: string): void => {
    const value = parseVariableValue(variable, text, diags)
    if (value !== undefined) inputs.set(variable.name, { value, sourceDescription })
  }
  const addFile = (file: VariableFile): void => {
    for (const [name, { value, range }] of file.values) {
      if (declared.has(name)) inputs.set(name, { value, range })
      else undeclared.set(name, file.name)
    }
  }
  for (const [key, text] of Object.entries(sources.env)) {
    if (!key.startsWith('TF_VAR_') || text === undefined) continue
    const variable = declared.get(key.slice('TF_VAR_'.length))
    if (variable !== undefined) addText(variable, text, `using the ${key} environment variable`)
  }
  for (const file of sources.files) addFile(file)
  for (const argument of sources.cli) {
    if (argument.kind === 'file') {
      addFile(argument.file)
      continue
    }
    const equals = argument.text.indexOf('=')
    if (equals === -1) {
      const detail = `The given -var option ${JSON.stringify(argument.text)} is not correctly specified. Must be a variable name and value separated by an equals sign, like -var="key=value".`
      diags.error('Invalid -var option', detail)
      continue
    }
    const name = argument.text.slice(0, equals)
    const variable = declared.get(name)
    if (variable === undefined) {
      const detail = `A variable named "${name}" was assigned on the command line, but the root module does not declare a variable of that name. To use this value, add a "variable" block to the configuration.`
      diags.error('Value for undeclared variable', detail)
    } else addText(variable, argument.text.slice(equals + 1), `using -var="${name}=..."`)
  }
  reportUndeclared(undeclared, diags)
  return inputs
}

function reportUndeclared(undeclared: ReadonlyMap<string, string>, diags: Diagnostics): void {
  for (const [name, file] of [...undeclared].slice(0, shownUndeclared)) {
    const detail = `The root module does not declare a variable named "${name}" but a value was found in file "${file}". If you meant to use this value, add a "variable" block to the configuration.\n\nTo silence these warnings, use TF_VAR_... environment variables to provide certain "global" settings to all configurations in your organization. To reduce the verbosity of these warnings, use the -compact-warnings option.`
    diags.warning('Value for undeclared variable', detail)
  }
  const rest = undeclared.size - shownUndeclared
  if (rest <= 0) return
  const detail = `In addition to the other similar warnings shown, ${rest} other variable(s) defined without being declared.`
  diags.warning('Values for undeclared variables', detail)
}

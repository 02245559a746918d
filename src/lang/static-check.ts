import { type ModulePath, modulePathToString, type Reference, type Resource, resourceToString } from '../addrs/index.ts'
import { suggest } from '../base/index.ts'
import type { Module, ResourceConfig } from '../config/index.ts'
import type { Diagnostics, SourceRange } from '../diags/index.ts'
import type { BlockSchema } from '../schema/index.ts'
import { checkSteps } from './_static-steps.ts'

export interface StaticCheckInput {
  readonly module: Module
  readonly path: ModulePath
  /** What is declared beside the module's resources: the data source of the check block that the references are in. */
  readonly ownData?: ResourceConfig | undefined
  /** The schema of a resource by its text in the module. Undefined when it is not known; then nothing is said about attributes. */
  schemaOf(text: string): BlockSchema | undefined
  readonly selfAllowed: boolean
  /** Of what `self` is; nothing is said about its attributes when not given. */
  readonly selfSchema?: BlockSchema | undefined
}

/**
 * Reports references that can be seen to be wrong without evaluating anything: to things that are not declared, to attributes
 * a schema does not have, with an instance key where there are no instances, or without one where it is needed.
 */
export function checkReferences(references: readonly Reference[], input: StaticCheckInput, diags: Diagnostics): void {
  for (let i = 0; i < references.length; i++) checkReference(references[i]!, input, diags)
}

function checkReference(reference: Reference, input: StaticCheckInput, diags: Diagnostics): void {
  const { subject, remaining } = reference
  const { module } = input
  switch (subject.kind) {
    case 'variable':
      if (!module.variables.has(subject.name)) reportUndeclaredVariable(subject.name, module, reference.range, diags)
      return
    case 'local':
      if (!module.locals.has(subject.name)) reportUndeclaredLocal(subject.name, module, reference.range, diags)
      return
    case 'resource':
      checkResource(subject, false, reference, input, diags)
      return
    case 'resourceInstance':
      checkResource(subject.resource, true, reference, input, diags)
      return
    case 'moduleCall':
    case 'moduleCallInstance':
      checkCall(subject.name, input, reference.range, diags)
      return
    case 'moduleOutput':
      // Which outputs there are is for the evaluator to say: `try` may answer for those that are not.
      checkCall(subject.call, input, reference.range, diags)
      return
    case 'self':
      if (input.selfAllowed) {
        if (input.selfSchema !== undefined) checkSteps(remaining, input.selfSchema, diags)
      } else {
        diags.error(
          'Invalid "self" reference',
          'The "self" object is not available in this context. This object can be used only in resource provisioner, connection, and postcondition blocks.',
          { subject: reference.range },
        )
      }
      return
    default:
  }
}

export function reportUndeclaredVariable(name: string, module: Module, subject: SourceRange, diags: Diagnostics): void {
  const meant = suggest(name, module.variables.keys())
  const hint = meant === undefined ? `This variable can be declared with a variable "${name}" {} block.` : `Did you mean "${meant}"?`
  diags.error('Reference to undeclared input variable', `An input variable with the name "${name}" has not been declared. ${hint}`, {
    subject,
  })
}

export function reportUndeclaredLocal(name: string, module: Module, subject: SourceRange, diags: Diagnostics): void {
  const meant = suggest(name, module.locals.keys())
  diags.error(
    'Reference to undeclared local value',
    `A local value with the name "${name}" has not been declared.${meant === undefined ? '' : ` Did you mean "${meant}"?`}`,
    { subject },
  )
}

export function reportUndeclaredResource(
  resource: Resource,
  input: Pick<StaticCheckInput, 'module' | 'path' | 'ownData'>,
  subject: SourceRange,
  diags: Diagnostics,
): void {
  const noun = resource.mode === 'ephemeral' ? 'An ephemeral' : `A ${resource.mode}`
  const other: Resource = { ...resource, mode: resource.mode === 'managed' ? 'data' : 'managed' }
  const otherText = resourceToString(other)
  const hint = declaredAs(otherText, input) !== undefined ? `\n\nDid you mean the ${other.mode} resource ${otherText}?` : ''
  diags.error(
    'Reference to undeclared resource',
    `${noun} resource "${resource.type}" "${resource.name}" has not been declared in ${moduleName(input.path)}.${hint}`,
    { subject },
  )
}

function checkResource(resource: Resource, keyed: boolean, reference: Reference, input: StaticCheckInput, diags: Diagnostics): void {
  const { remaining } = reference
  const text = reference.resourceText!
  const config = declaredAs(text, input)
  if (config === undefined) {
    reportUndeclaredResource(resource, input, reference.range, diags)
    return
  }
  const repeated = config.count !== undefined || config.forEach !== undefined
  const next = remaining[0]
  if (keyed && !repeated) {
    diags.error(
      'Unexpected resource instance key',
      `Because ${text} does not have "count" or "for_each" set, references to it must not include an index key. Remove the bracketed index to refer to the single instance of this resource.`,
      { subject: reference.range },
    )
    return
  }
  if (!keyed && repeated) {
    if (next?.kind !== 'attr') return
    const [argument, key] = config.count !== undefined ? ['count', 'count.index'] : ['for_each', 'each.key']
    diags.error(
      'Missing resource instance key',
      `Because ${text} has "${argument}" set, its attributes must be accessed on specific instances.\n\nFor example, to correlate with indices of a referring resource, use:\n    ${text}[${key}]`,
      { subject: reference.range },
    )
    return
  }
  if (next === undefined) return
  const schema = input.schemaOf(text)
  if (schema !== undefined) checkSteps(remaining, schema, diags)
}

function declaredAs(text: string, { module, ownData }: Pick<StaticCheckInput, 'module' | 'ownData'>): ResourceConfig | undefined {
  const declared = module.resources.get(text)
  if (declared !== undefined || ownData === undefined) return declared
  return resourceToString(ownData.address) === text ? ownData : undefined
}

function checkCall(name: string, input: StaticCheckInput, range: SourceRange, diags: Diagnostics): boolean {
  if (input.module.moduleCalls.has(name)) return true
  const meant = suggest(name, input.module.moduleCalls.keys())
  diags.error(
    'Reference to undeclared module',
    `No module call named "${name}" is declared in ${moduleName(input.path)}.${meant === undefined ? '' : ` Did you mean "${meant}"?`}`,
    { subject: range },
  )
  return false
}

function moduleName(path: ModulePath): string {
  return path.length === 0 ? 'the root module' : modulePathToString(path)
}

import { suggest } from '../../base/index.ts'
import { type FunctionSpec, type Param, type Type, unknownVal, type Value } from '../../cty/index.ts'
import type { FunctionTable } from './index.ts'

/** What a provider says of one of its functions. */
export interface FunctionSignature {
  readonly parameters: readonly FunctionParameter[]
  readonly variadicParameter?: FunctionParameter | undefined
  readonly returnType: Type
  readonly summary?: string | undefined
  readonly description?: string | undefined
}

export interface FunctionParameter {
  readonly name: string
  readonly type: Type
  readonly allowNull?: boolean | undefined
  readonly allowUnknown?: boolean | undefined
  readonly description?: string | undefined
}

/** `provider::LOCALNAME::NAME`, or OpenTofu's `provider::LOCALNAME::ALIAS::NAME` for a configured provider. */
export interface ProviderFunctionName {
  readonly localName: string
  readonly alias: string | undefined
  readonly name: string
}

/**
 * The functions of the providers of one module. Names are those of the module's `required_providers`.
 *
 * Providers may answer later than an expression can wait: `call` gives undefined as long as there is no answer, and the result is
 * then unknown. Whoever evaluates asks again when there is one; an answer is the same for the same arguments.
 */
export interface ProviderFunctions {
  /** Undefined when the module requires no provider of that name, or does not configure that alias. */
  signatures(localName: string, alias: string | undefined): ReadonlyMap<string, FunctionSignature> | undefined
  /** @throws FunctionError as the provider words it. */
  call(name: ProviderFunctionName, args: readonly Value[]): Value | undefined
}

const prefix = 'provider::'

/** Undefined when it is no such name. */
export function parseProviderFunctionName(text: string): ProviderFunctionName | undefined {
  const parts = text.split('::')
  if (parts[0] !== 'provider' || (parts.length !== 3 && parts.length !== 4)) return undefined
  return { localName: parts[1]!, alias: parts.length === 4 ? parts[2] : undefined, name: parts.at(-1)! }
}

/** The functions of the language and those of a module's providers. Without providers their names are explained all the same. */
export function withProviderFunctions(table: FunctionTable, providers: ProviderFunctions | undefined): FunctionTable {
  // Asked for again with every call.
  const specs = new Map<string, FunctionSpec>()
  return {
    names: table.names,
    lookUp(text) {
      if (!text.startsWith(prefix)) return table.lookUp(text)
      const known = specs.get(text)
      if (known !== undefined) return known
      const name = parseProviderFunctionName(text)
      const signature = name && providers?.signatures(name.localName, name.alias)?.get(name.name)
      if (name === undefined || signature === undefined) return undefined
      const spec = providerFunction(text, signature, (args) => providers!.call(name, args))
      specs.set(text, spec)
      return spec
    },
    explain: (text) => explain(text, providers),
  }
}

function providerFunction(text: string, signature: FunctionSignature, call: (args: readonly Value[]) => Value | undefined): FunctionSpec {
  const { parameters, variadicParameter, returnType } = signature
  const description = signature.summary ?? signature.description
  return {
    name: text,
    ...(description === undefined ? {} : { description }),
    params: parameters.map(paramOf),
    ...(variadicParameter === undefined ? {} : { varParam: paramOf(variadicParameter) }),
    type: () => returnType,
    impl: (args) => call(args) ?? unknownVal(returnType),
  }
}

function paramOf({ name, type, description, allowNull, allowUnknown }: FunctionParameter): Param {
  return {
    name,
    type,
    ...(description === undefined ? {} : { description }),
    allowNull: allowNull ?? false,
    allowUnknown: allowUnknown ?? false,
    allowDynamic: true,
  }
}

/** Why there is no function of a name with a namespace. */
function explain(text: string, providers: ProviderFunctions | undefined): string | undefined {
  if (!text.includes('::')) return undefined
  const [namespace, localName] = text.split('::') as [string, string]
  const last = text.slice(text.lastIndexOf('::') + 2)
  if (namespace !== 'provider')
    return `The function namespace "${namespace}" is not valid. Provider function calls must use the "provider::" namespace prefix.`
  const name = parseProviderFunctionName(text)
  if (name === undefined && text.split('::').length === 2)
    return 'The function call must include the provider name after the "provider::" prefix.'
  const signatures = name && providers?.signatures(name.localName, name.alias)
  if (name !== undefined && signatures !== undefined) {
    const similar = suggest(name.name, [...signatures.keys()])
    const hint = similar === undefined ? '' : ` Did you mean "${similar}"?`
    return `The function "${name.name}" is not available from the provider "${name.localName}".${hint}`
  }
  return `There is no function named "${text}". Ensure that provider name "${localName}" is declared in this module's required_providers block, and that this provider offers a function named "${last}".`
}

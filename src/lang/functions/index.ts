import type { FunctionSpec } from '../../cty/index.ts'
import { canFunction, tryFunction } from '../../hcl/index.ts'
import type { FunctionContext } from './_define.ts'
import { assumeFunctions } from './assume.ts'
import { cidrFunctions } from './cidr.ts'
import { collectionFunctions } from './collections.ts'
import { cryptoFunctions, digestFunctions } from './crypto.ts'
import { dateFunctions } from './datetime.ts'
import { encodingFunctions } from './encoding.ts'
import { filesystemFunctions } from './filesystem.ts'
import { formatFunctions } from './format.ts'
import { numberFunctions } from './numbers.ts'
import { regexFunctions } from './regex.ts'
import { stringFunctions } from './strings.ts'
import { templateFunctions } from './templates.ts'
import { typeFunctions } from './types.ts'

export type { FunctionContext } from './_define.ts'
export {
  type FunctionSignature,
  type ProviderFunctionName,
  type ProviderFunctions,
  parseProviderFunctionName,
  withProviderFunctions,
} from './provider-functions.ts'

/** The functions of the language by name, for one module directory and phase. */
export interface FunctionTable {
  readonly lookUp: (name: string) => FunctionSpec | undefined
  readonly names: () => Iterable<string>
  /** Why there is no function of this name, in words that are better than "no such function". */
  readonly explain?: ((name: string) => string | undefined) | undefined
}

const independent: readonly FunctionSpec[] = [
  ...numberFunctions,
  ...stringFunctions,
  ...regexFunctions,
  ...collectionFunctions,
  ...encodingFunctions,
  ...digestFunctions,
  ...formatFunctions,
  ...cidrFunctions,
  ...typeFunctions,
  ...assumeFunctions,
  tryFunction,
  canFunction,
]

const shared = new Map(independent.map((f) => [f.name, f]))

/** Whether a function gives the same for the same arguments wherever and whenever it is called. */
export function isRepeatable(name: string): boolean {
  return shared.has(plainName(name))
}

const ofFiles: ReadonlySet<string> = new Set([
  'file',
  'filebase64',
  'filebase64sha256',
  'filebase64sha512',
  'fileexists',
  'filemd5',
  'fileset',
  'filesha1',
  'filesha256',
  'filesha512',
  'templatefile',
])

/** Whether what a function gives depends on files or folders. */
export function readsFiles(name: string): boolean {
  return ofFiles.has(plainName(name))
}

function plainName(name: string): string {
  return name.startsWith('core::') ? name.slice('core::'.length) : name
}

/** Each function answers under its own name and under `core::NAME`. */
export function functionTable(context: FunctionContext): FunctionTable {
  const lookUp = (name: string): FunctionSpec | undefined => {
    const known = shared.get(name)
    if (known !== undefined) return known
    const plain = plainName(name)
    return shared.get(plain) ?? own().get(plain)
  }
  // Made when first asked for: most configurations call none of these.
  let table: ReadonlyMap<string, FunctionSpec> | undefined
  const own = () => {
    table ??= new Map(
      [...filesystemFunctions(context), ...cryptoFunctions(context), ...dateFunctions(context), ...templateFunctions(context, lookUp)].map(
        (f) => [f.name, f],
      ),
    )
    return table
  }
  return { lookUp, names: () => [...shared.keys(), ...own().keys()].sort() }
}

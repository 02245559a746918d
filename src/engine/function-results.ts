import { createHash } from 'node:crypto'
import {
  FunctionError,
  type FunctionSpec,
  setVal,
  stringType,
  takeMarks,
  typeToJson,
  unmarkDeep,
  type Value,
  valueToJson,
} from '../cty/index.ts'
import type { EvalContext } from '../hcl/index.ts'
import { type FunctionTable, readsFiles } from '../lang/functions/index.ts'

const changedFile =
  'what it reads has changed since it was first called, so that the result is not the one that was planned with. Files that functions read must stay the same from plan to apply: create the plan again, or where a resource writes the file, refer to an attribute of that resource instead'

const changedAnswer =
  "the provider's answer is not the one that it gave to the same arguments before. Functions of providers must always give the same result for the same arguments: this is a bug in the provider, which should be reported in the provider's own issue tracker"

/**
 * What functions gave that look at something outside of the configuration: those that read files (E-24), and those of providers. A run in
 * which one of them answers in two ways, or in another way than while planning, would do something that nobody has planned. Only hashes are
 * kept: arguments and results may be long, or secret.
 */
export class FunctionResults {
  readonly #language: FunctionTable
  readonly #planned: ReadonlyMap<string, string>
  readonly #found = new Map<string, string>()
  readonly #guarded = new Map<string, FunctionSpec>()

  /** @param planned what the plan was made with */
  constructor(language: FunctionTable, planned: ReadonlyMap<string, string> = new Map()) {
    this.#language = language
    this.#planned = planned
  }

  /** By hash of the call: the hash of its result. */
  get found(): ReadonlyMap<string, string> {
    return this.#found
  }

  /** The functions of the language, those that read files with the rule. */
  get table(): FunctionTable {
    return { ...this.#language, lookUp: (name) => (readsFiles(name) ? this.#lookUp(name) : this.#language.lookUp(name)) }
  }

  /** For what may be another at apply, as the configuration of a provider: credentials are those of the machine. */
  withoutRule(context: EvalContext): EvalContext {
    return { ...context, functions: (name) => (readsFiles(name) ? this.#language.lookUp(name) : context.functions(name)) }
  }

  /** @throws FunctionError where the same call to a function of a provider gave something else before */
  checkProvider(name: string, args: readonly Value[], result: Value): void {
    this.#check(name, args, result, changedAnswer)
  }

  #lookUp(name: string): FunctionSpec | undefined {
    const known = this.#guarded.get(name)
    if (known !== undefined) return known
    const spec = this.#language.lookUp(name)
    if (spec === undefined) return undefined
    const guarded: FunctionSpec = {
      ...spec,
      impl: (args, type) => {
        const result = spec.impl(args, type)
        this.#check(spec.name, args, spec.name === 'fileset' ? withoutOwnFiles(result) : result, changedFile)
        return result
      },
    }
    this.#guarded.set(name, guarded)
    return guarded
  }

  #check(name: string, args: readonly Value[], result: Value, problem: string): void {
    // What is not known yet is another call when it is; infinite numbers have no text.
    if (!isWritable(result) || !args.every(isWritable)) return
    const call = hashOf(`${name}(${args.map(textOf).join(',')})`)
    const hash = hashOf(textOf(result))
    const before = this.#found.get(call) ?? this.#planned.get(call)
    if (before !== undefined && before !== hash) throw new FunctionError(problem)
    this.#found.set(call, hash)
  }
}

/** States with what stands beside them: a run that lists its own folder comes by those that it writes itself. */
const ownFile = /(^|\/)(\.terraform\/.*|[^/]*\.tfstate(\.[^/]*)?)$/

function withoutOwnFiles(names: Value): Value {
  const [plain] = takeMarks(names)
  if (!plain.hasContent) return plain
  return setVal(
    plain.asArray().filter((name) => !ownFile.test(name.asString())),
    stringType,
  )
}

function isWritable(value: Value): boolean {
  return value.isWhollyKnown && !value.containsInfinity
}

function textOf(value: Value): string {
  const bare = unmarkDeep(value)
  return `${typeToJson(bare.type)}${valueToJson(bare)}`
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

import { type ProviderSource, providerSourceToString } from '../addrs/index.ts'
import { CtyError, dynamicType, nullVal, Value } from '../cty/index.ts'
import { DiagnosticError } from '../diags/index.ts'
import type { FunctionResponse, Provider, ProviderDiagnostic } from '../providers/index.ts'
import { allTexts, allTextsOfJson, withoutTexts } from './_secrets.ts'
import { isPromise, type MaybePromise } from './_steps.ts'
import { pendingCalls } from './pending-calls.ts'

/** The methods that answer a question; the rest is advice. */
type Method = Exclude<keyof Provider, 'schema' | 'prefetchResources' | 'stop' | 'close'>
type Call<M extends Method> = NonNullable<Provider[M]>
type Request<M extends Method> = Parameters<Call<M>>[0]
type Answer<M extends Method> = Awaited<ReturnType<Call<M>>>
/** An answer that nobody has looked at yet. */
type Given = Readonly<Record<string, unknown>>

interface Rule<M extends Method> {
  /** The first member of the answer that is not what it must be; undefined when all are. */
  readonly wrong: (answer: Given) => string | undefined
  /** What is taken for the answer when there is none: nothing has changed. */
  readonly failed: (request: Request<M>, diags: readonly ProviderDiagnostic[]) => Answer<M>
  /** What may be secret in the request, where nobody knows what is. */
  readonly hidden?: (request: Request<M>) => ReadonlySet<string>
}

const diagnosisOnly = { wrong: (): undefined => undefined, failed: (_: unknown, diags: readonly ProviderDiagnostic[]) => ({ diags }) }
const nothing = nullVal(dynamicType)

const rules: { readonly [M in Method]: Rule<M> } = {
  validateProviderConfig: diagnosisOnly,
  validateResourceConfig: diagnosisOnly,
  validateDataConfig: diagnosisOnly,
  validateEphemeralConfig: diagnosisOnly,
  configure: diagnosisOnly,
  closeEphemeralResource: diagnosisOnly,
  upgradeResourceState: {
    wrong: (a) => wrongValue(a, 'value'),
    failed: (_, diags) => ({ value: nothing, diags }),
    hidden: ({ stored }) => allTextsOfJson(stored.json),
  },
  upgradeResourceIdentity: {
    wrong: (a) => wrongValue(a, 'identity'),
    failed: (_, diags) => ({ identity: nothing, diags }),
    hidden: ({ stored }) => allTextsOfJson(stored.json),
  },
  readResource: {
    wrong: (a) => wrongValue(a, 'newState') ?? wrongExtras(a, 'private', 'identity'),
    failed: ({ prior, private: bytes, identity }, diags) => ({ newState: prior, private: bytes, identity, diags }),
  },
  planResourceChange: {
    wrong: (a) =>
      wrongValue(a, 'planned') ??
      (Array.isArray(a.requiresReplace) ? undefined : 'requiresReplace') ??
      wrongExtras(a, 'plannedPrivate', 'plannedIdentity'),
    failed: ({ proposed, priorPrivate, priorIdentity }, diags) => ({
      planned: proposed,
      requiresReplace: [],
      plannedPrivate: priorPrivate,
      plannedIdentity: priorIdentity,
      diags,
    }),
  },
  applyResourceChange: {
    wrong: (a) => wrongValue(a, 'newState') ?? wrongExtras(a, 'private', 'identity'),
    failed: ({ prior, plannedPrivate }, diags) => ({ newState: prior, private: plannedPrivate, diags }),
  },
  importResourceState: {
    wrong: ({ imported }) => {
      if (!Array.isArray(imported)) return 'imported'
      for (const each of imported as readonly (Given | undefined)[]) {
        if (typeof each?.typeName !== 'string') return 'imported'
        const member = wrongValue(each, 'state') ?? wrongExtras(each, 'private', 'identity')
        if (member !== undefined) return `imported.${member}`
      }
      return undefined
    },
    failed: (_, diags) => ({ imported: [], diags }),
  },
  moveResourceState: {
    wrong: (a) => wrongValue(a, 'value') ?? wrongExtras(a, 'private', 'identity'),
    failed: (_, diags) => ({ value: nothing, private: undefined, diags }),
    hidden: ({ sourceStored }) => allTextsOfJson(sourceStored.json),
  },
  readDataSource: { wrong: (a) => wrongValue(a, 'value'), failed: (_, diags) => ({ value: nothing, diags }) },
  openEphemeralResource: {
    wrong: (a) => wrongValue(a, 'value') ?? wrongExtras(a, 'private') ?? wrongDate(a.renewAt),
    failed: (_, diags) => ({ value: nothing, private: undefined, renewAt: undefined, diags }),
  },
  renewEphemeralResource: {
    wrong: (a) => wrongExtras(a, 'private') ?? wrongDate(a.renewAt),
    failed: (request, diags) => ({ private: request.private, renewAt: undefined, diags }),
  },
  callFunction: {
    wrong: ({ result, error }) => {
      if (error === undefined) return isBareValue(result) ? undefined : 'result'
      return typeof (error as Given | null)?.text === 'string' ? undefined : 'error'
    },
    failed: (_, diags): FunctionResponse => ({ error: { text: diags.map((d) => d.detail.replace(/\.$/, '')).join('\n') } }),
    hidden: ({ args }) => allTexts(args),
  },
}

/** Whether it has no marks either: those are ours. */
function isBareValue(value: unknown): boolean {
  return value instanceof Value && !value.containsMarked
}

function wrongValue(answer: Given, member: string): string | undefined {
  return isBareValue(answer[member]) ? undefined : member
}

/** Members that may be absent. */
function wrongExtras(answer: Given, bytes: string, identity?: string): string | undefined {
  const given = answer[bytes]
  if (given !== undefined && !(given instanceof Uint8Array)) return bytes
  if (identity === undefined) return undefined
  const value = answer[identity]
  return value === undefined || isBareValue(value) ? undefined : identity
}

function wrongDate(at: unknown): string | undefined {
  return at === undefined || (at instanceof Date && !Number.isNaN(at.getTime())) ? undefined : 'renewAt'
}

const optional: ReadonlySet<string> = new Set([
  'upgradeResourceIdentity',
  'moveResourceState',
  'validateEphemeralConfig',
  'openEphemeralResource',
  'renewEphemeralResource',
  'closeEphemeralResource',
  'callFunction',
] satisfies Method[])

/**
 * A provider that never throws, rejects or answers with something else than an answer: all of that is an error of the object that was asked
 * about, so that it costs that object and what depends on it, as when the process of a plugin breaks. What such a text may hold of secrets
 * is for those to take out who know them (`placeDiagnostics`).
 */
export function guardProvider(provider: Provider, source: ProviderSource): Provider {
  const guarded: { -readonly [K in keyof Provider]: unknown } = {
    schema: () => provider.schema(),
    stop: () => advise(() => provider.stop()),
    close: () => advise(() => provider.close()),
  } as never
  for (const name of Object.keys(rules) as Method[]) {
    if (optional.has(name) && provider[name] === undefined) continue
    guarded[name] = guardCall(provider, source, name)
  }
  // A hint: whatever becomes of it shows when the objects are read.
  if (provider.prefetchResources !== undefined)
    guarded.prefetchResources = (objects: never) => advise(() => provider.prefetchResources!(objects))
  return guarded as Provider
}

async function advise(call: () => unknown): Promise<void> {
  try {
    await call()
  } catch {
    // Nothing follows from advice that was not taken.
  }
}

function guardCall<M extends Method>(
  provider: Provider,
  source: ProviderSource,
  name: M,
): (request: Request<M>) => MaybePromise<Answer<M>> {
  const { wrong, failed, hidden }: Rule<M> = rules[name]
  const failure = (request: Request<M>, what: string, diags: readonly ProviderDiagnostic[] = [], exception?: string): Answer<M> => {
    const detail = `The provider ${JSON.stringify(providerSourceToString(source))} ${what}${exception ?? ''}\n\nThis is a bug in the provider, which should be reported in the provider's own issue tracker.`
    return failed(request, [...diags, { severity: 'error', summary: 'Provider failed', detail, exception }])
  }
  const thrown = (request: Request<M>, error: unknown): Answer<M> => {
    if (error instanceof DiagnosticError && error.diags.some((d) => d.severity === 'error')) return failed(request, error.diags)
    // What does not fit the schema is said with the address of the object.
    if (name === 'upgradeResourceState' && error instanceof CtyError) throw error
    const text = textOf(error)
    const exception = hidden === undefined ? text : withoutTexts(text, hidden(request), 'value')
    return failure(request, `failed in its ${name} call:\n    `, [], exception)
  }
  const checked = (request: Request<M>, answer: unknown): Answer<M> => {
    if (typeof answer !== 'object' || answer === null)
      return failure(request, `answered the ${name} call with ${answer === null ? 'null' : typeof answer} instead of an object.`)
    const given = answer as Given
    if (name !== 'callFunction' && !areDiagnostics(given.diags)) return failure(request, `answered the ${name} call with invalid diags.`)
    const bad = wrong(given)
    if (bad === undefined) return answer as Answer<M>
    const told = (given.diags ?? []) as readonly ProviderDiagnostic[]
    // Who reports an error need not say more.
    if (told.some((d) => d.severity === 'error')) return failed(request, told)
    return failure(request, `answered the ${name} call with an invalid value of ${JSON.stringify(bad)}.`, told)
  }
  return (request) => {
    let waiting: Promise<unknown>
    try {
      const call = provider[name] as ((request: Request<M>) => MaybePromise<unknown>) | undefined
      if (typeof call !== 'function') return failure(request, `has no ${name} call.`)
      const answer = call.call(provider, request)
      if (!isPromise(answer)) return checked(request, answer)
      waiting = answer
    } catch (error) {
      return thrown(request, error)
    }
    return new Promise<Answer<M>>((resolve, reject) => {
      const settle = (result: () => Answer<M>): void => {
        pendingCalls.delete(giveUp)
        try {
          resolve(result())
        } catch (error) {
          reject(error)
        }
      }
      const giveUp = (): void =>
        settle(() => failure(request, `never answers the ${name} call: it waits for nothing that could still happen.`))
      const fail = (error: unknown): void => settle(() => thrown(request, error))
      pendingCalls.add(giveUp)
      const take = (answer: unknown): void => {
        let found: Answer<M>
        try {
          found = checked(request, answer)
        } catch (error) {
          fail(error)
          return
        }
        settle(() => found)
      }
      try {
        waiting.then(take, fail)
      } catch (error) {
        fail(error)
      }
    })
  }
}

function areDiagnostics(diags: unknown): boolean {
  return Array.isArray(diags) && (diags.length === 0 || diags.every(isDiagnostic))
}

function isDiagnostic(d: Given | null): boolean {
  return (d?.severity === 'error' || d?.severity === 'warning') && typeof d.summary === 'string' && typeof d.detail === 'string'
}

/** What was thrown, in words: anything can be. */
export function textOf(error: unknown): string {
  try {
    if (error instanceof Error) return `${error.name}: ${error.message}`
    if (typeof error === 'string') return error
    const { message } = (error ?? {}) as { message?: unknown }
    return typeof message === 'string' ? message : (JSON.stringify(error) ?? String(error))
  } catch {
    return 'what it has thrown cannot be shown'
  }
}

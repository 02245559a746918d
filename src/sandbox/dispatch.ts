import { createHash, randomUUID } from 'node:crypto'
import { isDatadogRequest } from './datadog/detect.ts'
import type { DatadogOrganization } from './datadog/index.ts'
import type { Fallback } from './fallback.ts'
import { rowToText } from './kernel/_codec.ts'
import type { Identity } from './kernel/accounts.ts'
import type { Call } from './kernel/call.ts'
import { AwsError } from './kernel/errors.ts'
import type { Kernel } from './kernel/kernel.ts'
import type { Service } from './kernel/service.ts'
import { parseSignature, type Signature, verifySignature } from './kernel/signing.ts'
import type { OperationShape, ServiceModel, WireObject, WireRequest, WireResponse } from './protocols/index.ts'
import { authorize } from './services/iam/authorize.ts'
import { loadService, type ServiceEntry, services } from './services/index.ts'

export interface DispatchOptions {
  readonly verifySignatures: boolean
  /** Whether the policies of callers decide what they may do. */
  readonly enforce: boolean
  readonly onCall?: (record: CallRecord) => void
  readonly datadog?: readonly DatadogOrganization[]
  /** Answers what the sandbox does not implement. */
  readonly fallback?: Fallback
}

/** One call as it was answered. */
export interface CallRecord {
  readonly time: Date
  readonly account: string
  readonly region: string
  readonly service: string
  readonly operation: string
  readonly arn: string
  readonly status: number
  readonly error?: string
  /** The other emulator answered. */
  readonly forwarded?: boolean
}

/** Closes the connection without an answer. */
export const DROPPED = Symbol('dropped')

interface Loaded {
  readonly service: Service
  readonly model: ServiceModel
}

/**
 * Answers requests of any service: finds the service and the caller by the signature, decodes, runs the operation as a
 * whole and encodes its output or error. What the operation cannot answer for is a 500, as on AWS.
 */
export class Dispatcher {
  readonly #kernel: Kernel
  readonly #options: DispatchOptions
  readonly #loaded = new Map<string, Promise<Loaded>>()

  constructor(kernel: Kernel, options: DispatchOptions) {
    this.#kernel = kernel
    this.#options = options
  }

  /** @param rawQuery the query string as it was sent, for the signature */
  async answer(request: WireRequest, rawQuery: string): Promise<WireResponse | typeof DROPPED> {
    if (isDatadogRequest(request)) return this.#answerDatadog(request)
    const requestId = randomUUID()
    const signature = parseSignature(request)
    const entry = serviceOf(request, signature)
    if (entry === undefined) {
      if (this.#options.fallback !== undefined && signature !== undefined) {
        return this.#forward(request, rawQuery, { service: signature.service ?? '', region: signature.region ?? '', operation: '' })
      }
      const service =
        signature?.service === undefined ? 'names no service' : `is for the service ${signature.service}, which the sandbox does not have`
      return { status: 400, headers: { 'content-type': 'text/plain' }, body: `The request ${service}.\n` }
    }
    const { service, model } = await this.#load(entry.name)
    // What happens on its own needs no shapes of requests, and so no SDK package.
    await this.#kernel.settle(loadService)

    let operation: OperationShape | undefined
    let identity: Identity | undefined
    let error: AwsError | undefined
    let response: WireResponse
    const region = signature?.region ?? 'us-east-1'
    try {
      const decoded = service.protocol.decode(request, model, service.facts)
      operation = decoded.operation
      identity = this.#identify(service, operation.name, request, rawQuery, signature)
      if (this.#options.fallback !== undefined && !Object.hasOwn(service.operations, operation.name)) {
        return await this.#forward(request, rawQuery, { service: service.name, region, operation: operation.name, identity })
      }
      const hide = await this.#strike(service, operation.name, identity.account)
      if (hide === DROPPED) return DROPPED
      const output = this.#run(service, operation, decoded.input, this.#kernel.call(service, operation.name, identity, region), hide)
      response = service.protocol.encode(output, operation, service.facts, requestId)
    } catch (caught) {
      if (this.#options.fallback !== undefined && operation === undefined && isUnknownOperation(caught)) {
        return this.#forward(request, rawQuery, { service: service.name, region, operation: '' })
      }
      error = caught instanceof AwsError ? caught : internalError(service, caught)
      response = service.protocol.encodeError(error, service.facts, requestId)
    }
    this.#options.onCall?.({
      time: this.#kernel.now(),
      account: identity?.account ?? '',
      region,
      service: service.name,
      operation: operation?.name ?? '',
      arn: identity?.arn ?? '',
      status: response.status,
      ...(error === undefined ? {} : { error: `${error.code}: ${error.message}` }),
    })
    return { ...response, headers: { 'x-amzn-requestid': requestId, ...response.headers } }
  }

  /** The other emulator's answer to the very request; a refusal that clients do not try again when there is none. */
  async #forward(
    request: WireRequest,
    rawQuery: string,
    call: { service: string; region: string; operation: string; identity?: Identity },
  ): Promise<WireResponse> {
    const fallback = this.#options.fallback!
    const { service, region, operation, identity } = call
    let response: WireResponse
    let error: string | undefined
    try {
      response = await fallback.forward(request, rawQuery)
    } catch (cause) {
      const what = [service, operation].filter((part) => part !== '').join(':')
      error = `The sandbox does not implement ${what}, and ${fallback.url}, which is to answer instead, does not: ${(cause as Error).message || (cause as NodeJS.ErrnoException).code}`
      response = { status: 400, headers: { 'content-type': 'text/plain' }, body: `${error}\n` }
    }
    this.#options.onCall?.({
      time: this.#kernel.now(),
      account: identity?.account ?? '',
      region,
      service,
      operation,
      arn: identity?.arn ?? '',
      status: response.status,
      forwarded: true,
      ...(error === undefined ? {} : { error }),
    })
    return response
  }

  async #answerDatadog(request: WireRequest): Promise<WireResponse | typeof DROPPED> {
    const { answerDatadog } = await import('./datadog/index.ts')
    const answered = await answerDatadog(request, this.#kernel, this.#options.datadog)
    if (answered === undefined) return DROPPED
    const { response, operation, account, error } = answered
    this.#options.onCall?.({
      time: this.#kernel.now(),
      account,
      region: '',
      service: 'datadog',
      operation,
      arn: '',
      status: response.status,
      ...(error === undefined ? {} : { error }),
    })
    return response
  }

  #load(name: string): Promise<Loaded> {
    let loaded = this.#loaded.get(name)
    if (loaded === undefined) {
      loaded = (async () => {
        const service = await services.find((entry) => entry.name === name)!.load()
        return { service, model: await service.model() }
      })()
      this.#loaded.set(name, loaded)
    }
    return loaded
  }

  #identify(service: Service, operation: string, request: WireRequest, rawQuery: string, signature: Signature | undefined): Identity {
    if (signature === undefined) {
      if (service.anonymous?.has(operation) === true) return { account: '', arn: '', userId: '', accessKeyId: '' }
      throw refusal(service, 'noKey')
    }
    if (signature.expires !== undefined && signature.expires <= this.#kernel.now())
      throw new AwsError('AccessDenied', 'Request has expired', 403)
    const credential = this.#kernel.accounts.tryCredential(signature.accessKeyId)
    if (
      credential === undefined ||
      (credential.sessionToken ?? '') !== (credential.sessionToken === undefined ? '' : (signature.sessionToken ?? ''))
    )
      throw refusal(service, 'unknownKey')
    if (credential.expires !== undefined && credential.expires <= this.#kernel.now()) throw refusal(service, 'expired')
    if (this.#options.verifySignatures && credential.secret !== '' && !verifySignature(request, rawQuery, signature, credential.secret))
      throw refusal(service, 'badSignature')
    const { id, account, arn, userId, session } = credential
    return { account, arn, userId, accessKeyId: id, ...(session === undefined ? {} : { session }) }
  }

  async #strike(service: Service, operation: string, account: string): Promise<{ reads: number } | undefined | typeof DROPPED> {
    let hide: { reads: number } | undefined
    for (const fault of this.#kernel.faults.strike({ service: service.name, operation, account })) {
      switch (fault.kind) {
        case 'throttle':
          throw refusal(service, 'throttled')
        case 'error': {
          const [code, message, status] = service.refusals.internal
          throw new AwsError(fault.code ?? code, message, fault.status ?? status)
        }
        case 'deny': {
          const [code, message, status] = service.refusals.denied
          throw new AwsError(code, `${message}User is not authorized to perform: ${service.name}:${operation}`, status)
        }
        case 'drop':
          return DROPPED
        case 'delay':
          await new Promise((resolve) => setTimeout(resolve, fault.delayMs ?? 0))
          break
        case 'stale':
          hide = { reads: fault.reads ?? 1 }
      }
    }
    return hide
  }

  #run(service: Service, shape: OperationShape, input: WireObject, call: Call, hide: { reads: number } | undefined): WireObject {
    const operation = Object.hasOwn(service.operations, shape.name) ? service.operations[shape.name] : undefined
    if (operation === undefined)
      throw new AwsError('UnsupportedOperation', `The sandbox does not implement ${service.name}:${shape.name} yet.`)
    return this.#kernel.transact(() => {
      if (this.#options.enforce) authorize(service, shape.name, input, call)
      service.prepare?.(call)
      const output = idempotent(call, shape, input, () => operation(input, call) as WireObject)
      if (input.DryRun === true) throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412)
      return output
    }, hide)
  }
}

/** Whether a request could not be decoded because it is for an operation that the sandbox knows nothing of. */
function isUnknownOperation(error: unknown): boolean {
  if (!(error instanceof AwsError)) return false
  return (
    error.code === 'InvalidAction' || error.code === 'UnknownOperationException' || (error.code === 'InvalidInput' && error.status === 404)
  )
}

function refusal(service: Service, reason: keyof Service['refusals']): AwsError {
  const [code, message, status] = service.refusals[reason]
  return new AwsError(code, message, status)
}

function internalError(service: Service, error: unknown): AwsError {
  const [code, message, status] = service.refusals.internal
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return new AwsError(code, `${message} ${detail}\nThis is a bug in Landform.`, status)
}

interface TokenRow {
  readonly id: string
  readonly hash: string
  readonly output: WireObject
}

/** A repeated call with the same token has the same answer and no effect; with other parameters it is an error. */
function idempotent(call: Call, shape: OperationShape, input: WireObject, run: () => WireObject): WireObject {
  const member = shape.input.members.find((m) => m.traits.idempotencyToken === true || m.name === 'ClientToken')
  const token = member === undefined ? undefined : input[member.name]
  if (typeof token !== 'string' || token === '') return run()
  const tokens = call.scope.table<TokenRow>('_tokens')
  const id = `${shape.name}:${token}`
  const hash = createHash('sha256').update(rowToText(input)).digest('hex')
  const known = tokens.get(id)
  if (known === undefined) {
    const output = run()
    tokens.put({ id, hash, output })
    return output
  }
  if (known.hash === hash) return known.output
  throw new AwsError('IdempotentParameterMismatch', `The client token '${token}' was already used with different parameters.`)
}

/** By credential scope, else by host name, else by what the request names. */
function serviceOf(request: WireRequest, signature: Signature | undefined): ServiceEntry | undefined {
  const host = request.headers.host?.split('.')[0]
  const name = signature?.service ?? services.find((entry) => entry.signingName === host)?.signingName
  if (name !== undefined) return services.find((entry) => entry.signingName === name && (entry.serves?.(request) ?? true))
  // Anonymous callers of buckets send nothing that tells; STS's do by their action.
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  const guessed = form || request.query.has('Action') ? 'sts' : 's3'
  return services.find((entry) => entry.signingName === guessed && (entry.serves?.(request) ?? true))
}

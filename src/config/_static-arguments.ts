import { parseConstraints } from '../base/index.ts'
import type { Value } from '../cty/index.ts'
import { Diagnostics } from '../diags/index.ts'
import type { Attribute, Body, Expr, JsonObjectExpr, NativeBody } from '../hcl/index.ts'
import { isLiteral } from './_static.ts'
import type { Module, ModuleCall } from './config.ts'
import { parseModuleSource } from './module-source.ts'
import { type StaticScope, staticText } from './static-evaluation.ts'

/*
 * Arguments that say where configuration or state is to be found, with their values in place of expressions.
 */

/** The module with sources and versions of its calls worked out. Those that cannot be are reported and have an empty source. */
export function resolveModuleCalls(module: Module, scope: StaticScope, diags: Diagnostics): Module {
  if (![...module.moduleCalls.values()].some(({ deferred }) => deferred !== undefined)) return module
  const moduleCalls = new Map([...module.moduleCalls].map(([name, call]) => [name, resolveCall(call, scope, diags)] as const))
  return { ...module, moduleCalls }
}

function resolveCall(call: ModuleCall, scope: StaticScope, diags: Diagnostics): ModuleCall {
  const { deferred, ...rest } = call
  if (deferred === undefined) return call
  let { source, version } = call
  let failed = false
  if (deferred.version !== undefined) {
    const found = argumentText(deferred.version, `module.${call.name}.version`, scope, diags, versionProblem)
    failed = found === undefined
    version = found?.text
    if (version !== undefined && parseConstraints(version) === undefined) {
      versionProblem('This string does not use correct version constraint syntax.', deferred.version, diags)
      failed = true
    }
  }
  if (deferred.source !== undefined) {
    const found = argumentText(deferred.source, `module.${call.name}.source`, scope, diags, sourceProblem)
    const parsed = found && parseModuleSource(found.text ?? '', version !== undefined)
    if (parsed !== undefined && 'summary' in parsed) diags.error(parsed.summary, parsed.detail, { subject: deferred.source.expr.range })
    source = parsed === undefined || 'summary' in parsed ? '' : (found?.text ?? '')
  } else if (!failed && deferred.version !== undefined) {
    const parsed = parseModuleSource(source, version !== undefined)
    if ('summary' in parsed) diags.error(parsed.summary, parsed.detail, { subject: call.sourceRange })
  }
  return { ...rest, source: failed ? '' : source, version }
}

type Secrecy = 'sensitive' | 'ephemeral'
type Report = (detail: string, attribute: Attribute, diags: Diagnostics, secret?: Secrecy) => void

const sourceSummaries = { sensitive: 'Sensitive value not allowed', ephemeral: 'Ephemeral value not allowed' } as const

function sourceProblem(detail: string, attribute: Attribute, diags: Diagnostics, secret?: Secrecy): void {
  diags.error(secret === undefined ? 'Invalid module source' : sourceSummaries[secret], detail, { subject: attribute.expr.range })
}

function versionProblem(detail: string, attribute: Attribute, diags: Diagnostics): void {
  diags.error('Invalid version constraint', detail, { subject: attribute.expr.range })
}

function argumentText(
  attribute: Attribute,
  needer: string,
  scope: StaticScope,
  diags: Diagnostics,
  report: Report,
): { readonly text: string | undefined } | undefined {
  const value = scope.evaluate(attribute.expr, needer, diags)
  if (value === undefined) return undefined
  const secret = secrecyOf(value)
  if (secret !== undefined) {
    report(
      `The ${attribute.name} of a module may not be derived from a value that is ${secret}, since it is shown and recorded.`,
      attribute,
      diags,
      secret,
    )
    return undefined
  }
  const found = staticText(value)
  if ('text' in found) return found
  report(`The value ${found.problem}.`, attribute, diags)
  return undefined
}

function secrecyOf(value: Value): Secrecy | undefined {
  return value.containsMarked ? (value.marks?.has('ephemeral') ? 'ephemeral' : 'sensitive') : undefined
}

/** The module with the values of its backend's arguments in place of expressions that name something. */
export function resolveBackend(module: Module, scope: StaticScope): Module {
  const { backend } = module
  if (backend === undefined) return module
  const needer = backend.type === 'cloud' ? 'the cloud block' : `backend.${backend.type}`
  const diags = new Diagnostics()
  const body = resolveBody(backend.body, needer, scope, diags)
  return { ...module, backend: { ...backend, body, problems: diags.items } }
}

function resolveBody(body: Body, needer: string, scope: StaticScope, diags: Diagnostics): Body {
  const resolve = (expr: Expr): Expr => {
    if (isLiteral(expr)) return expr
    const value = scope.evaluate(expr, needer, diags)
    const secret = value && secrecyOf(value)
    if (secret !== undefined) {
      const detail = `A backend may not be configured with a value that is ${secret}, since its configuration is recorded on disk. Use -backend-config or the environment variables of the backend instead.`
      diags.error('Backend configuration from a secret value', detail, { subject: expr.range })
    }
    return value === undefined || secret !== undefined
      ? { kind: 'error', range: expr.range }
      : { kind: 'literal', value, range: expr.range }
  }
  switch (body.kind) {
    case 'native':
      return resolveNative(body, resolve)
    case 'json':
      return body.value.kind === 'jsonObject' ? { ...body, value: resolveJson(body.value, resolve) } : body
    case 'merged':
      return { ...body, bodies: body.bodies.map((part) => resolveBody(part, needer, scope, diags)) }
  }
}

function resolveNative(body: NativeBody, resolve: (expr: Expr) => Expr): NativeBody {
  const attributes = new Map(
    [...body.attributes].map(([name, attribute]) => [name, { ...attribute, expr: resolve(attribute.expr) }] as const),
  )
  return { ...body, attributes, blocks: body.blocks.map((block) => ({ ...block, body: resolveNative(block.body, resolve) })) }
}

function resolveJson(object: JsonObjectExpr, resolve: (expr: Expr) => Expr): JsonObjectExpr {
  const resolveItem = (key: string, value: Expr): Expr => {
    if (key === '//') return value
    return value.kind === 'jsonObject' ? resolveJson(value, resolve) : resolve(value)
  }
  return { ...object, items: object.items.map(({ key, value }) => ({ key, value: resolveItem(key.text, value) })) }
}

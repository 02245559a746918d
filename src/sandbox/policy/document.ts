import { type Condition, tryOperator } from './condition.ts'

export interface PolicyDocument {
  readonly version: string
  readonly id?: string
  readonly statements: readonly Statement[]
}

export interface Statement {
  readonly sid?: string
  readonly effect: 'Allow' | 'Deny'
  readonly actions: Selection
  /** Absent in trust policies, which are about the role they belong to. */
  readonly resources?: Selection
  /** Absent in identity policies, which are about the identity they belong to. */
  readonly principals?: { readonly not: boolean; readonly entries: readonly PrincipalEntry[] }
  readonly conditions: readonly Condition[]
}

/** With `not`: everything but these. */
export interface Selection {
  readonly not: boolean
  readonly patterns: readonly string[]
}

export interface PrincipalEntry {
  readonly kind: '*' | 'AWS' | 'Service' | 'Federated' | 'CanonicalUser'
  readonly value: string
}

/** `identity`: of users, groups, roles and managed policies. `trust`: who may assume a role. `resource`: of a bucket and the like. */
export type PolicyKind = 'identity' | 'trust' | 'resource'

/** A policy that IAM would not take; the message is IAM's. */
export class PolicySyntaxError extends Error {
  override readonly name = 'PolicySyntaxError'
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

/** @throws PolicySyntaxError */
export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument {
  let json: Json
  try {
    json = JSON.parse(text) as Json
  } catch {
    throw new PolicySyntaxError(kind === 'identity' ? 'Syntax errors in policy.' : 'This policy contains invalid Json')
  }
  if (!isObject(json)) throw syntax()
  for (const name of Object.keys(json)) if (!['Version', 'Id', 'Statement'].includes(name)) throw syntax()
  const version = json.Version ?? '2008-10-17'
  if (version !== '2012-10-17' && version !== '2008-10-17') throw syntax()
  if (kind === 'identity' && version !== '2012-10-17' && json.Version !== undefined)
    throw new PolicySyntaxError('Policy document must be version 2012-10-17 or greater.')
  if (json.Id !== undefined && typeof json.Id !== 'string') throw syntax()
  const given = json.Statement
  if (given === undefined) throw syntax()
  const list = Array.isArray(given) ? (given as readonly Json[]) : [given]
  const statements = list.map((statement) => readStatement(statement, kind))
  const sids = statements.map((s) => s.sid).filter((sid) => sid !== undefined && sid !== '')
  if (new Set(sids).size < sids.length) throw new PolicySyntaxError('Statement IDs (SID) in a single policy must be unique.')
  return { version, ...(json.Id === undefined ? {} : { id: json.Id }), statements }
}

const statementMembers = new Set([
  'Sid',
  'Effect',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Principal',
  'NotPrincipal',
  'Condition',
])

function readStatement(json: Json, kind: PolicyKind): Statement {
  if (!isObject(json)) throw syntax()
  for (const name of Object.keys(json)) if (!statementMembers.has(name)) throw syntax()
  if (json.Effect === undefined) throw kind === 'identity' ? syntax() : new PolicySyntaxError('Missing required field Effect')
  if (json.Effect !== 'Allow' && json.Effect !== 'Deny') throw syntax()
  if (json.Sid !== undefined && typeof json.Sid !== 'string') throw syntax()
  if (kind === 'identity' && json.Sid !== undefined && !/^[A-Za-z0-9]*$/.test(json.Sid))
    throw new PolicySyntaxError(
      `Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*`,
    )
  const actions = selection(json, 'Action', 'NotAction')
  if (actions === undefined)
    throw new PolicySyntaxError(kind === 'identity' ? 'Policy statement must contain actions.' : 'Missing required field Action')
  checkActions(actions, kind)
  const resources = readResources(json, kind)
  const principals = readPrincipals(json, kind)
  return {
    ...(json.Sid === undefined ? {} : { sid: json.Sid }),
    effect: json.Effect,
    actions,
    ...(resources === undefined ? {} : { resources }),
    ...(principals === undefined ? {} : { principals }),
    conditions: readConditions(json.Condition),
  }
}

function checkActions({ patterns }: Selection, kind: PolicyKind): void {
  for (const pattern of patterns) {
    if (pattern === '*' && kind !== 'trust') continue
    if (!/^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$/.test(pattern)) {
      if (kind === 'trust') throw new PolicySyntaxError('AssumeRole policy may only specify STS AssumeRole actions.')
      throw new PolicySyntaxError('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
    }
    if (kind === 'trust' && !/^sts:/i.test(pattern))
      throw new PolicySyntaxError('AssumeRole policy may only specify STS AssumeRole actions.')
  }
}

function readResources(json: JsonObject, kind: PolicyKind): Selection | undefined {
  const resources = selection(json, 'Resource', 'NotResource')
  if (kind === 'trust') {
    if (resources !== undefined) throw new PolicySyntaxError('Has prohibited field Resource')
    return undefined
  }
  if (resources === undefined) {
    if (kind === 'identity') throw new PolicySyntaxError('Policy statement must contain resources.')
    return undefined
  }
  for (const pattern of resources.patterns) {
    if (pattern === '*') continue
    if (!pattern.startsWith('arn:') && !/^\*/.test(pattern))
      throw new PolicySyntaxError(`Resource ${pattern} must be in ARN format or "*".`)
    const [, partition, service] = pattern.split(':')
    if (partition !== undefined && partition !== '*' && !/^aws(-[\w-]+)?$/.test(partition) && !partition.includes('*'))
      throw new PolicySyntaxError(`Partition "${partition}" is not valid for resource "${pattern}".`)
    if (service === '') throw new PolicySyntaxError(`Vendor  is not valid`)
  }
  return resources
}

function readPrincipals(json: JsonObject, kind: PolicyKind): Statement['principals'] {
  const { Principal: yes, NotPrincipal: no } = json
  if (yes !== undefined && no !== undefined) throw syntax()
  const given = yes ?? no
  if (kind === 'identity') {
    if (given !== undefined) throw new PolicySyntaxError('Policy document should not specify a principal.')
    return undefined
  }
  if (given === undefined) throw new PolicySyntaxError('Missing required field Principal')
  if (kind === 'trust' && no !== undefined) throw new PolicySyntaxError('Invalid principal in policy')
  if (given === '*') return { not: no !== undefined, entries: [{ kind: '*', value: '*' }] }
  if (!isObject(given)) throw new PolicySyntaxError('Invalid principal in policy')
  const kinds = ['AWS', 'Service', 'Federated', 'CanonicalUser'] as const
  const entries = Object.entries(given).flatMap(([name, values]) => {
    const known = kinds.find((k) => k === name)
    if (known === undefined) throw new PolicySyntaxError(`Invalid principal in policy: ${JSON.stringify(name)}`)
    return texts(values).map((value): PrincipalEntry => ({ kind: known, value }))
  })
  if (entries.length === 0) throw new PolicySyntaxError('Invalid principal in policy')
  return { not: no !== undefined, entries }
}

function readConditions(json: Json | undefined): readonly Condition[] {
  if (json === undefined) return []
  if (!isObject(json)) throw syntax()
  return Object.entries(json).flatMap(([name, block]) => {
    const operator = tryOperator(name)
    if (operator === undefined) throw new PolicySyntaxError(`Invalid Condition type : ${name}.`)
    if (!isObject(block)) throw syntax()
    return Object.entries(block).map(([key, values]): Condition => ({ operator, key: key.toLowerCase(), values: texts(values) }))
  })
}

function selection(json: JsonObject, yes: string, no: string): Selection | undefined {
  if (json[yes] !== undefined && json[no] !== undefined) throw syntax()
  const given = json[yes] ?? json[no]
  return given === undefined ? undefined : { not: json[no] !== undefined, patterns: texts(given) }
}

/** One text or several; numbers and truth values may be written bare. */
function texts(json: Json): readonly string[] {
  const list = Array.isArray(json) ? (json as readonly Json[]) : [json]
  return list.map((value) => {
    if (value === null || typeof value === 'object') throw syntax()
    return String(value)
  })
}

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function syntax(): PolicySyntaxError {
  return new PolicySyntaxError('Syntax errors in policy.')
}

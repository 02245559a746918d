import { crc32 } from '../../../base/index.ts'
import { type AwsApi, asRecord, type DataSourceSpec, type Plain, type PlainObject } from '../resource.ts'
import { jsonTexts, oneOf, rules } from './_rules.ts'

/** A policy as Go's structs hold it: members in this order, empty ones left out. */
interface Document {
  Version?: string
  Id?: string
  Statement: Statement[]
}

interface Statement {
  readonly Sid?: string
  readonly Effect?: string
  readonly Action?: TextOrTexts
  readonly NotAction?: TextOrTexts
  readonly Resource?: TextOrTexts
  readonly NotResource?: TextOrTexts
  readonly Principal?: string | Readonly<Record<string, TextOrTexts>>
  readonly NotPrincipal?: string | Readonly<Record<string, TextOrTexts>>
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, TextOrTexts>>>>
}

type TextOrTexts = string | readonly string[]

const defaultVersion = '2012-10-17'

/**
 * The text of a policy, byte for byte as hashicorp/aws 5.100.0 writes it: it depends on the order of sets there, which is that of
 * their hashes.
 */
export const policyDocument: DataSourceSpec<AwsApi> = {
  type: 'aws_iam_policy_document',
  title: 'IAM Policy Document',
  supports: ['override_policy_documents', 'policy_id', 'source_policy_documents', 'statement', 'version'],
  validate: rules(
    oneOf('version', ['2008-10-17', '2012-10-17']),
    jsonTexts('source_policy_documents'),
    jsonTexts('override_policy_documents'),
    (config) => records(config.statement).flatMap((block, i) => oneOf('effect', ['Allow', 'Deny'], `statement.${i}.effect`)(block)),
  ),
  async read(_op, config) {
    const version = text(config.version) || defaultVersion
    const own: Document = { Version: version, Id: text(config.policy_id), Statement: [] }
    const sids = new Set<string>()
    for (const block of records(config.statement)) {
      const statement = statementOf(block, version)
      if (statement.Sid !== undefined && sids.has(statement.Sid))
        throw problem(`duplicate Sid (${statement.Sid}). Remove the Sid or ensure the Sid is unique.`)
      if (statement.Sid !== undefined) sids.add(statement.Sid)
      own.Statement.push(statement)
    }
    const merged: Document = { Statement: [] }
    mergeSources(merged, texts(config.source_policy_documents))
    merge(merged, own)
    for (const [i, source] of texts(config.override_policy_documents).entries())
      if (source !== '') merge(merged, parse(source, 'override', i))
    const minified_json = goJson(merged, 0)
    const json = goJson(merged, 2)
    return {
      id: String(crc32(json)),
      json,
      minified_json,
      version,
      ...(records(config.statement).length === 0 ? {} : { statement: records(config.statement).map(stored) }),
    }
  },
}

function problem(why: string): Error {
  return new Error(`writing IAM Policy Document: ${why}`)
}

function mergeSources(merged: Document, sources: readonly string[]): void {
  const sids = new Set<string>()
  for (const [i, source] of sources.entries()) {
    if (source === '') continue
    const document = parse(source, 'source', i)
    for (const [n, { Sid }] of document.Statement.entries()) {
      if (Sid !== undefined && sids.has(Sid))
        throw problem(
          `merging source document ${i}: duplicate Sid (${Sid}) in source_policy_documents (statement ${n}). Remove the Sid or ensure Sids are unique.`,
        )
      if (Sid !== undefined) sids.add(Sid)
    }
    merge(merged, document)
  }
}

/** A statement takes the place of the one with its id; others follow at the end. */
function merge(into: Document, from: Document): void {
  if (from.Id) into.Id = from.Id
  if ((from.Version ?? '') > (into.Version ?? '')) into.Version = from.Version
  for (const statement of from.Statement) {
    const at = statement.Sid === undefined ? -1 : into.Statement.findIndex(({ Sid }) => Sid === statement.Sid)
    if (at < 0) into.Statement.push(statement)
    else into.Statement[at] = statement
  }
}

function statementOf(block: PlainObject, version: string): Statement {
  const sid = text(block.sid)
  const variables = (what: string, value: string) => withVariables(what, value, version)
  // Actions have no variables.
  const actions = (value: Plain | undefined) => single(descending(texts(value)))
  const resources = (value: Plain | undefined) => single(descending(texts(value)).map((one) => variables('reading resources', one)))
  return dense({
    Sid: sid || undefined,
    Effect: text(block.effect) || 'Allow',
    Action: actions(block.actions),
    NotAction: actions(block.not_actions),
    Resource: resources(block.resources),
    NotResource: resources(block.not_resources),
    Principal: principalsOf(records(block.principals), (value) => variables('reading principals: reading identifiers', value)),
    NotPrincipal: principalsOf(records(block.not_principals), (value) => variables('reading not_principals: reading identifiers', value)),
    Condition: conditionsOf(records(block.condition), (value) => variables('reading condition: reading values', value)),
  })
}

/** `&{...}` stands for a variable of a policy, where `${...}` would be Terraform's. */
function withVariables(what: string, value: string, version: string): string {
  if (!value.includes('&{')) return value
  if (version === '2008-10-17')
    throw new Error(`${what}: found &{ sequence in (${value}), which is not supported in document version 2008-10-17`)
  return value.replaceAll('&{', '${')
}

function principalsOf(blocks: readonly PlainObject[], variables: (value: string) => string): Statement['Principal'] {
  if (blocks.length === 0) return undefined
  const byType = new Map<string, { type: string; identifiers: string[] }[]>()
  for (const block of inHashOrder(
    blocks,
    (b) => `identifiers:{${texts(b.identifiers).sort(byHash).map(ended).join('')}};type:${text(b.type)};`,
  )) {
    const type = text(block.type)
    const identifiers = descending(texts(block.identifiers)).map(variables)
    byType.set(type, [...(byType.get(type) ?? []), { type, identifiers }])
  }
  const everybody = byType.get('*')
  if (byType.size === 1 && everybody?.length === 1 && everybody[0]!.identifiers.length === 1 && everybody[0]!.identifiers[0] === '*')
    return '*'
  return Object.fromEntries(
    [...byType].sort(ascending).map(([type, all]) => {
      const identifiers = all.flatMap((one) => one.identifiers)
      return [type, identifiers.length === 1 ? identifiers[0]! : identifiers]
    }),
  )
}

function conditionsOf(blocks: readonly PlainObject[], variables: (value: string) => string): Statement['Condition'] {
  if (blocks.length === 0) return undefined
  const byTest = new Map<string, Map<string, string[]>>()
  const hashed = (b: PlainObject): string =>
    `test:${text(b.test)};values:(${texts(b.values).map(ended).join('')});variable:${text(b.variable)};`
  for (const block of inHashOrder(blocks, hashed)) {
    const test = text(block.test)
    const byVariable = byTest.get(test) ?? new Map<string, string[]>()
    byTest.set(test, byVariable)
    const variable = text(block.variable)
    byVariable.set(variable, [...(byVariable.get(variable) ?? []), ...texts(block.values).map(variables)])
  }
  return Object.fromEntries(
    [...byTest]
      .sort(ascending)
      .map(([test, keys]) => [
        test,
        Object.fromEntries([...keys].sort(ascending).map(([key, values]) => [key, values.length === 1 ? values[0]! : values])),
      ]),
  )
}

/** The old SDK keeps sets in the order of the digits of their members' checksums. */
function inHashOrder<T>(members: readonly T[], serialized: (member: T) => string): T[] {
  return members
    .map((member): [string, T] => [String(crc32(serialized(member))), member])
    .sort(ascending)
    .map(([, member]) => member)
}

function byHash(a: string, b: string): number {
  return ascending([String(crc32(ended(a))), 0], [String(crc32(ended(b))), 0])
}

function ended(value: string): string {
  return `${value};`
}

function ascending(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0
}

function descending(values: readonly string[]): string[] {
  return [...values].sort((a, b) => Buffer.compare(Buffer.from(b), Buffer.from(a)))
}

/** One is written as itself, none not at all. */
function single(values: readonly string[]): TextOrTexts | undefined {
  return values.length > 1 ? values : values[0]
}

/** The statement as it is stored: what is not set is empty. */
function stored(block: PlainObject): Plain {
  return {
    ...block,
    sid: text(block.sid),
    effect: text(block.effect) || 'Allow',
    ...Object.fromEntries(['actions', 'not_actions', 'resources', 'not_resources'].map((name) => [name, texts(block[name])])),
  }
}

/** A document given as text. Names are compared without regard to case, unknown ones ignored, as Go does. */
function parse(source: string, kind: 'source' | 'override', index: number): Document {
  const where = `merging ${kind} document ${index}`
  let json: unknown
  try {
    json = JSON.parse(source)
  } catch (error) {
    throw problem(`${where}: ${(error as Error).message}`)
  }
  if (!isRecord(json)) throw problem(`${where}: a policy is a JSON object`)
  const statements = member(json, 'Statement') ?? []
  if (!Array.isArray(statements)) throw problem(`${where}: its Statement must be a list`)
  return {
    Version: member(json, 'Version') as string | undefined,
    Id: (member(json, 'Id') as string | undefined) || undefined,
    Statement: statements.map((statement) => parseStatement(statement as Record<string, unknown>, where)),
  }
}

function parseStatement(given: Record<string, unknown>, where: string): Statement {
  const of = (name: string): TextOrTexts | undefined => {
    const value = member(given, name)
    if (value === undefined || value === null) return undefined
    return textOrTexts(value, `${where}: ${name}`)
  }
  return dense({
    Sid: (member(given, 'Sid') as string | undefined) || undefined,
    Effect: (member(given, 'Effect') as string | undefined) || undefined,
    Action: of('Action'),
    NotAction: of('NotAction'),
    Resource: of('Resource'),
    NotResource: of('NotResource'),
    Principal: parsePrincipals(member(given, 'Principal'), where),
    NotPrincipal: parsePrincipals(member(given, 'NotPrincipal'), where),
    Condition: parseConditions(member(given, 'Condition'), where),
  })
}

function parsePrincipals(given: unknown, where: string): Statement['Principal'] {
  if (given === undefined || given === null) return undefined
  if (given === '*') return '*'
  if (!isRecord(given)) throw problem(`${where}: a Principal is "*" or an object`)
  const entries = Object.entries(given).sort(ascending)
  if (entries.length === 0) return undefined
  if (entries.length === 1 && entries[0]![0] === '*' && entries[0]![1] === '*') return '*'
  return Object.fromEntries(
    entries.map(([type, value]) => {
      const identifiers = textOrTexts(value, `${where}: Principal`)
      return [type, typeof identifiers === 'string' ? identifiers : descending(identifiers)]
    }),
  )
}

function parseConditions(given: unknown, where: string): Statement['Condition'] {
  if (given === undefined || given === null) return undefined
  if (!isRecord(given)) throw problem(`${where}: a Condition is an object`)
  const tests = Object.entries(given).sort(ascending)
  if (tests.length === 0) return undefined
  return Object.fromEntries(
    tests.map(([test, keys]) => {
      if (!isRecord(keys)) throw problem(`${where}: the condition ${test} is an object`)
      const read = Object.entries(keys)
        .sort(ascending)
        .map(([key, value]): [string, TextOrTexts] => {
          const values = textOrTexts(value, `${where}: the condition ${test}`)
          return [key, typeof values !== 'string' && values.length === 1 ? values[0]! : values]
        })
      return [test, Object.fromEntries(read)]
    }),
  )
}

function textOrTexts(value: unknown, where: string): TextOrTexts {
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value as string[]
  throw problem(`${where} must be a text or a list of texts`)
}

function member(from: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(from, name)) return from[name]
  const found = Object.keys(from).find((key) => key.toLowerCase() === name.toLowerCase())
  return found === undefined ? undefined : from[found]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Without members that are not there. */
function dense<T extends object>(record: T): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T
}

/** JSON as Go's encoder writes it: it escapes what could end a script in HTML. */
function goJson({ Version, Id, Statement }: Document, indent: number): string {
  const document = dense({ Version: Version || undefined, Id: Id || undefined, Statement: Statement.length === 0 ? undefined : Statement })
  return JSON.stringify(document, undefined, indent).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function text(value: Plain | undefined): string {
  return typeof value === 'string' ? value : ''
}

function texts(value: Plain | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

function records(value: Plain | undefined): readonly PlainObject[] {
  return Array.isArray(value) ? (value as readonly Plain[]).filter((one) => typeof one === 'object' && one !== null).map(asRecord) : []
}

import { absResourceInstanceToString } from '../../addrs/index.ts'
import { rawEquals, unmarkDeep, type Value } from '../../cty/index.ts'
import type { ResourceChange } from '../../plans/index.ts'
import { instancesOf, resourcesOf, type State } from '../../states/index.ts'
import type { IgnoreRule } from './ignore.ts'
import { findIgnore } from './ignore.ts'

/**
 * What kind of difference was found: the object is `gone`, something about who may do what is different (`security`), it only says what the sources leave unsaid and services fill in
 * (`defaults`), or anything else (`changed`). The most serious first. Defaults are told, and count for nothing.
 */
export const driftClasses = ['gone', 'security', 'changed', 'defaults'] as const
export type DriftClass = (typeof driftClasses)[number]

export interface DriftItem {
  readonly address: string
  readonly kind: DriftClass
  /** Names of the attributes that differ; empty when the object is gone. */
  readonly attributes: readonly string[]
  /** Why it does not count. */
  readonly ignored: IgnoreRule | undefined
  /** A rule that would have ignored it, had it not expired. */
  readonly expired: IgnoreRule | undefined
}

/** Types that are about rights and walls as a whole. */
const securityTypes =
  /_(?:iam|kms|secretsmanager|organizations|cloudtrail|guardduty|securityhub|config|access_analyzer|acm|wafv2)_|_security_group|_network_acl|_policy(?:_|$)|_public_access_block|_bucket_acl|_server_side_encryption|_key_pair|_ownership_controls/
/** Attributes that are, of any type. */
const securityAttributes =
  /polic(?:y|ies)|ingress|egress|cidr|public_access|block_public|(?:^|_)acl|encrypt|kms|principal|assume_role|permission|publicly_accessible|(?:^|_)(?:tls|ssl)|mfa|log(?:ging|_)|versioning|deletion_protection|trust|security_group|iam|metadata_options|password|secret|source_dest_check/
/** About nothing but names. */
const harmlessAttributes = /^(?:tags|tags_all|description)$/

/**
 * What was found different outside, by how serious it is.
 *
 * @param today ISO 8601 date
 * @param saidOf the attributes that the sources say of a resource block; undefined where that is not known.
 * @param isCompleted whether other resources of the stack complete objects of a block, as attachments do a role: what these fill in the first time is theirs.
 */
export function classifyDrift(
  drift: readonly ResourceChange[],
  rules: readonly IgnoreRule[],
  today: string,
  saidOf: (block: string) => ReadonlySet<string> | undefined = () => undefined,
  isCompleted: (block: string) => boolean = () => false,
): readonly DriftItem[] {
  const items: DriftItem[] = []
  for (const change of drift) {
    if (change.action === 'noop' || change.address.resource.mode !== 'managed') continue
    const address = absResourceInstanceToString(change.address)
    const attributes = change.action === 'delete' ? [] : changedAttributes(change.before, change.after)
    if (change.action !== 'delete' && attributes.length === 0) continue
    const block = address.replace(/\[[^\]]*\]$/, '')
    const kind = kindOf(change, attributes, saidOf(block), isCompleted(block))
    items.push({ address, kind, attributes, ...findIgnore(rules, address, kind, attributes, today) })
  }
  return items.sort((a, b) => driftClasses.indexOf(a.kind) - driftClasses.indexOf(b.kind) || (a.address < b.address ? -1 : 1))
}

function kindOf(
  change: ResourceChange,
  attributes: readonly string[],
  said: ReadonlySet<string> | undefined,
  completed: boolean,
): DriftClass {
  if (change.action === 'delete') return 'gone'
  const before = unmarkDeep(change.before)
  const after = unmarkDeep(change.after)
  if (attributes.every((name) => isUnsaid(before.getAttr(name)) && isUnsaid(after.getAttr(name)))) return 'defaults'
  const isUnsaidBySources = (name: string): boolean => said !== undefined && !said.has(name === 'tags_all' ? 'tags' : name)
  if (completed && attributes.every((name) => isUnsaidBySources(name) && isUnsaid(before.getAttr(name)))) return 'defaults'
  const telling = attributes.filter((name) => !harmlessAttributes.test(name))
  if (telling.some((name) => securityAttributes.test(name))) return 'security'
  if (attributes.every(isUnsaidBySources)) return 'defaults'
  return telling.length > 0 && securityTypes.test(change.address.resource.type) ? 'security' : 'changed'
}

function changedAttributes(before: Value, after: Value): readonly string[] {
  const old = unmarkDeep(before)
  const now = unmarkDeep(after)
  if (!old.hasContent || !now.hasContent) return []
  const olds = old.asMap()
  return [...now.asMap()].filter(([name, value]) => !rawEquals(olds.get(name) ?? value, value)).map(([name]) => name)
}

/** Null, and what services answer in its place. */
function isUnsaid(value: Value): boolean {
  if (!value.isKnown) return false
  if (value.isNull) return true
  switch (value.type.kind) {
    case 'string':
      return value.asString() === ''
    case 'bool':
      return !value.asBool()
    case 'number':
      return value.asNumeric() === 0
    case 'list':
    case 'set':
    case 'tuple':
      return value.asArray().every(isUnsaid)
    case 'map':
    case 'object':
      return [...value.asMap().values()].every(isUnsaid)
    default:
      return false
  }
}

/** The blocks whose objects other resources of a state complete: those of a type that begins with theirs, and which depend on them. */
export function completedBlocks(state: State): ReadonlySet<string> {
  const found = new Set<string>()
  for (const resource of resourcesOf(state)) {
    const { mode, type } = resource.address.resource
    if (mode !== 'managed') continue
    for (const { current } of instancesOf(resource)) {
      for (const other of current?.dependencies ?? []) {
        const [family] = other.split('.').slice(-2) as [string]
        if (type.startsWith(`${family}_`) || type.startsWith(family.replace(/^aws_/, 'aws_vpc_'))) found.add(other)
      }
    }
  }
  return found
}

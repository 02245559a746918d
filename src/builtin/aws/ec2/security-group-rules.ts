import type { InputOf } from '../../../aws/index.ts'
import { type Plain, type PlainObject, UNKNOWN } from '../../../providers/kit/index.ts'

type IpPermission = NonNullable<InputOf<'ec2', 'AuthorizeSecurityGroupIngress'>['IpPermissions']>[number]

/** A rule as it stands in a configuration or state: several sources share ports and description. */
export interface Rule {
  readonly from_port: number
  readonly to_port: number
  readonly protocol: string
  readonly cidr_blocks: readonly string[]
  readonly ipv6_cidr_blocks: readonly string[]
  readonly prefix_list_ids: readonly string[]
  /** Group ids; `ACCOUNT/GROUP` for those of other accounts. */
  readonly security_groups: readonly string[]
  readonly self: boolean
  readonly description: string
}

/** The smallest thing that AWS grants or revokes: ports and one source. */
interface Atom {
  readonly protocol: string
  readonly from: number
  readonly to: number
  readonly kind: 'ipv4' | 'ipv6' | 'prefixList' | 'group'
  readonly source: string
  readonly description: string
}

const protocolNumbers: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6', all: '-1' }

/** Names for the protocols that have one here, `-1` for all, else the number. */
export function normalizeProtocol(protocol: string): string {
  const lower = protocol.toLowerCase()
  return protocolNumbers[lower] ?? lower
}

const listNames = ['cidr_blocks', 'ipv6_cidr_blocks', 'prefix_list_ids', 'security_groups'] as const

/** A configured rule as a state holds it: nothing is null. Unknown parts stay. */
export function normalizeRule(rule: Plain): Plain {
  if (rule === UNKNOWN || rule === null) return rule
  const given = rule as PlainObject
  const protocol = given.protocol ?? null
  return {
    ...given,
    ...Object.fromEntries(listNames.map((name) => [name, given[name] ?? []])),
    self: given.self ?? false,
    description: given.description ?? '',
    protocol: typeof protocol === 'string' ? normalizeProtocol(protocol) : protocol,
  }
}

function atomsOf(rule: Rule, groupId: string): Atom[] {
  const base = { protocol: normalizeProtocol(rule.protocol), from: rule.from_port, to: rule.to_port, description: rule.description ?? '' }
  const groups = [...(rule.security_groups ?? []), ...(rule.self ? [groupId] : [])]
  return [
    ...(rule.cidr_blocks ?? []).map((source) => ({ ...base, kind: 'ipv4' as const, source })),
    ...(rule.ipv6_cidr_blocks ?? []).map((source) => ({ ...base, kind: 'ipv6' as const, source })),
    ...(rule.prefix_list_ids ?? []).map((source) => ({ ...base, kind: 'prefixList' as const, source })),
    ...[...new Set(groups)].map((source) => ({ ...base, kind: 'group' as const, source })),
  ]
}

/** Two atoms with the same key differ in their description at most. */
function keyOf(atom: Atom): string {
  return [atom.protocol, atom.from, atom.to, atom.kind, atom.source].join('|')
}

export interface RuleChanges {
  readonly revoke: IpPermission[]
  readonly authorize: IpPermission[]
  /** Only the description changes, which needs no gap without the rule. */
  readonly describe: IpPermission[]
}

/** The calls that make the rules of a group `planned`. */
export function diffRules(prior: readonly Rule[], planned: readonly Rule[], groupId: string): RuleChanges {
  const before = new Map(prior.flatMap((r) => atomsOf(r, groupId)).map((a) => [keyOf(a), a]))
  const after = new Map(planned.flatMap((r) => atomsOf(r, groupId)).map((a) => [keyOf(a), a]))
  return {
    revoke: toPermissions([...before].filter(([key]) => !after.has(key)).map(([, atom]) => atom)),
    authorize: toPermissions([...after].filter(([key]) => !before.has(key)).map(([, atom]) => atom)),
    describe: toPermissions(
      [...after].filter(([key, a]) => before.has(key) && before.get(key)!.description !== a.description).map(([, atom]) => atom),
    ),
  }
}

function toPermissions(atoms: readonly Atom[]): IpPermission[] {
  const byPorts = new Map<string, IpPermission>()
  for (const atom of atoms) {
    const key = [atom.protocol, atom.from, atom.to].join('|')
    // For all protocols AWS takes no ports.
    const ports = atom.protocol === '-1' ? {} : { FromPort: atom.from, ToPort: atom.to }
    const permission: IpPermission = byPorts.get(key) ?? { IpProtocol: atom.protocol, ...ports }
    byPorts.set(key, permission)
    const description = atom.description === '' ? {} : { Description: atom.description }
    switch (atom.kind) {
      case 'ipv4':
        ;(permission.IpRanges ??= []).push({ CidrIp: atom.source, ...description })
        break
      case 'ipv6':
        ;(permission.Ipv6Ranges ??= []).push({ CidrIpv6: atom.source, ...description })
        break
      case 'prefixList':
        ;(permission.PrefixListIds ??= []).push({ PrefixListId: atom.source, ...description })
        break
      case 'group': {
        const [owner, group] = atom.source.includes('/') ? atom.source.split('/') : [undefined, atom.source]
        ;(permission.UserIdGroupPairs ??= []).push({ GroupId: group, ...(owner === undefined ? {} : { UserId: owner }), ...description })
        break
      }
    }
  }
  return [...byPorts.values()]
}

/**
 * The rules of a group as a state holds them. AWS merges and splits rules as it likes, so a known rule all of whose parts are
 * still there stays as it is; what is left is grouped by ports and description.
 */
export function flattenRules(permissions: readonly IpPermission[], groupId: string, ownerId: string, known: readonly Rule[]): Rule[] {
  const left = new Map(permissions.flatMap((p) => atomsOfPermission(p, ownerId)).map((a) => [keyOf(a), a]))
  const rules: Rule[] = []
  for (const rule of known) {
    const atoms = atomsOf(rule, groupId)
    if (atoms.length === 0 || !atoms.every((a) => left.get(keyOf(a))?.description === a.description)) continue
    for (const atom of atoms) left.delete(keyOf(atom))
    rules.push(normalizeRule(rule as unknown as Plain) as unknown as Rule)
  }
  const grouped = new Map<string, Atom[]>()
  for (const atom of left.values()) {
    const key = JSON.stringify([atom.protocol, atom.from, atom.to, atom.description])
    grouped.set(key, [...(grouped.get(key) ?? []), atom])
  }
  for (const atoms of grouped.values()) rules.push(ruleOf(atoms, groupId))
  return rules
}

function ruleOf(atoms: readonly Atom[], groupId: string): Rule {
  const sources = (kind: Atom['kind']): string[] => atoms.filter((a) => a.kind === kind).map((a) => a.source)
  const first = atoms[0]!
  return {
    from_port: first.from,
    to_port: first.to,
    protocol: first.protocol,
    description: first.description,
    cidr_blocks: sources('ipv4'),
    ipv6_cidr_blocks: sources('ipv6'),
    prefix_list_ids: sources('prefixList'),
    security_groups: sources('group').filter((g) => g !== groupId),
    self: sources('group').includes(groupId),
  }
}

function atomsOfPermission(permission: IpPermission, ownerId: string): Atom[] {
  const base = { protocol: normalizeProtocol(permission.IpProtocol ?? '-1'), from: permission.FromPort ?? 0, to: permission.ToPort ?? 0 }
  const atom = (kind: Atom['kind'], source: string | undefined, description: string | undefined): Atom => ({
    ...base,
    kind,
    source: source ?? '',
    description: description ?? '',
  })
  return [
    ...(permission.IpRanges ?? []).map((r) => atom('ipv4', r.CidrIp, r.Description)),
    ...(permission.Ipv6Ranges ?? []).map((r) => atom('ipv6', r.CidrIpv6, r.Description)),
    ...(permission.PrefixListIds ?? []).map((r) => atom('prefixList', r.PrefixListId, r.Description)),
    ...(permission.UserIdGroupPairs ?? []).map((pair) => {
      const isForeign = pair.UserId !== undefined && pair.UserId !== '' && pair.UserId !== ownerId
      return atom('group', isForeign ? `${pair.UserId}/${pair.GroupId}` : pair.GroupId, pair.Description)
    }),
  ]
}

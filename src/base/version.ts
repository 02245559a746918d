/** A version as go-version reads it: any number of parts, an optional pre-release and metadata. */
export interface Version {
  /** At least three numbers; missing ones are 0. */
  readonly parts: readonly number[]
  /** How many of `parts` were written. */
  readonly given: number
  /** Without the dash; empty for a release. */
  readonly prerelease: string
  /** Without the plus sign; no part in comparisons. */
  readonly metadata: string
}

export type VersionOperator = '=' | '!=' | '>' | '>=' | '<' | '<=' | '~>'

/** One term of a constraint string. */
export interface VersionConstraint {
  readonly operator: VersionOperator
  readonly version: Version
}

const identifiers = '[0-9A-Za-z~-]+(?:\\.[0-9A-Za-z~-]+)*'
const versionText = `v?([0-9]+(?:\\.[0-9]+)*)(?:-?([A-Za-z~][0-9A-Za-z~-]*(?:\\.[0-9A-Za-z~-]+)*)|-(${identifiers}))?(?:\\+(${identifiers}))?`
const versionPattern = new RegExp(`^\\s*${versionText}\\s*$`)
const termPattern = new RegExp(`^\\s*(=|!=|>=|<=|>|<|~>|)\\s*(${versionText})\\s*$`)

/** Reads a version leniently: `v` in front, one to many parts. Undefined when the text is none. */
export function parseVersion(text: string): Version | undefined {
  const match = versionPattern.exec(text)
  if (match === null) return undefined
  const parts = match[1]!.split('.').map(Number)
  if (!parts.every(Number.isSafeInteger)) return undefined
  const given = parts.length
  while (parts.length < 3) parts.push(0)
  return { parts, given, prerelease: match[2] ?? match[3] ?? '', metadata: match[4] ?? '' }
}

/** `1.2.3-beta1+meta`, with at least three parts. */
export function versionToString(version: Version): string {
  const prerelease = version.prerelease === '' ? '' : `-${version.prerelease}`
  const metadata = version.metadata === '' ? '' : `+${version.metadata}`
  return version.parts.join('.') + prerelease + metadata
}

/** By precedence of Semantic Versioning 2.0.0, section 11; metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  return compareParts(a, b) || comparePrereleases(a.prerelease, b.prerelease)
}

function compareParts(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.parts.length, b.parts.length); i++) {
    const difference = (a.parts[i] ?? 0) - (b.parts[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return 1
  if (b === '') return -1
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareIdentifiers(left[i], right[i])
    if (order !== 0) return order
  }
  return 0
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  const aNumeric = /^[0-9]+$/.test(a)
  const bNumeric = /^[0-9]+$/.test(b)
  if (aNumeric && bNumeric) return Number(a) - Number(b)
  if (aNumeric !== bNumeric) return aNumeric ? -1 : 1
  return a < b ? -1 : 1
}

/** Terms joined by commas, all of which must hold, as in `required_version`. Undefined when a term cannot be read. */
export function parseConstraints(text: string): readonly VersionConstraint[] | undefined {
  const constraints: VersionConstraint[] = []
  for (const term of text.split(',')) {
    const match = termPattern.exec(term)
    const version = match === null ? undefined : parseVersion(match[2]!)
    if (match === null || version === undefined) return undefined
    constraints.push({ operator: (match[1] || '=') as VersionOperator, version })
  }
  return constraints
}

/**
 * Whether a version meets every term. A pre-release is met only by terms that name a pre-release of the same numbers; `=`
 * and `!=` compare exactly.
 */
export function versionSatisfies(version: Version, constraints: readonly VersionConstraint[]): boolean {
  return constraints.every((constraint) => meets(version, constraint))
}

function meets(version: Version, { operator, version: bound }: VersionConstraint): boolean {
  const order = compareVersions(version, bound)
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '>':
      return order > 0 && prereleaseAllowed(version, bound)
    case '>=':
      return order >= 0 && prereleaseAllowed(version, bound)
    case '<':
      return order < 0 && prereleaseAllowed(version, bound)
    case '<=':
      return order <= 0 && prereleaseAllowed(version, bound)
    case '~>':
      return order >= 0 && prereleaseAllowed(version, bound) && pessimistic(version, bound)
  }
}

function prereleaseAllowed(version: Version, bound: Version): boolean {
  if (version.prerelease === '') return true
  return bound.prerelease !== '' && compareParts(version, bound) === 0
}

/** All parts that were written but the last must be the same: `~> 1.2` stays below 2. */
function pessimistic(version: Version, bound: Version): boolean {
  if (bound.prerelease !== '' && version.prerelease === '') return false
  for (let i = 0; i < bound.given - 1; i++) if ((version.parts[i] ?? 0) !== bound.parts[i]) return false
  return true
}

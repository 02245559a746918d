import { compareVersions, parseVersion, type Version, versionToString } from '../base/index.ts'

/** Operators in the order in which terms of one version are written down. `~>` stands twice: with three parts and with two. */
const operatorOrder = ['>', '>=', '=', '~>', '~> minor', '<=', '<', '!='] as const
type Operator = (typeof operatorOrder)[number]

/** One term of the constraints of a provider; the version has exactly three parts. */
export interface ProviderConstraint {
  readonly operator: Operator
  readonly version: Version
}

/** What is wrong with a text, as the end of a sentence. */
export interface TextProblem {
  readonly problem: string
}

const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'
const strictVersion = new RegExp(`^[0-9]+(?:\\.[0-9]+)*(?:-${identifiers})?(?:\\+${identifiers})?$`)

/** A version as registries and lock files write it, `MAJOR.MINOR.PATCH` with all three parts. Undefined for anything else. */
export function parseProviderVersion(text: string): Version | undefined {
  const version = strictVersion.test(text) ? parseVersion(text) : undefined
  return version !== undefined && version.given === 3 ? version : undefined
}

/**
 * Reads the constraints of a provider: terms joined by commas, stricter than those of `required_version`.
 *
 * @see reference registry-and-lock.md 7.1
 */
export function parseProviderConstraints(text: string): readonly ProviderConstraint[] | TextProblem {
  const terms: ProviderConstraint[] = []
  for (const term of text.split(',')) {
    const parsed = parseTerm(term.trim())
    if ('problem' in parsed) return parsed
    terms.push(parsed)
  }
  return terms
}

function parseTerm(term: string): ProviderConstraint | TextProblem {
  if (term === '') return { problem: 'empty specification' }
  const [, operator, space, rest] = /^([^\s\w]*)(\s*)(.*)$/s.exec(term)!
  if (operator === '=<' || operator === '=>') {
    return { problem: `invalid constraint operator "${operator}"; did you mean "${operator === '=<' ? '<=' : '>='}"?` }
  }
  if (!/^(|=|!=|>|>=|<|<=|~>)$/.test(operator!)) return { problem: `invalid specification "${term}": unexpected operator "${operator}"` }
  if (space!.length > 1) return { problem: `invalid specification "${term}": only one space is expected after the operator "${operator}"` }
  if (/^[vV]/.test(rest!)) return { problem: 'a "v" prefix should not be used' }
  if (/^[xX*]|\.[xX*](\.|$)/.test(rest!)) return { problem: `invalid specification "${term}": wildcards are not allowed` }
  const version = strictVersion.test(rest!) ? parseVersion(rest!) : undefined
  if (version === undefined) return { problem: `invalid specification "${term}": not a version number` }
  if (version.given > 3) {
    return { problem: `invalid specification "${term}": too many numbered portions; only three are allowed (major, minor, patch)` }
  }
  if (operator === '~>') return { operator: version.given === 3 ? '~>' : '~> minor', version }
  return { operator: (operator === '' ? '=' : operator) as Operator, version }
}

/** Normal form, as lock files and JSON documents have it: sorted, without repetition, `>= 2.0.0, ~> 2.1`. */
export function providerConstraintsToString(constraints: readonly ProviderConstraint[]): string {
  const sorted = constraints.toSorted(
    (a, b) => compareVersions(a.version, b.version) || operatorOrder.indexOf(a.operator) - operatorOrder.indexOf(b.operator),
  )
  return [...new Set(sorted.map(termToString))].join(', ')
}

function termToString({ operator, version }: ProviderConstraint): string {
  const full = versionToString(version)
  switch (operator) {
    case '=':
      return full
    case '~> minor':
      return `~> ${full.replace(/^([0-9]+\.[0-9]+)\.[0-9]+/, '$1')}`
    default:
      return `${operator} ${full}`
  }
}

/** Whether a version meets every term. A pre-release is met only where a term asks for exactly that version. */
export function providerVersionAllowed(version: Version, constraints: readonly ProviderConstraint[]): boolean {
  const exact = constraints.some((c) => c.operator === '=' && versionToString(c.version) === versionToString(version))
  if (version.prerelease !== '' && !exact) return false
  return constraints.every((constraint) => meets(version, constraint))
}

function meets(version: Version, { operator, version: bound }: ProviderConstraint): boolean {
  const order = compareVersions(version, bound)
  const [major, minor] = bound.parts as readonly [number, number]
  switch (operator) {
    case '=':
      return versionToString(version) === versionToString(bound)
    case '!=':
      return order !== 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '~>':
      return order >= 0 && version.parts[0] === major && version.parts[1] === minor
    case '~> minor':
      return order >= 0 && version.parts[0] === major
  }
}

/** The newest version that is allowed; undefined when none is. */
export function newestAllowed(versions: Iterable<Version>, constraints: readonly ProviderConstraint[]): Version | undefined {
  let best: Version | undefined
  for (const version of versions) {
    if (providerVersionAllowed(version, constraints) && (best === undefined || compareVersions(version, best) > 0)) best = version
  }
  return best
}

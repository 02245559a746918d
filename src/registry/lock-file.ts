import { defaultHost, formatProviderSource, type ProviderSource, parseProviderSource, providerSourceToString } from '../addrs/index.ts'
import { compareStrings, parseVersion, type Version, versionToString } from '../base/index.ts'
import { Diagnostics, formatRange, Source, type SourceRange } from '../diags/index.ts'
import { type Attribute, type Block, type BodySchema, bodyContent, evaluate, exprList, parseHcl } from '../hcl/index.ts'
import type { PackageHash } from './hashes.ts'
import { isBuiltinSource } from './provider-sources.ts'
import { parseProviderConstraints, parseProviderVersion, providerConstraintsToString } from './provider-versions.ts'

/** The choice of one provider's version, and the checksums by which its packages are known. */
export interface ProviderLock {
  readonly source: ProviderSource
  readonly version: Version
  /** In normal form; empty when there were none. */
  readonly constraints: string
  /** Sorted, each once. Empty: whatever is installed counts. */
  readonly hashes: readonly PackageHash[]
}

/** By complete source address. */
export type DependencyLocks = ReadonlyMap<string, ProviderLock>

/** The file's name, in the working directory. */
export const lockFileName = '.terraform.lock.hcl'

const fileSchema: BodySchema = {
  attributes: [],
  blocks: [
    { type: 'provider', labelNames: ['source_addr'] },
    { type: 'module', labelNames: ['path'] },
  ],
}
const providerSchema: BodySchema = {
  attributes: [{ name: 'version', required: true }, { name: 'constraints' }, { name: 'hashes' }],
  blocks: [],
}

/**
 * Reads the text of a lock file. With errors the result holds the entries without them.
 *
 * @see reference registry-and-lock.md 6
 */
export function parseLockFile(text: string, diags: Diagnostics, filename = lockFileName): DependencyLocks {
  const locks = new Map<string, ProviderLock>()
  const places = new Map<string, SourceRange>()
  const { body } = parseHcl(new Source(filename, text), diags)
  for (const block of bodyContent(body, fileSchema, diags).blocks) {
    if (block.type === 'module') {
      diags.warning(
        'Dependency locks for modules are not yet supported',
        'Only dependencies on providers are locked, not modules. This file may be intended for a later version of Terraform that also supports dependency locks for modules.',
        { subject: block.headerRange },
      )
      continue
    }
    const source = lockedSource(block, diags)
    if (source === undefined) continue
    const key = providerSourceToString(source)
    const earlier = places.get(key)
    if (earlier !== undefined) {
      const detail = `This lockfile already declared a lock for provider ${key} at ${formatRange(earlier)}.`
      diags.error('Duplicate provider lock', detail, { subject: block.headerRange })
      continue
    }
    places.set(key, block.headerRange)
    const lock = decodeLock(source, block, diags)
    if (lock !== undefined) locks.set(key, lock)
  }
  return locks
}

function lockedSource(block: Block, diags: Diagnostics): ProviderSource | undefined {
  const text = block.labels[0]!
  const subject = block.labelRanges[0]
  const invalid = (detail: string): undefined => {
    diags.error('Invalid provider source address', detail, { subject })
    return undefined
  }
  const problems = new Diagnostics()
  const source = parseProviderSource(text, defaultHost, problems)
  if (source === undefined) {
    return invalid(`The provider source address for a provider lock is not valid: ${problems.items[0]!.detail}`)
  }
  const name = providerSourceToString(source)
  if (isBuiltinSource(source)) {
    return invalid(
      `Cannot lock a version for built-in provider ${name}. Built-in providers are bundled inside Terraform itself, so you can't select a version for them independently of the Terraform release you are currently running.`,
    )
  }
  if (source.namespace === '-') {
    return invalid(
      `Cannot lock a version for legacy-style provider ${name}. Use "hashicorp/${source.type}" or the complete source address of the provider instead.`,
    )
  }
  if (name !== text) {
    diags.error(
      'Non-normalized provider source address',
      `The provider source address for this provider lock must be written as "${name}", the fully-qualified and normalized form.`,
      { subject },
    )
    return undefined
  }
  return source
}

function decodeLock(source: ProviderSource, block: Block, diags: Diagnostics): ProviderLock | undefined {
  const { attributes } = bodyContent(block.body, providerSchema, diags)
  const version = lockedVersion(source, attributes.get('version'), diags)
  const constraints = lockedConstraints(source, attributes.get('constraints'), diags)
  const hashes = lockedHashes(attributes.get('hashes'), diags)
  return version && { source, version, constraints, hashes }
}

/** The string of an argument; undefined when it is null or has been reported. */
function stringOf(attribute: Attribute, what: string, diags: Diagnostics): string | undefined {
  const own = new Diagnostics()
  const value = evaluate(attribute.expr, undefined, own)
  diags.addAll(own.items)
  if (own.hasErrors || (value.isKnown && value.isNull)) return undefined
  if (value.isKnown && value.type.kind === 'string') return value.asString()
  diags.error('Unsuitable value type', `Unsuitable value: ${what} must be a string`, { subject: attribute.expr.range })
  return undefined
}

function lockedVersion(source: ProviderSource, attribute: Attribute | undefined, diags: Diagnostics): Version | undefined {
  if (attribute === undefined) return undefined
  const count = diags.items.length
  const text = stringOf(attribute, 'the version', diags)
  const subject = attribute.expr.range
  if (text === undefined) {
    if (diags.items.length === count) {
      diags.error('Missing required argument', 'A provider lock block must contain a "version" argument.', { subject })
    }
    return undefined
  }
  const name = formatProviderSource(source)
  const summary = 'Invalid provider version number'
  const version = parseVersion(text)
  const normal = version === undefined ? undefined : versionToString(version)
  if (version === undefined || normal === undefined) {
    diags.error(summary, `The selected version number for provider ${name} is invalid: ${JSON.stringify(text)} is not a version number.`, {
      subject,
    })
    return undefined
  }
  if (normal !== text || parseProviderVersion(text) === undefined) {
    diags.error(summary, `The selected version number for provider ${name} must be written in normalized form: "${normal}".`, { subject })
    return undefined
  }
  return version
}

function lockedConstraints(source: ProviderSource, attribute: Attribute | undefined, diags: Diagnostics): string {
  const text = attribute && stringOf(attribute, 'the constraints', diags)
  if (attribute === undefined || text === undefined || text === '') return ''
  const subject = attribute.expr.range
  const name = formatProviderSource(source)
  const summary = 'Invalid provider version constraints'
  const constraints = parseProviderConstraints(text)
  if ('problem' in constraints) {
    diags.error(summary, `The recorded version constraints for provider ${name} are invalid: ${constraints.problem}.`, { subject })
    return ''
  }
  const normal = providerConstraintsToString(constraints)
  if (normal !== text) {
    diags.error(summary, `The recorded version constraints for provider ${name} must be written in normalized form: "${normal}".`, {
      subject,
    })
  }
  return normal
}

function lockedHashes(attribute: Attribute | undefined, diags: Diagnostics): readonly PackageHash[] {
  if (attribute === undefined) return []
  const items = exprList(attribute.expr, diags)
  if (items.length === 0) {
    diags.error('Invalid provider hash set', 'The "hashes" argument must either be omitted or contain at least one hash value.', {
      subject: attribute.expr.range,
    })
  }
  const hashes = new Set<PackageHash>()
  for (const expr of items) {
    const hash = stringOf({ ...attribute, expr }, 'a hash', diags)
    if (hash === undefined) continue
    if (/^[^:]+:/.test(hash)) hashes.add(hash)
    else {
      const detail = `Cannot interpret ${JSON.stringify(hash)} as a provider hash: hash string must start with a scheme keyword followed by a colon.`
      diags.error('Invalid provider hash string', detail, { subject: expr.range })
    }
  }
  return [...hashes].sort(compareStrings)
}

/** The text of a lock file in the canonical layout. `tool` is the program that the header names. */
export function lockFileToString(locks: DependencyLocks, tool: 'terraform' | 'tofu' = 'terraform'): string {
  const header = `# This file is maintained automatically by "${tool} init".\n# Manual edits may be lost in future updates.\n`
  const sorted = [...locks].sort(([, a], [, b]) => compareSources(a.source, b.source))
  return header + sorted.map(([key, lock]) => `\n${lockText(key, lock)}`).join('')
}

function compareSources(a: ProviderSource, b: ProviderSource): number {
  return compareStrings(a.host, b.host) || compareStrings(a.namespace, b.namespace) || compareStrings(a.type, b.type)
}

function lockText(key: string, { version, constraints, hashes }: ProviderLock): string {
  const number = JSON.stringify(versionToString(version))
  const lines = [`provider "${key}" {`]
  if (constraints === '') lines.push(`  version = ${number}`)
  else lines.push(`  version     = ${number}`, `  constraints = ${JSON.stringify(constraints)}`)
  if (hashes.length > 0) {
    const sorted = [...new Set(hashes)].sort(compareStrings)
    lines.push('  hashes = [', ...sorted.map((hash) => `    ${JSON.stringify(hash)},`), '  ]')
  }
  return `${lines.join('\n')}\n}\n`
}

/** How much two sets of locks have in common: nothing to speak of, versions of the same providers, or checksums as well. Constraints do not count. */
export function compareLocks(a: DependencyLocks, b: DependencyLocks): 'same' | 'otherHashes' | 'different' {
  if (a.size !== b.size) return 'different'
  let result: 'same' | 'otherHashes' = 'same'
  for (const [key, lock] of a) {
    const other = b.get(key)
    if (other === undefined || versionToString(other.version) !== versionToString(lock.version)) return 'different'
    const known = new Set(other.hashes)
    if (known.size !== new Set(lock.hashes).size || lock.hashes.some((hash) => !known.has(hash))) result = 'otherHashes'
  }
  return result
}

import { RegistryError } from './discovery.ts'
import type { PackageHash } from './hashes.ts'
import { dearmor, type SignatureVerdict, verifyDetached } from './openpgp.ts'
import { partnersKey } from './partner-key.ts'

/** A public key as a registry offers it. */
export interface SigningKeyText {
  readonly armor: string
  /** An armored signature of HashiCorp over the key, which makes it that of a partner; empty when there is none. */
  readonly trustSignature: string
}

/** How sure it is that a package is the one that was released. */
export type Authentication =
  | { readonly kind: 'unauthenticated' }
  /** It has a checksum that somebody else has told. */
  | { readonly kind: 'checksum' }
  | { readonly kind: 'official'; readonly keyId: string }
  /** HashiCorp vouches for whoever signed it. */
  | { readonly kind: 'partner'; readonly keyId: string; readonly expired: boolean }
  | { readonly kind: 'selfSigned'; readonly keyId: string; readonly expired: boolean }

/** Of the key that HashiCorp signs its own providers with, published at https://www.hashicorp.com/security. */
const hashicorpFingerprint = 'C874011F0AB405110D02105534365D9472D7468F'

/** In parentheses behind an installed provider, as Terraform says it. */
export function authenticationText(authentication: Authentication): string {
  switch (authentication.kind) {
    case 'unauthenticated':
      return 'unauthenticated'
    case 'checksum':
      return 'verified checksum'
    case 'official':
      return 'signed by HashiCorp'
    case 'partner':
      return `signed by a HashiCorp partner, key ID ${authentication.keyId}`
    case 'selfSigned':
      return `self-signed, key ID ${authentication.keyId}`
  }
}

/** Whether it was signed by somebody other than HashiCorp. */
export function isThirdParty({ kind }: Authentication): boolean {
  return kind === 'partner' || kind === 'selfSigned'
}

/**
 * Checks a release's list of checksums: it names the archive with the SHA-256 that the registry says, and one of the keys has
 * signed it. Gives the checksums of all packages in the list.
 *
 * @throws RegistryError with the reason why the release cannot be trusted
 * @see reference registry-and-lock.md 3, "Verification, in order"
 */
export function authenticateRelease(release: {
  readonly filename: string
  readonly shasum: string
  readonly checksums: Buffer
  readonly signature: Buffer | undefined
  readonly keys: readonly SigningKeyText[]
  /** Whether a registry that offers no key at all is taken at its word. */
  readonly mayLackKeys?: boolean | undefined
  /** Who certifies partners; HashiCorp when not given. */
  readonly partners?: string | undefined
}): { readonly authentication: Authentication; readonly hashes: readonly PackageHash[] } {
  const listed = parseChecksums(release.checksums.toString('utf8'))
  const own = listed.find((line) => line.filename === release.filename)
  if (own === undefined) throw new RegistryError(`checksum list has no SHA-256 hash for ${JSON.stringify(release.filename)}`)
  if (own.sha256 !== release.shasum) {
    throw new RegistryError(`checksum list has unexpected SHA-256 hash ${own.sha256} (expected ${release.shasum})`)
  }
  // Nobody has signed the list, so it vouches for no package but this one.
  if (release.keys.length === 0 && release.mayLackKeys === true) {
    return { authentication: { kind: 'checksum' }, hashes: [`zh:${release.shasum}`] }
  }
  return { authentication: checkSignature(release), hashes: listed.map((line) => `zh:${line.sha256}`) }
}

function checkSignature({
  checksums,
  signature,
  keys,
  partners = partnersKey,
}: {
  readonly checksums: Buffer
  readonly signature: Buffer | undefined
  readonly keys: readonly SigningKeyText[]
  readonly partners?: string | undefined
}): Authentication {
  if (signature === undefined) throw new RegistryError('the release is not signed')
  if (keys.length === 0) throw new RegistryError('the registry offers no key to check the signature of the release with')
  let problem = 'authentication signature from unknown issuer'
  for (const { armor, trustSignature } of keys) {
    const verdict = verifyDetached(armor, checksums, signature)
    if (verdict.kind === 'bad') problem = `error checking signature: ${verdict.problem}`
    if (verdict.kind !== 'good') continue
    const { keyId, fingerprint, expired } = verdict
    if (fingerprint === hashicorpFingerprint) return { kind: 'official', keyId }
    if (trustSignature === '') return { kind: 'selfSigned', keyId, expired }
    const trust = verifyDetached(partners, dearmor(armor), Buffer.from(trustSignature, 'latin1'))
    // Whoever claims to be a partner without being one is not taken for somebody who never claimed it.
    if (trust.kind !== 'good') throw new RegistryError(`error verifying trust signature: ${trustProblem(trust)}`)
    return { kind: 'partner', keyId, expired }
  }
  throw new RegistryError(problem)
}

function trustProblem(verdict: Exclude<SignatureVerdict, { kind: 'good' }>): string {
  return verdict.kind === 'bad' ? verdict.problem : 'it was made by another key than that of HashiCorp for its partners'
}

/** Lines as `sha256sum` prints them; others do not count. */
function parseChecksums(text: string): readonly { readonly sha256: string; readonly filename: string }[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([0-9a-fA-F]{64}) [ *](\S+)\s*$/.exec(line)
    return match === null ? [] : [{ sha256: match[1]!.toLowerCase(), filename: match[2]! }]
  })
}

export { assertNever, InvariantError, invariant } from './assert.ts'
export { compareStrings } from './compare-strings.ts'
export { crc32 } from './crc32.ts'
export { crc64 } from './crc64.ts'
export { goQuote } from './go-quote.ts'
export { countGraphemes, forEachGrapheme, graphemes, sliceGraphemes } from './graphemes.ts'
export { announceLongWork } from './long-work.ts'
export { monotonicMs } from './monotonic.ts'
export { editDistance, suggest } from './suggest.ts'
export {
  compareVersions,
  parseConstraints,
  parseVersion,
  type Version,
  type VersionConstraint,
  type VersionOperator,
  versionSatisfies,
  versionToString,
} from './version.ts'

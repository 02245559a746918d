export { assertNever, InvariantError, invariant } from './assert.ts'
export { compareStrings } from './compare-strings.ts'
export { editDistance, suggest } from './suggest.ts'

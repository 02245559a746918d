import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { toAwsError } from '../../src/aws/errors.ts'

test('an error keeps nothing of the request, which holds secrets', () => {
  const sdk = Object.assign(new Error('not allowed'), {
    name: 'AccessDenied',
    $metadata: { httpStatusCode: 403, requestId: 'r-1' },
    $request: { headers: { authorization: 'AWS4-HMAC-SHA256 SIGNATURE', 'x-amz-security-token': 'TOKEN' } },
  })
  const error = toAwsError(sdk, 'sts', 'AssumeRole')
  expect(String(error)).toContain('api error AccessDenied: not allowed')
  expect(inspect(error, { depth: null, showHidden: true })).not.toMatch(/SIGNATURE|TOKEN/)
})

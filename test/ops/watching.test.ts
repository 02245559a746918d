import { describe, expect, test } from 'vitest'
import { checkBudget, checkDetection, defaultBudget, defaultDetection } from '../../src/ops/watching.ts'

function checked<T>(check: (exported: unknown, problems: string[]) => T, exported: unknown): { value: T; problems: string[] } {
  const problems: string[] = []
  return { value: check(exported, problems), problems }
}

describe('what accounts.ts chooses', () => {
  test.each<[unknown, unknown]>([
    [undefined, defaultDetection],
    [{}, defaultDetection],
    [{ guardDuty: true }, { ...defaultDetection, guardDuty: true }],
    [{ trail: { bucket: 'own-logs' } }, { ...defaultDetection, trail: { bucket: 'own-logs' } }],
  ])('detection %j', (exported, want) => {
    expect(checked(checkDetection, exported)).toEqual({ value: want, problems: [] })
  })

  test.each<[unknown, RegExp]>([
    [true, /^detection must be an object/],
    [{ guardduty: true }, /^detection\.guardduty is not known; there are trail, accessAnalyzer/],
    [{ config: 'yes' }, /^detection\.config must be true or false$/],
    [{ trail: { bucket: 'No Bucket' } }, /^detection\.trail must be true or false, or \{ bucket/],
    [{ securityHub: true }, /^detection\.securityHub needs detection\.config/],
  ])('detection %j is refused', (exported, want) => {
    expect(checked(checkDetection, exported).problems).toEqual([expect.stringMatching(want)])
  })

  test.each<[unknown, unknown]>([
    [undefined, defaultBudget],
    [false, undefined],
    [
      { monthly: 20, accounts: { prod: 2000 } },
      { ...defaultBudget, monthly: 20, accounts: { prod: 2000 } },
    ],
    [
      { monthly: 1, email: 'a@example.com', tags: [] },
      { monthly: 1, accounts: {}, email: 'a@example.com', tags: [] },
    ],
  ])('budget %j', (exported, want) => {
    expect(checked(checkBudget, exported)).toEqual({ value: want, problems: [] })
  })

  test.each<[unknown, RegExp]>([
    [200, /^budget must be an object/],
    [{}, /^budget\.monthly must be a number/],
    [{ monthly: -1 }, /^budget\.monthly must be a number/],
    [{ monthly: 1, accounts: { prod: '2000' } }, /^budget\.accounts must name numbers/],
    [{ monthly: 1, email: 'nobody' }, /^budget\.email must be an e-mail address/],
    [{ monthly: 1, tags: 'Team' }, /^budget\.tags must be a list of keys/],
    [{ monthly: 1, yearly: 1 }, /^budget\.yearly is not known/],
  ])('budget %j is refused', (exported, want) => {
    expect(checked(checkBudget, exported).problems).toEqual([expect.stringMatching(want)])
  })
})

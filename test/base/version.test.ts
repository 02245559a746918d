import { describe, expect, test } from 'vitest'
import { compareVersions, parseConstraints, parseVersion, versionSatisfies, versionToString } from '../../src/base/index.ts'

describe('parseVersion', () => {
  test.each([
    ['1.2.3', '1.2.3'],
    ['v1.2', '1.2.0'],
    ['1', '1.0.0'],
    ['1.2.3.4', '1.2.3.4'],
    ['1.2.3-beta1+linux', '1.2.3-beta1+linux'],
    ['1.2.3-rc.1', '1.2.3-rc.1'],
    ['1.2beta', '1.2.0-beta'],
    [' 1.2.3 ', '1.2.3'],
  ])('%s', (text, want) => {
    expect(versionToString(parseVersion(text)!)).toBe(want)
  })

  test.each(['', 'foo', '1.', '1..2', '1.2.x', '-1', '1.2.3-', '1.2.3+', '99999999999999999999'])('not %j', (text) => {
    expect(parseVersion(text)).toBeUndefined()
  })
})

test('precedence of semver.org, section 11', () => {
  const ordered = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.10.0',
    '2.0.0',
  ]
  const versions = ordered.map((text) => parseVersion(text)!)
  expect(versions.toReversed().sort(compareVersions).map(versionToString)).toEqual(ordered)
  expect(compareVersions(parseVersion('1.0.0+a')!, parseVersion('1.0.0+b')!)).toBe(0)
})

describe('versionSatisfies', () => {
  test.each([
    ['1.2.3', '1.2.3', true],
    ['1.2', '1.2.0', true],
    ['= 1.2.3', '1.2.4', false],
    ['!= 1.2.3', '1.2.4', true],
    ['> 1.2', '1.2.0', false],
    ['>= 1.2, < 2', '1.11.4', true],
    ['>= 1.2, < 2', '2.0.0', false],
    ['<= 1.2.0', '1.2.0', true],
    ['~> 1.2.3', '1.2.9', true],
    ['~> 1.2.3', '1.3.0', false],
    ['~> 1.2', '1.9.0', true],
    ['~> 1.2', '2.0.0', false],
    // Terraform 1.11.4 accepts this: a single part has no upper bound.
    ['~> 0', '1.11.4', true],
    ['>= 1.0', '1.1.0-beta1', false],
    ['>= 1.1.0-alpha', '1.1.0-beta1', true],
    ['>= 1.0.0-alpha', '1.1.0-beta1', false],
    ['1.1.0-beta1', '1.1.0-beta1', true],
    ['~> 1.1.0-beta1', '1.1.5', false],
    ['!= 1.1.0-beta1', '1.1.0-beta2', true],
  ])('%s with %s: %s', (constraints, version, want) => {
    expect(versionSatisfies(parseVersion(version)!, parseConstraints(constraints)!)).toBe(want)
  })

  test.each(['', 'foo', '=> 1.0', '~> 1.x', '>= 1.0 < 2.0', '1.0,', '>='])('%j is no constraint', (text) => {
    expect(parseConstraints(text)).toBeUndefined()
  })
})

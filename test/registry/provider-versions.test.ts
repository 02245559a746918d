import { describe, expect, test } from 'vitest'
import { versionToString } from '../../src/base/index.ts'
import { newestAllowed, parseProviderConstraints, parseProviderVersion, providerConstraintsToString } from '../../src/registry/index.ts'

const available = ['1.0.0', '1.1.0', '2.0.0-beta1', '1.9.0-rc1', '0.9.9'].map((text) => parseProviderVersion(text)!)

/** Normal forms and choices that `terraform init` 1.11.4 made of the same versions. */
describe('constraints of providers', () => {
  test.each<[text: string, normal: string, chosen: string | undefined]>([
    ['>=1.0', '>= 1.0.0', '1.1.0'],
    ['>= 1, < 3', '>= 1.0.0, < 3.0.0', '1.1.0'],
    ['>= 01.0.0', '>= 1.0.0', '1.1.0'],
    ['~> 1.0.0, ~> 1', '~> 1.0.0, ~> 1.0', '1.0.0'],
    ['1.1', '1.1.0', '1.1.0'],
    ['!= 1.1.0', '!= 1.1.0', '1.0.0'],
    ['> 1.0.0, 1.1.0, =1.1.0', '> 1.0.0, 1.1.0', '1.1.0'],
    [' 1.1.0 ', '1.1.0', '1.1.0'],
    ['>= 1.0.0-beta1', '>= 1.0.0-beta1', '1.1.0'],
    ['~> 1.0-beta', '~> 1.0-beta', '1.1.0'],
    ['1.1.0+meta', '1.1.0+meta', undefined],
    ['>= 2.0.0-beta1', '>= 2.0.0-beta1', undefined],
    ['2.0.0-beta1', '2.0.0-beta1', '2.0.0-beta1'],
    ['2.0.0-beta1, >= 1.0', '>= 1.0.0, 2.0.0-beta1', '2.0.0-beta1'],
    ['~> 9.0', '~> 9.0', undefined],
    ['>= 2.0, >=2.0.0, ~> 2.1', '>= 2.0.0, ~> 2.1', undefined],
    ['~> 1.0, >= 1.0, != 1.0.5,< 3', '>= 1.0.0, ~> 1.0, != 1.0.5, < 3.0.0', '1.1.0'],
    ['< 1.0.0', '< 1.0.0', '0.9.9'],
    ['<= 1.0', '<= 1.0.0', '1.0.0'],
  ])('%s', (text, normal, chosen) => {
    const constraints = parseProviderConstraints(text)
    if ('problem' in constraints) throw new Error(constraints.problem)
    expect(providerConstraintsToString(constraints)).toBe(normal)
    const best = newestAllowed(available, constraints)
    expect(best && versionToString(best)).toBe(chosen)
  })

  test.each<[text: string, problem: string]>([
    ['>= 1.0.0,  ~>  1.0', 'invalid specification "~>  1.0": only one space is expected after the operator "~>"'],
    ['v1.0.0', 'a "v" prefix should not be used'],
    ['1.0.0.0', 'invalid specification "1.0.0.0": too many numbered portions; only three are allowed (major, minor, patch)'],
    ['1.x', 'invalid specification "1.x": wildcards are not allowed'],
    ['=> 1.0', 'invalid constraint operator "=>"; did you mean ">="?'],
    ['', 'empty specification'],
    ['>= 1.0.0,', 'empty specification'],
    ['1.0 || 2.0', 'invalid specification "1.0 || 2.0": not a version number'],
    ['^1.0', 'invalid specification "^1.0": unexpected operator "^"'],
  ])('refused: %s', (text, problem) => {
    expect(parseProviderConstraints(text)).toEqual({ problem })
  })
})

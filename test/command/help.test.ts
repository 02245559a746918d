import { describe, expect, test } from 'vitest'
import { commands, operatorGroups } from '../../src/command/commands.ts'
import { runIn } from '../support/in-process.ts'

describe('-help', () => {
  test.each(Object.keys(commands))('%s', async (name) => {
    for (const flag of ['-help', '--help', '-h']) {
      const got = await runIn('.', [...name.split(' '), flag])
      expect([got.code, got.stderr]).toEqual([0, ''])
      expect(got.stdout).toMatch(new RegExp(`^Usage: landform \\[global options\\] ${name}\\b`, 'm'))
    }
  })

  test.each(['terraform', 'tofu'])('started as %s only that tool’s commands are there', async (name) => {
    const { stdout, code } = await runIn('.', ['-help'], { name })
    expect(code).toBe(0)
    expect(stdout).toContain(`Usage: ${name} [global options] <subcommand> [args]`)
    for (const group of operatorGroups) expect([group, new RegExp(`^ {2}${group} `, 'm').test(stdout)]).toEqual([group, false])
  })
})

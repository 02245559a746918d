import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

/* L-030: expressions in prevent_destroy. */

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-prevent-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

const configure = (expression: string, more = ''): void =>
  writeFileSync(
    join(dir, 'main.tf'),
    `variable "protected" {\n  type    = bool\n  default = true\n}\nlocals {\n  on = var.protected\n}\nresource "terraform_data" "other" {}\nresource "terraform_data" "a" {\n  triggers_replace = [${more}]\n  lifecycle {\n    prevent_destroy = ${expression}\n  }\n}\n`,
  )
async function run(...argv: string[]): Promise<{ code: number; text: string }> {
  const { code, stdout, stderr } = await runIn(dir, [...argv, '-no-color'])
  return { code, text: (stdout + stderr).replace(/[\s│╷╵]+/g, ' ') }
}

const refusal = 'Resource terraform_data.a has lifecycle.prevent_destroy set'

describe('prevent_destroy', () => {
  test.each([
    ['var.protected', 'true', true],
    ['var.protected', 'false', false],
    ['local.on && path.module == "."', 'true', true],
    ['!local.on', 'true', false],
    ['"${var.protected}"', 'true', true],
    ['terraform.workspace == "default"', 'false', true],
  ])('%s with %s', async (expression, given, kept) => {
    configure(expression)
    expect((await run('apply', '-auto-approve')).code).toBe(0)
    const destroyed = await run('plan', '-destroy', `-var=protected=${given}`)
    expect(destroyed.text.includes(refusal), destroyed.text).toBe(kept)
    configure(expression, '1')
    const replaced = await run('plan', `-var=protected=${given}`)
    expect(replaced.text.includes(refusal), replaced.text).toBe(kept)
    expect(replaced.code).toBe(kept ? 1 : 0)
  })

  test.each([
    ['null', 'value is not allowed'],
    ['sensitive(var.protected)', 'may not be derived from a value that is sensitive or ephemeral'],
    ['tobool(null) == null ? tobool(null) : false', 'must be true or false, and not null'],
    ['[var.protected]', 'is unsuitable: bool required'],
    ['var.nope', 'An input variable with the name "nope" has not been declared'],
    ['each.key == "a"', 'may not refer to "each"'],
    ['count.index == 0', 'may not refer to "count"'],
  ])('%s is refused', async (expression, message) => {
    configure('false')
    expect((await run('apply', '-auto-approve')).code).toBe(0)
    configure(expression)
    const { code, text } = await run(
      /nope|each|count/.test(expression) ? 'validate' : 'plan',
      ...(/nope|each|count/.test(expression) ? [] : ['-destroy']),
    )
    expect(text).toContain(message)
    expect(code).toBe(1)
  })

  test('what is not known counts only when something is to be destroyed', async () => {
    configure('terraform_data.other.output == null')
    expect((await run('apply', '-auto-approve')).code).toBe(0)
    configure('terraform_data.other.id != ""', '1')
    writeFileSync(join(dir, 'more.tf'), 'resource "terraform_data" "more" {}\n')
    configure('terraform_data.more.id != ""')
    expect((await run('plan')).code).toBe(0)
    configure('terraform_data.more.id != ""', '1')
    expect((await run('plan')).text).toContain('depends on values that cannot be determined until apply')
  })
})

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, Workspace } from './_cli.ts'

const folder = fileURLToPath(new URL('../fixtures/rude', import.meta.url))

/** Two objects, the second after the first, which takes so many milliseconds to be made. */
const chain = (milliseconds: number): string => `
terraform {
  required_providers {
    rude = { source = "hashicorp/rude" }
  }
}
resource "rude_object" "a" { how = "slow ${milliseconds}" }
resource "rude_object" "b" { value = rude_object.a.id }
`

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** From the last interrupt to the end. */
  readonly milliseconds: number
  readonly resources: readonly string[] | undefined
  readonly isLocked: boolean
}

/** Applies, and interrupts as soon as the output holds each of these texts. */
async function interrupted(config: string, texts: readonly string[]): Promise<Ended> {
  const w = new Workspace({ 'main.tf': config }, { LANDFORM_PROVIDERS: folder })
  try {
    expect(w.run(['init', '-no-color'])).toMatchObject({ code: 0 })
    const child = w.start(['apply', '-auto-approve', '-no-color'])
    let stdout = ''
    let stderr = ''
    let next = 0
    let last = 0
    child.stdout!.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
      if (next >= texts.length || !stdout.includes(texts[next]!)) return
      next++
      last = performance.now()
      child.kill('SIGINT')
    })
    child.stderr!.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    const path = join(w.dir, 'terraform.tfstate')
    const state = existsSync(path) && (JSON.parse(readFileSync(path, 'utf8')) as { resources: { name: string }[] })
    return {
      code,
      stdout,
      stderr,
      milliseconds: performance.now() - last,
      resources: state === false ? undefined : state.resources.map(({ name }) => name),
      isLocked: existsSync(join(w.dir, '.terraform.tfstate.lock.info')),
    }
  } finally {
    w.remove()
  }
}

beforeAll(ensureBuilt, 120_000)

describe('interrupts', () => {
  test('the first ends the run when what is under way has ended', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr, resources, isLocked } = await interrupted(chain(1500), ['rude_object.a: Creating...'])
    expect(stdout).toContain('Interrupt received.')
    expect(stdout).toContain('Gracefully shutting down...')
    expect(stdout).toContain('rude_object.a: Creation complete after')
    expect(stdout).not.toContain('rude_object.b: Creating')
    expect(stderr).toContain('Error: execution halted')
    expect([code, resources, isLocked]).toEqual([1, ['a'], false])
  })

  test('the second does not wait', { timeout: 60_000 }, async () => {
    const { code, stdout, stderr, milliseconds, resources } = await interrupted(chain(30_000), [
      'rude_object.a: Creating...',
      'Gracefully shutting down',
    ])
    expect(stderr).toBe(
      '\nTwo interrupts received. Exiting immediately. Note that data loss may have\noccurred.\n\nError: operation canceled\n\n',
    )
    expect(stdout).not.toContain('rude_object.a: Creation complete')
    expect(code).toBe(1)
    expect(milliseconds).toBeLessThan(15_000)
    expect(resources ?? []).toEqual([])
  })
})

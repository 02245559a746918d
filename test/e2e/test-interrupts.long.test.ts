import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { ensureBuilt, Workspace } from './_cli.ts'

/** Interrupts of `landform test`: the first lets the run finish and cleans up, the second leaves everything as it is and says what that is. */
const files = {
  'main.tf': `resource "terraform_data" "x" {
  provisioner "local-exec" {
    command = "touch created; sleep 3"
  }
  provisioner "local-exec" {
    when    = destroy
    command = "touch destroyed"
  }
}
`,
  'main.tftest.hcl': 'run "a" {}\nrun "b" {}\n',
}

let workspace: Workspace
beforeAll(() => ensureBuilt())
afterEach(() => workspace.remove())

async function interrupted(times: number): Promise<{ code: number | null; stdout: string; stderr: string }> {
  workspace = new Workspace(files)
  const child = workspace.start(['test', '-no-color'])
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr!.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
  while (!existsSync(join(workspace.dir, 'created'))) await new Promise((resolve) => setTimeout(resolve, 20))
  for (let i = 0; i < times; i++) {
    child.kill('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  return { code: await ended, stdout, stderr }
}

test('once: the run comes to its end, the others are left out, and what was made is destroyed', async () => {
  const { code, stdout, stderr } = await interrupted(1)
  expect([code, stdout]).toEqual([
    0,
    'main.tftest.hcl... in progress\n  run "a"... pass\n  run "b"... skip\nmain.tftest.hcl... tearing down\nmain.tftest.hcl... pass\n\nSuccess! 1 passed, 0 failed, 1 skipped.\n',
  ])
  expect(stderr).toContain('Interrupt received.')
  expect(existsSync(join(workspace.dir, 'destroyed'))).toBe(true)
})

test('twice: nothing is destroyed, and what is left is listed', async () => {
  const { code, stdout, stderr } = await interrupted(2)
  expect([code, stdout]).toEqual([1, expect.stringContaining('run "a"... fail')])
  expect(stderr).toContain('Two interrupts received.')
  expect(stderr).toMatch(/already created the following resources for "a" from the module\nunder test:\n {2}- terraform_data\.x\n/)
  expect(existsSync(join(workspace.dir, 'destroyed'))).toBe(false)
})

import { spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureBuilt } from './_cli.ts'
import { cleanVariables, EnvironmentProject, executable, smallEnvironment } from './_environments.ts'

let project: EnvironmentProject
beforeAll(() => {
  ensureBuilt()
  project = new EnvironmentProject({ types: false })
  project.write('environments/ops.ts', smallEnvironment)
})
afterAll(() => project.remove())

/** An apply that is killed, its sandbox with it, once it has begun to make something. */
function killedApply(): Promise<void> {
  const child = spawn(process.execPath, [executable, 'env', 'apply', 'ops'], {
    cwd: project.root,
    env: { ...cleanVariables(), YES: '1', LANDFORM_SANDBOX_LATENCY_MS: '150' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const read = (chunk: Buffer): void => {
    output += chunk.toString()
    if (output.includes('Creating...')) child.kill('SIGKILL')
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  return new Promise((resolve, reject) => {
    child.on('close', (code) => (code === null ? resolve() : reject(new Error(`It ended with ${code}:\n${output}`))))
  })
}

test('after an apply that was killed together with its sandbox, the next one goes on: its lock is known to be nobody’s', {
  timeout: 300_000,
}, async () => {
  expect(project.env(['plan', 'ops'])).toMatchObject({ code: 0, stderr: '' })
  await killedApply()
  expect(project.env(['plan', 'ops'])).toMatchObject({ code: 0, stderr: '' })
  expect(project.env(['apply', 'ops'], { YES: '1' })).toMatchObject({ code: 0, stderr: '' })
  expect(project.env(['plan', 'ops'])).toMatchObject({ code: 0, stdout: expect.stringContaining('No changes.') })
})

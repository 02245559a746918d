import { spawn } from 'node:child_process'
import type { Value } from '../../cty/index.ts'
import type { Diagnostic } from '../../diags/index.ts'
import { Lines, Tail } from './_lines.ts'

export interface LocalExecOptions {
  /** One line at a time, without its end. */
  readonly output: (line: string) => void
  readonly environment: NodeJS.ProcessEnv
  /** Ends the command. */
  readonly stop?: AbortSignal | undefined
}

/** Runs a command on this machine, by a shell unless another interpreter is configured. `config` is wholly known and unmarked. */
export async function runLocalExec(config: Value, { output, environment, stop }: LocalExecOptions): Promise<readonly Diagnostic[]> {
  const command = config.getAttr('command').asString()
  if (command === '') return [failure('Invalid local-exec provisioner command', 'The command must be a non-empty string.')]
  const interpreter = config.getAttr('interpreter')
  const given = interpreter.isNull ? [] : interpreter.asArray().filter((v) => !v.isNull)
  const words = [...(given.length === 0 ? shell() : given.map((v) => v.asString())), command]
  const quiet = config.getAttr('quiet')
  output(
    !quiet.isNull && quiet.asBool()
      ? 'local-exec: Executing: Suppressed by quiet=true'
      : `Executing: [${words.map((word) => JSON.stringify(word)).join(' ')}]`,
  )
  const extra = config.getAttr('environment')
  const env = { ...environment }
  if (!extra.isNull) for (const [name, value] of extra.asMap()) if (!value.isNull) env[name] = value.asString()
  const dir = config.getAttr('working_dir')
  return new Promise((resolve) => {
    // One stream for both, so that lines come in the order in which they were written.
    const [program, ...args] = process.platform === 'win32' ? words : ['/bin/sh', '-c', 'exec "$@" 2>&1', 'sh', ...words]
    const child = spawn(program!, args, {
      cwd: dir.isNull ? undefined : dir.asString(),
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: stop,
    })
    const kept = new Tail()
    const lines = new Lines(output)
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        kept.add(chunk)
        lines.add(chunk.toString('utf8'))
      })
    }
    const failed = (why: string): void => {
      resolve([failure('local-exec provisioner error', `Error running command '${command}': ${why}. Output: ${kept.text()}`)])
    }
    child.on('error', (error) => failed(error.message))
    child.on('close', (code, signal) => {
      lines.end()
      if (code === 0) resolve([])
      else failed(signal === null ? `exit status ${code}` : `signal: ${signal}`)
    })
  })
}

function shell(): readonly string[] {
  return process.platform === 'win32' ? ['cmd', '/C'] : ['/bin/sh', '-c']
}

function failure(summary: string, detail: string): Diagnostic {
  return { severity: 'error', summary, detail }
}

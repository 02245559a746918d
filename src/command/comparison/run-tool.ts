import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ToolRun {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Of the program and of all that it started and waited for, user and system together. */
  readonly cpuMs: number
  readonly wallMs: number
}

/** The shell waits, so that its `times` are those of the program; nothing of Node tells them of a single child. */
const script = 'out=$1 err=$2 times=$3; shift 3; "$@" >"$out" 2>"$err"; code=$?; times >"$times"; exit $code'

/** Runs a program to its end. `scratch` is a folder of the caller's own. @throws Error when there is no shell */
export async function runTool(
  argv: readonly string[],
  scratch: string,
  environment: NodeJS.ProcessEnv,
  stop: AbortSignal,
): Promise<ToolRun> {
  const [out, err, times] = ['stdout', 'stderr', 'times'].map((name) => join(scratch, name)) as [string, string, string]
  closeSync(openSync(out, 'w'))
  closeSync(openSync(err, 'w'))
  closeSync(openSync(times, 'w'))
  const began = performance.now()
  const exitCode = await new Promise<number>((resolve, reject) => {
    const child = spawn('sh', ['-c', script, 'sh', out, err, times, ...argv], { env: environment, stdio: 'ignore' })
    stop.addEventListener('abort', () => child.kill('SIGINT'), { once: true })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
  const wallMs = performance.now() - began
  const read = (path: string): string => readFileSync(path, 'utf8')
  return { exitCode, stdout: read(out), stderr: read(err), cpuMs: cpuOf(read(times)), wallMs }
}

/** The second line of `times`: user and system time of children, as `0m1.234s`. */
export function cpuOf(times: string): number {
  const line = times.split('\n')[1] ?? ''
  let ms = 0
  for (const [, minutes, seconds] of line.matchAll(/(\d+)m([\d.]+)s/g)) ms += Number(minutes) * 60_000 + Number(seconds) * 1000
  return ms
}

import { spawn } from 'node:child_process'

/** How a program ended and what it wrote. */
export interface Ended {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined
  readonly killedBy: string | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string | undefined
  /** For its standard input. */
  readonly input: string
  /** Ends it. */
  readonly signal: AbortSignal
}

/**
 * Runs a program, found in PATH where its name has no slash, without a shell, and waits for its end.
 * @throws Error of Node when it cannot be started or is ended by `signal`
 */
export function runProgram(program: string, args: readonly string[], { cwd, input, signal }: RunOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, signal, stdio: ['pipe', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    // A program that reads nothing may have ended before it was all written.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.on('error', reject)
    child.on('close', (code, killedBy) => {
      const said = { stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
      resolve({ code: code ?? undefined, killedBy: killedBy ?? undefined, ...said })
    })
  })
}

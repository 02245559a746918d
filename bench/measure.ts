import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Measurement {
  readonly code: number
  /** User and system time of the command and of all processes that it started and waited for. */
  readonly cpuMs: number
  readonly wallMs: number
  /** Largest sum of resident memory over the command's processes that was seen; undefined where /proc is missing. */
  readonly peakMb: number | undefined
  /** Bytes passed to write calls, pipes and terminals included; undefined where /proc is missing. */
  readonly writtenMb: number | undefined
}

export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs a command to its end, without input, and says what it cost.
 *
 * Node tells a parent nothing of what its children used. The shell does: `time` counts, to the millisecond, what was waited for.
 */
export async function measure({ program, args, cwd, env }: Command): Promise<Measurement> {
  const written = bytesWritten()
  const start = performance.now()
  const child = spawn('bash', ['-c', 'TIMEFORMAT="%U %S"; { time "$@" >/dev/null 2>&1 </dev/null; }', 'bash', program, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let report = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (report += text))
  let peakKb = 0
  const poll = setInterval(() => (peakKb = Math.max(peakKb, residentKb(child.pid!))), 10)
  const code = await new Promise<number>((resolve, reject) => child.on('error', reject).on('close', (status) => resolve(status ?? -1)))
  clearInterval(poll)
  const wallMs = performance.now() - start
  const [user, system] = report.trim().split(/\s+/).slice(-2).map(Number)
  const after = bytesWritten()
  return {
    code,
    cpuMs: (user! + system!) * 1000,
    wallMs,
    peakMb: peakKb === 0 ? undefined : peakKb / 1024,
    writtenMb: written === undefined || after === undefined ? undefined : (after - written) / 1e6,
  }
}

/** What this process and the children that it waited for have written so far: Linux adds a child's count to its parent's. */
function bytesWritten(): number | undefined {
  const text = tryRead('/proc/self/io')
  return text === undefined ? undefined : Number(/wchar: (\d+)/.exec(text)![1])
}

/** The high-water marks of a process's descendants, without the process itself (which is the shell). */
function residentKb(pid: number): number {
  let sum = 0
  for (const child of tryRead(`/proc/${pid}/task/${pid}/children`)?.trim().split(' ') ?? []) {
    if (child === '') continue
    sum += Number(/VmHWM:\s+(\d+)/.exec(tryRead(`/proc/${child}/status`) ?? '')?.[1] ?? 0) + residentKb(Number(child))
  }
  return sum
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The slope of log(cost) over log(size) by least squares: 1 is linear, 2 is quadratic. */
export function exponent(points: readonly { readonly size: number; readonly cost: number }[]): number {
  const xs = points.map((p) => Math.log(p.size))
  const ys = points.map((p) => Math.log(Math.max(p.cost, 1e-3)))
  const meanX = xs.reduce((a, b) => a + b, 0) / xs.length
  const meanY = ys.reduce((a, b) => a + b, 0) / ys.length
  const above = xs.reduce((sum, x, i) => sum + (x - meanX) * (ys[i]! - meanY), 0)
  return above / xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0)
}

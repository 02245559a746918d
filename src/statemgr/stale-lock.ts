import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { LockInfo } from './lock-info.ts'

/** Where a process lives: what it takes to say later, and for sure, whether it still does. */
interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since the machine started, as /proc has it: process ids are used again, but not with the same start. */
  readonly start: string
  /** Identifies one run of the machine. */
  readonly boot: string
  /** Identifies the space of process ids; containers have their own. */
  readonly space: string
}

/**
 * How a lock names the process that holds it, for its `Info`: `process 4242`, and where the system tells more, what is needed to know for
 * sure that this process has ended.
 */
export function ownProcess(): string {
  const id = identify(process.pid)
  return id === undefined ? `process ${process.pid}` : `process ${id.pid} started ${id.start} in ${id.space} of ${id.boot}`
}

/**
 * Whether the process that took a lock has ended for sure: it ran on this machine since its last start, in the same space of process ids,
 * and is gone now. Everything else, locks of Terraform and of other machines among it, cannot be judged from here.
 */
export function isDeadHolder(holder: LockInfo): boolean {
  const match = /^process ([0-9]+) started ([0-9]+) in (\S+) of (\S+)$/.exec(holder.info)
  if (match === null || !holder.who.endsWith(`@${hostname()}`)) return false
  const [, pid, start, space, boot] = match
  const here = identify(process.pid)
  if (here === undefined || here.boot !== boot || here.space !== space) return false
  const there = identify(Number(pid))
  return there === undefined ? !isAlive(Number(pid)) : there.start !== start
}

/** What to do about a lock that is in the way, as the paragraph of a message. */
export function staleAdvice(holder: LockInfo): string {
  const unlock = `\n    landform force-unlock ${holder.id}\n\n`
  const pid = /^process ([0-9]+)/.exec(holder.info)?.[1]
  if (pid !== undefined && holder.who.endsWith(`@${hostname()}`) && !isAlive(Number(pid))) {
    return `The process ${pid} that took this lock has ended without releasing it, unless it runs in a container of its own; so the lock is stale. Release it:${unlock}`
  }
  return `The lock has no expiry: a program that was killed leaves it behind. If you are sure that ${holder.who} is no longer working on this state, release it:${unlock}`
}

function identify(pid: number): ProcessIdentity | undefined {
  try {
    // The name of the program, in brackets, may hold anything; the 20th field after it is the start.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z') return undefined
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return { pid, start: fields[19]!, boot, space: readlinkSync('/proc/self/ns/pid') }
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  // A process that has ended and that nobody has asked about still has its id.
  return !isZombie(pid)
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}

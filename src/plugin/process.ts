import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { unlinkSync } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { type LogSink, PluginLog } from './log.ts'
import {
  certificateFromHandshake,
  connectGrpc,
  createCertificate,
  decodeMessage,
  encodeMessage,
  type GrpcChannel,
  type Handshake,
  HandshakeError,
  MAGIC_COOKIE,
  type ProtocolMajor,
  parseHandshake,
  pluginProcedures,
  stdioChannel,
  type TlsIdentity,
} from './wire/index.ts'

/** A connection to something that talks the plugin protocol. */
export interface PluginConnection {
  readonly protocol: ProtocolMajor
  readonly channel: GrpcChannel
  /** False: further calls are in vain. */
  readonly isAlive: boolean
  /** Settles soon after the plugin is gone, with what is known of its end: a sentence, and the end of its log. */
  ending(): Promise<string>
  /** Whether it alone keeps our process running. */
  setRef(isNeeded: boolean): void
  /** Asks it to end, and sees to it. */
  close(): Promise<void>
}

export interface LaunchOptions {
  readonly executable: string
  readonly args?: readonly string[] | undefined
  /** Exactly what the plugin gets, beside the variables of the handshake. */
  readonly environment: Readonly<Record<string, string>>
  /** Plain text instead of a certificate for each side (TF_DISABLE_PLUGIN_TLS). */
  readonly disableTls?: boolean | undefined
  readonly log?: LogSink | undefined
  /** Until it has greeted; 60 s when not given. */
  readonly startTimeoutMs?: number | undefined
}

/** The plugin cannot be started; the message is a sentence or more for the user. */
export class LaunchError extends Error {
  override readonly name = 'LaunchError'
}

const START_TIMEOUT_MS = 60_000
/** After a polite request to end. */
const END_TIMEOUT_MS = 2000
/** A greeting is one line of about a kilobyte. */
const MAX_GREETING = 64 * 1024

type PluginChild = ChildProcessByStdio<null, Readable, Readable>

/**
 * Starts a plugin in a process group of its own, reads its greeting and connects. Whatever happens to our process, the group ends
 * with it.
 *
 * @throws LaunchError
 */
export async function launchProcess(options: LaunchOptions): Promise<PluginConnection> {
  const name = `provider.${basename(options.executable)}`
  const log = new PluginLog(name, options.log)
  const identity = options.disableTls ? undefined : createCertificate()
  const child = spawn(options.executable, options.args ?? [], {
    env: {
      ...options.environment,
      [MAGIC_COOKIE.name]: MAGIC_COOKIE.value,
      PLUGIN_MIN_PORT: '10000',
      PLUGIN_MAX_PORT: '25000',
      PLUGIN_PROTOCOL_VERSIONS: '5,6',
      ...(identity === undefined ? {} : { PLUGIN_CLIENT_CERT: identity.certificate }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const guarded = new GuardedProcess(child)
  child.stderr.on('data', (chunk: Buffer) => log.push(chunk))
  child.stderr.on('error', () => {})
  child.stderr.on('end', () => log.end())
  try {
    const handshake = await greeting(child, options.startTimeoutMs ?? START_TIMEOUT_MS)
    if (handshake.address.network === 'unix') guarded.socket = handshake.address.address
    const channel = await connectGrpc(handshake.address, tlsFor(handshake, identity))
    return new LaunchedPlugin(handshake.protocol, channel, guarded, log)
  } catch (e) {
    guarded.kill()
    await guarded.isClosed(END_TIMEOUT_MS)
    const what = e instanceof HandshakeError || e instanceof LaunchError ? e.message : `It cannot be reached: ${(e as Error).message}.`
    throw new LaunchError(`The provider program ${options.executable} cannot be used. ${what}${logTail(log)}`, { cause: e })
  }
}

function tlsFor(handshake: Handshake, own: { certificate: string; key: string } | undefined): TlsIdentity | undefined {
  if (own === undefined || handshake.certificate === undefined) return undefined
  let peer: string
  try {
    peer = certificateFromHandshake(handshake.certificate)
  } catch (cause) {
    throw new HandshakeError('It greeted with something that is no certificate.', { cause })
  }
  return { ...own, peer }
}

/** The first line of stdout; the rest is read and passed over. */
function greeting(child: PluginChild, timeoutMs: number): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    let text = ''
    let isDone = false
    const done = (finish: () => void): void => {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      finish()
    }
    const timer = setTimeout(() => done(() => reject(new LaunchError(`It did not greet within ${timeoutMs / 1000} seconds.`))), timeoutMs)
    child.once('error', (cause) => done(() => reject(new LaunchError(`It cannot be started: ${cause.message}.`, { cause }))))
    // Once its output is read to the end as well: the greeting may come with the last breath.
    child.once('close', (code, signal) => done(() => reject(new LaunchError(`It ended before it greeted: ${endText(code, signal)}.`))))
    child.stdout.on('error', () => {})
    child.stdout.on('data', (chunk: Buffer) => {
      if (isDone) return
      text += chunk.toString('utf8')
      const end = text.indexOf('\n')
      if (end < 0 && text.length <= MAX_GREETING) return
      done(() => {
        try {
          resolve(parseHandshake(end < 0 ? text : text.slice(0, end)))
        } catch (e) {
          reject(e)
        }
      })
    })
  })
}

function endText(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `exit code ${code}` : `signal ${signal}`
}

function logTail(log: PluginLog): string {
  const tail = log.tail()
  return tail === '' ? '' : `\n\nThe end of its log:\n${tail.replace(/^/gm, '  ')}`
}

class LaunchedPlugin implements PluginConnection {
  readonly protocol: ProtocolMajor
  readonly channel: GrpcChannel
  readonly #process: GuardedProcess
  readonly #log: PluginLog
  #closing: Promise<void> | undefined

  constructor(protocol: ProtocolMajor, channel: GrpcChannel, guarded: GuardedProcess, log: PluginLog) {
    this.protocol = protocol
    this.channel = channel
    this.#process = guarded
    this.#log = log
    const { path, request, response } = pluginProcedures.streamStdio
    channel
      .serverStream(path, encodeMessage(request, {}), (bytes) => {
        const { channel: from, data } = decodeMessage(response, bytes)
        if (from !== stdioChannel.invalid) log.push(Buffer.from(data))
      })
      .catch(() => {}) // Not every plugin has it; its end says nothing new.
  }

  get isAlive(): boolean {
    return this.#closing === undefined && this.channel.isOpen && !this.#process.hasEnded
  }

  async ending(): Promise<string> {
    // What made a call fail may be known a moment before the process has ended.
    const end = await this.#process.isClosed(1000)
    const how = end === undefined ? 'The plugin closed the connection.' : `The plugin ended: ${endText(end.code, end.signal)}.`
    return `${how}${logTail(this.#log)}`
  }

  setRef(isNeeded: boolean): void {
    this.channel.setRef(isNeeded)
    this.#process.setRef(isNeeded)
  }

  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  async #end(): Promise<void> {
    this.setRef(true)
    if (this.channel.isOpen && !this.#process.hasEnded) {
      const { path, request } = pluginProcedures.shutdown
      // The server ends at once, often without an answer.
      await this.channel.unary(path, encodeMessage(request, {}), { timeoutMs: END_TIMEOUT_MS }).catch(() => {})
    }
    this.channel.destroy()
    if ((await this.#process.isClosed(END_TIMEOUT_MS)) === undefined) {
      this.#process.kill()
      await this.#process.isClosed(END_TIMEOUT_MS)
    }
  }
}

// ---- processes that do not outlive ours

const running = new Set<GuardedProcess>()
let watchdog: ChildProcess | undefined

/**
 * Ends the groups it was told of once its stdin closes, which the system sees to when we are gone, whatever the reason. Lines: `+ PID` and
 * `- PID`; `s PATH` names a socket to be removed. It is in a session of its own, so that no signal meant for us reaches it.
 */
const WATCHDOG_SCRIPT = `
trap '' HUP INT TERM
groups= sockets=
while read -r op what; do
  case $op in
    +) groups="$groups $what" ;;
    -) kept=; for g in $groups; do [ "$g" = "$what" ] || kept="$kept $g"; done; groups=$kept ;;
    s) sockets="$sockets $what" ;;
    u) kept=; for s in $sockets; do [ "$s" = "$what" ] || kept="$kept $s"; done; sockets=$kept ;;
  esac
done
for g in $groups; do kill -s KILL -- "-$g" 2>/dev/null; done
for s in $sockets; do rm -f -- "$s"; done
`

function tellWatchdog(line: string): void {
  if (process.platform === 'win32') return
  if (watchdog === undefined) {
    watchdog = spawn('/bin/sh', ['-c', WATCHDOG_SCRIPT], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: { PATH: '/usr/bin:/bin' },
      cwd: '/',
    })
    watchdog.on('error', () => {}) // Without a shell there is only the guard at our own exit.
    watchdog.stdin!.on('error', () => {})
    watchdog.unref()
    ;(watchdog.stdin as unknown as { unref?: () => void }).unref?.()
    process.on('exit', () => {
      for (const one of running) one.kill()
    })
  }
  watchdog.stdin!.write(`${line}\n`)
}

interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A child with its group, which ends at the latest with us. */
class GuardedProcess {
  readonly #child: PluginChild
  readonly #closed: Promise<ProcessEnd>
  #end: ProcessEnd | undefined
  #socket: string | undefined

  constructor(child: PluginChild) {
    this.#child = child
    this.#closed = new Promise((resolve) => {
      const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.#end ??= { code, signal }
        running.delete(this)
        this.#forget()
        resolve(this.#end)
      }
      child.once('exit', (code, signal) => {
        this.#end = { code, signal }
        this.#killGroup() // What it has started itself.
        // The pipes may be held open by a grandchild; what was written is read by then.
        setTimeout(() => settle(code, signal), 200).unref()
      })
      child.once('close', settle)
      child.once('error', () => settle(null, null))
    })
    if (child.pid === undefined) return
    running.add(this)
    tellWatchdog(`+ ${child.pid}`)
  }

  /** A file to be removed with the process. */
  set socket(path: string) {
    // A path with a space cannot be told in a line; it is removed by ourselves alone.
    this.#socket = path
    if (!/\s/.test(path)) tellWatchdog(`s ${path}`)
  }

  get hasEnded(): boolean {
    return this.#end !== undefined
  }

  /** Undefined when it has not ended in time. */
  async isClosed(timeoutMs: number): Promise<ProcessEnd | undefined> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), timeoutMs)
    })
    const end = await Promise.race([this.#closed, late])
    clearTimeout(timer)
    return end
  }

  setRef(isNeeded: boolean): void {
    for (const part of [this.#child, this.#child.stdout, this.#child.stderr]) {
      const handle = part as { ref?: () => void; unref?: () => void }
      if (isNeeded) handle.ref?.()
      else handle.unref?.()
    }
  }

  /** At once, with all that it started. */
  kill(): void {
    this.#child.kill('SIGKILL')
    this.#killGroup()
    this.#removeSocket()
  }

  #killGroup(): void {
    const { pid } = this.#child
    if (pid === undefined || process.platform === 'win32') return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // There is nobody left in it.
    }
  }

  #forget(): void {
    if (this.#child.pid !== undefined) tellWatchdog(`- ${this.#child.pid}`)
    this.#removeSocket()
  }

  #removeSocket(): void {
    if (this.#socket === undefined) return
    try {
      unlinkSync(this.#socket)
    } catch {
      // The plugin removes it itself when it ends well.
    }
    if (!/\s/.test(this.#socket)) tellWatchdog(`u ${this.#socket}`)
    this.#socket = undefined
  }
}

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Lines, Tail } from './_lines.ts'
import type { SshConnection, SshHost } from './connection.ts'

export interface SshOptions {
  readonly output: (line: string) => void
  readonly environment: NodeJS.ProcessEnv
  readonly stop?: AbortSignal | undefined
}

/** What became of a command: undefined when it succeeded, else why it did not. */
export type Failure = string | undefined

/**
 * A connection by the `ssh` program of this machine, which knows agents, ciphers and keys of all kinds better than anything written
 * anew. Keys and passwords stand in a folder for this user only, as long as the connection is used.
 */
export class Ssh {
  readonly #connection: SshConnection
  readonly #options: SshOptions
  readonly #dir: string
  readonly #arguments: readonly string[]

  private constructor(connection: SshConnection, options: SshOptions, dir: string, args: readonly string[]) {
    this.#connection = connection
    this.#options = options
    this.#dir = dir
    this.#arguments = args
  }

  /** Waits until the machine answers, as new ones do not at once. A text says why it never did. */
  static async connect(connection: SshConnection, options: SshOptions): Promise<Ssh | string> {
    const dir = await mkdtemp(join(tmpdir(), 'landform-ssh-'))
    const ssh = new Ssh(connection, options, dir, await sshArguments(connection, dir))
    const deadline = Date.now() + connection.timeoutMs
    for (;;) {
      const failure = await ssh.run('true', { quiet: true })
      if (failure === undefined) return ssh
      if (options.stop?.aborted || Date.now() >= deadline) {
        await ssh.close()
        return `timeout - last error: ${failure}`
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(2000, Math.max(0, deadline - Date.now()))))
    }
  }

  /** Runs a command there. `input` is what it reads. */
  run(command: string, { input, quiet = false }: { input?: string | Readable; quiet?: boolean } = {}): Promise<Failure> {
    const { output, environment, stop } = this.#options
    const { user, host } = this.#connection
    const needsPassword = this.#connection.password !== undefined || this.#connection.bastion?.password !== undefined
    const env = needsPassword
      ? { ...environment, SSH_ASKPASS: askpassPath(this.#dir, 'host'), SSH_ASKPASS_REQUIRE: 'force', DISPLAY: environment.DISPLAY ?? ':0' }
      : environment
    return new Promise((resolve) => {
      const child = spawn('ssh', [...this.#arguments, '-l', user, host, command], { env, stdio: ['pipe', 'pipe', 'pipe'], signal: stop })
      const kept = new Tail()
      const lines = new Lines(quiet ? () => {} : output)
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          kept.add(chunk)
          lines.add(chunk.toString('utf8'))
        })
      }
      child.on('error', (error) => resolve(error.message))
      child.on('close', (code) => {
        lines.end()
        const said = kept.text().trim()
        resolve(code === 0 ? undefined : `Process exited with status ${code}${quiet && said !== '' ? `: ${said}` : ''}`)
      })
      // What the command does not read is no failure of its own.
      child.stdin.on('error', () => {})
      if (input === undefined || typeof input === 'string') child.stdin.end(input ?? '')
      else input.pipe(child.stdin)
    })
  }

  /** A path for a script that nothing else uses. */
  scriptPath(): string {
    return this.#connection.scriptPath.replaceAll('%RAND%', String(randomBytes(4).readUInt32BE()))
  }

  async close(): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true })
  }
}

/** Text for a POSIX shell that means exactly this word. */
export function shellWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

async function sshArguments(connection: SshConnection, dir: string): Promise<readonly string[]> {
  const { bastion, agent } = connection
  await writeAskpass(connection, dir, 'host')
  const args = await hostArguments(connection, dir, 'host', agent)
  if (bastion !== undefined) {
    await writeAskpass(bastion, dir, 'bastion')
    const before = bastion.password === undefined ? [] : ['env', `SSH_ASKPASS=${askpassPath(dir, 'bastion')}`]
    const words = [...before, 'ssh', ...(await hostArguments(bastion, dir, 'bastion', agent)), '-l', bastion.user]
    // ssh itself puts in what a percent sign announces, and a shell reads the rest.
    const word = (text: string): string => (/^[\w./:=-]+$/.test(text) ? text : shellWord(text)).replaceAll('%', '%%')
    args.push('-o', `ProxyCommand=${words.map(word).join(' ')} -W %h:%p ${word(bastion.host)}`)
  }
  return args
}

async function hostArguments(end: SshHost, dir: string, name: string, agent: boolean): Promise<string[]> {
  const args = ['-p', String(end.port), '-o', 'ConnectTimeout=15', '-o', 'NumberOfPasswordPrompts=1', '-o', 'LogLevel=ERROR']
  const known = join(dir, `${name}-known`)
  await writeFile(known, end.hostKey === undefined ? '' : `${knownHostName(end)} ${end.hostKey.trim()}\n`)
  // Without a key to expect, a machine that was made a moment ago can only be believed.
  args.push('-o', `UserKnownHostsFile=${known}`, '-o', 'GlobalKnownHostsFile=/dev/null')
  args.push('-o', `StrictHostKeyChecking=${end.hostKey === undefined ? 'no' : 'yes'}`)
  if (end.privateKey !== undefined) {
    const key = join(dir, `${name}-key`)
    await writeFile(key, end.privateKey.endsWith('\n') ? end.privateKey : `${end.privateKey}\n`, { mode: 0o600 })
    args.push('-i', key)
    if (end.certificate !== undefined) {
      await writeFile(`${key}-cert.pub`, end.certificate, { mode: 0o600 })
      args.push('-o', `CertificateFile=${key}-cert.pub`)
    }
  }
  if (!agent) args.push('-o', 'IdentityAgent=none', '-o', 'IdentitiesOnly=yes')
  if (end.password === undefined) args.push('-o', 'BatchMode=yes')
  return args
}

function knownHostName({ host, port }: SshHost): string {
  return port === 22 ? host : `[${host}]:${port}`
}

/** What ssh asks for the password of one end; the other end has one of its own. */
async function writeAskpass({ password }: SshHost, dir: string, name: string): Promise<void> {
  if (password === undefined) return
  const secret = join(dir, `${name}-password`)
  await writeFile(secret, password, { mode: 0o600 })
  await writeFile(askpassPath(dir, name), `#!/bin/sh\nexec cat ${shellWord(secret)}\n`)
  await chmod(askpassPath(dir, name), 0o700)
}

function askpassPath(dir: string, name: string): string {
  return join(dir, `${name}-askpass`)
}

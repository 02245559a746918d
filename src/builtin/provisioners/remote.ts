import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Value } from '../../cty/index.ts'
import type { Diagnostic } from '../../diags/index.ts'
import { readConnection, type SshConnection, type SshHost } from './connection.ts'
import { type Failure, Ssh, type SshOptions, shellWord } from './ssh.ts'

/** Runs commands or scripts on another machine. `config` and `connection` are wholly known and unmarked. */
export async function runRemoteExec(config: Value, connection: Value | undefined, options: SshOptions): Promise<readonly Diagnostic[]> {
  const [inline, script, scripts] = [list(config, 'inline'), one(config, 'script'), list(config, 'scripts')]
  const given = [inline, script === undefined ? undefined : [script], scripts].filter((v) => v !== undefined)
  if (given.length !== 1) {
    return failure('Invalid remote-exec provisioner configuration', 'Only one of "inline", "script", or "scripts" must be set.')
  }
  const contents: string[] = []
  if (inline !== undefined) contents.push(`${['#!/bin/sh', ...inline].join('\n')}\n`)
  else {
    for (const path of given[0]!) {
      try {
        contents.push(await readFile(path, 'utf8'))
      } catch (error) {
        return failure('Failed to open script', `The script ${JSON.stringify(path)} cannot be read: ${(error as Error).message}.`)
      }
    }
  }
  return withSsh(connection, options, 'remote-exec provisioner error', async (ssh) => {
    for (const content of contents) {
      const path = ssh.scriptPath()
      const word = shellWord(path)
      const uploaded = await ssh.run(`cat > ${word} && chmod 0700 ${word}`, { input: content, quiet: true })
      if (uploaded !== undefined) return `Failed to upload script: ${uploaded}`
      const failed = await ssh.run(word)
      // Left behind it would be no more than untidy.
      await ssh.run(`rm -f ${word}`, { quiet: true })
      if (failed !== undefined) return `error executing "${path}": ${failed}`
    }
    return undefined
  })
}

/** Copies a file, a folder or a text to another machine. A slash after the name of a folder means what is in it. */
export async function runFile(config: Value, connection: Value | undefined, options: SshOptions): Promise<readonly Diagnostic[]> {
  const [source, content] = [one(config, 'source'), one(config, 'content')]
  const destination = config.getAttr('destination').asString()
  if ((source === undefined) === (content === undefined)) {
    return failure('Invalid file provisioner configuration', 'Exactly one of "source" and "content" must be set.')
  }
  let isFolder = false
  if (source !== undefined) {
    try {
      isFolder = (await stat(source)).isDirectory()
    } catch (error) {
      return failure('file provisioner error', `The source ${JSON.stringify(source)} cannot be read: ${(error as Error).message}.`)
    }
  }
  // As in Terraform nothing is told of the connection: the command itself says nothing either.
  return withSsh(connection, { ...options, output: () => {} }, 'file provisioner error', async (ssh) => {
    const failed = isFolder
      ? await uploadFolder(ssh, source!, destination)
      : await uploadFile(ssh, source === undefined ? content! : createReadStream(source), source, destination)
    return failed === undefined ? undefined : `Upload failed: ${failed}`
  })
}

/** Into a folder that is there, as `cp` would, or under the name given. */
function uploadFile(
  ssh: Ssh,
  input: string | ReturnType<typeof createReadStream>,
  source: string | undefined,
  destination: string,
): Promise<Failure> {
  const to = shellWord(destination)
  const inside = shellWord(`${destination.replace(/\/$/, '')}/${basename(source ?? 'content')}`)
  return ssh.run(`if [ -d ${to} ]; then cat > ${inside}; else cat > ${to}; fi`, { input, quiet: true })
}

function uploadFolder(ssh: Ssh, source: string, destination: string): Promise<Failure> {
  const [from, name] = source.endsWith('/') ? [source, '.'] : [dirname(source), basename(source)]
  const tar = spawn('tar', ['-C', from, '-cf', '-', name], { stdio: ['ignore', 'pipe', 'ignore'] })
  const to = shellWord(destination)
  return ssh.run(`mkdir -p ${to} && tar -C ${to} -xf -`, { input: tar.stdout, quiet: true })
}

/** How the other machine is going to be reached, as Terraform tells it: no secret, only whether there is one. */
function describeConnection(connection: SshConnection, environment: NodeJS.ProcessEnv): readonly string[] {
  const usesAgent = connection.agent && Boolean(environment.SSH_AUTH_SOCK)
  const end = (host: SshHost): string[] => [
    `  Host: ${host.host}`,
    `  User: ${host.user}`,
    `  Password: ${host.password !== undefined}`,
    `  Private key: ${host.privateKey !== undefined}`,
    `  Certificate: ${host.certificate !== undefined}`,
    `  SSH Agent: ${usesAgent}`,
    `  Checking Host Key: ${host.hostKey !== undefined}`,
  ]
  const { bastion } = connection
  const through = bastion === undefined ? [] : ['Using configured bastion host...', ...end(bastion)]
  return ['Connecting to remote host via SSH...', ...end(connection), '  Target Platform: unix', ...through]
}

async function withSsh(
  given: Value | undefined,
  options: SshOptions,
  summary: string,
  work: (ssh: Ssh) => Promise<Failure>,
): Promise<readonly Diagnostic[]> {
  const connection = readConnection(given)
  if ('problem' in connection) return failure(summary, connection.problem)
  for (const line of describeConnection(connection, options.environment)) options.output(line)
  const ssh = await Ssh.connect(connection, options)
  if (typeof ssh === 'string') return failure(summary, ssh)
  options.output('Connected!')
  try {
    const failed = await work(ssh)
    return failed === undefined ? [] : failure(summary, failed)
  } finally {
    await ssh.close()
  }
}

function one(config: Value, name: string): string | undefined {
  const value = config.getAttr(name)
  return value.isNull ? undefined : value.asString()
}

function list(config: Value, name: string): readonly string[] | undefined {
  const value = config.getAttr(name)
  return value.isNull ? undefined : value.asArray().flatMap((v) => (v.isNull ? [] : [v.asString()]))
}

function failure(summary: string, detail: string): readonly Diagnostic[] {
  return [{ severity: 'error', summary, detail }]
}

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RegistryError } from '../discovery.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Ways to reach a repository that cannot run programs of the repository's choice. */
const protocols = ['https', 'http', 'ssh', 'git']

/**
 * Clones a repository with the `git` program into a folder that does not exist yet, submodules included. Of the query, `ref` is
 * a branch, tag or commit, `depth` a number for a shallow clone, `sshkey` a private key in base64.
 *
 * @throws RegistryError with what git said
 * @see reference reliability.md row 28: no option can be smuggled in, no other transport be used
 */
export async function cloneRepository(address: string, dir: string, environment: Environment, signal?: AbortSignal): Promise<void> {
  const { url, ref, depth, sshKey } = readAddress(address)
  const isFile = /^file:/i.test(url)
  const temporary = sshKey === undefined ? undefined : mkdtempSync(join(tmpdir(), 'landform-key-'))
  try {
    const env: Record<string, string | undefined> = { ...environment, GIT_TERMINAL_PROMPT: '0' }
    const allowed = environment.GIT_ALLOW_PROTOCOL?.split(':') ?? [...protocols, ...(isFile ? ['file'] : [])]
    env.GIT_ALLOW_PROTOCOL = allowed.filter((name) => name !== 'ext').join(':')
    // Variables of a git that has started us must not redirect this one.
    for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE']) delete env[name]
    if (temporary !== undefined) {
      const keyFile = join(temporary, 'key')
      writeFileSync(keyFile, sshKey!, { mode: 0o600 })
      env.GIT_SSH_COMMAND = `ssh -i ${keyFile} -o IdentitiesOnly=yes`
    }
    const shallow = depth === undefined ? [] : ['--depth', String(depth), ...(ref === undefined ? [] : ['--branch', ref])]
    const run = (args: readonly string[]): Promise<void> => runGit(args, env, url, signal)
    await run(['clone', '--quiet', ...shallow, '--', url, dir])
    if (ref !== undefined && depth === undefined) await run(['-C', dir, 'checkout', '--quiet', ref, '--'])
    env.GIT_ALLOW_PROTOCOL = allowed.filter((name) => name !== 'ext' && name !== 'file').join(':')
    await run([
      '-C',
      dir,
      'submodule',
      '--quiet',
      'update',
      '--init',
      '--recursive',
      ...(depth === undefined ? [] : ['--depth', String(depth)]),
    ])
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true })
  }
}

function readAddress(address: string): {
  readonly url: string
  readonly ref: string | undefined
  readonly depth: number | undefined
  readonly sshKey: string | undefined
} {
  const question = address.indexOf('?')
  const bare = question === -1 ? address : address.slice(0, question)
  const query = new URLSearchParams(question === -1 ? '' : address.slice(question + 1).replaceAll('+', '%2B'))
  const take = (name: string): string | undefined => {
    const value = query.get(name) ?? undefined
    query.delete(name)
    return value
  }
  const ref = take('ref')
  const depth = Number(take('depth') ?? 0)
  const key = take('sshkey')
  if (ref !== undefined && (ref.startsWith('-') || /[\s\0]/.test(ref))) {
    throw new RegistryError(`${JSON.stringify(ref)} is not a valid name of a branch, tag or commit`)
  }
  if (key !== undefined && !/^[A-Za-z0-9+/]*={0,2}$/.test(key)) throw new RegistryError('the "sshkey" in the address is not base64')
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(bare)?.[1]?.toLowerCase()
  if (scheme === undefined || bare.startsWith('-') || /^[A-Za-z0-9+.-]+::/.test(bare) || ![...protocols, 'file'].includes(scheme)) {
    throw new RegistryError(
      `the transport of ${JSON.stringify(redact(bare))} is not allowed: repositories are reached by ${protocols.join(', ')} and file`,
    )
  }
  const rest = query.toString()
  return {
    url: rest === '' ? bare : `${bare}?${rest}`,
    ref: ref || undefined,
    // As Terraform has it, what is no number of commits asks for all of them.
    depth: Number.isSafeInteger(depth) && depth > 0 ? depth : undefined,
    sshKey: key === undefined || key === '' ? undefined : Buffer.from(key, 'base64').toString('utf8'),
  }
}

/** Without user name and password. */
export function redact(address: string): string {
  return address
    .replace(/(:\/\/)[^/@\s]*:[^/@\s]*@/g, '$1***@')
    .replace(/([?&](?:sshkey|aws_access_key_secret|aws_access_token)=)[^&]*/g, '$1***')
}

const shownBytes = 4096

function runGit(args: readonly string[], env: Environment, url: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      env: env as NodeJS.ProcessEnv,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-shownBytes)
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(
        new RegistryError(error.code === 'ENOENT' ? 'git must be available and on the PATH' : `git cannot be run: ${error.message}`, {
          cause: error,
        }),
      )
    })
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new RegistryError(`error downloading '${redact(url)}': git exited with ${code}: ${redact(said.trim())}`))
    })
  })
}

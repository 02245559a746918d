import { spawn } from 'node:child_process'
import { RegistryError } from '../discovery.ts'
import { redact } from './git.ts'

/**
 * Clones a Mercurial repository with the `hg` program into a folder that does not exist yet. Of the query, `rev` is a branch, tag or changeset.
 *
 * @throws RegistryError with what hg said, or that it is not there
 */
export async function cloneMercurial(
  address: string,
  dir: string,
  environment: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<void> {
  const question = address.indexOf('?')
  const url = question === -1 ? address : address.slice(0, question)
  const rev = question === -1 ? undefined : (new URLSearchParams(address.slice(question + 1)).get('rev') ?? undefined)
  // Neither an address nor a revision may be read as an option, by hg or by the ssh that it starts.
  if (!/^(?:https?|ssh|file):\/\/(?!-)[^\s\0]*$/i.test(url) || /@-/.test(url)) {
    throw new RegistryError(`the address ${JSON.stringify(redact(url))} is not one of a repository by https, http, ssh or file`)
  }
  if (rev !== undefined && (rev === '' || rev.startsWith('-') || /[\s\0]/.test(rev))) {
    throw new RegistryError(`${JSON.stringify(rev)} is not a valid name of a branch, tag or changeset`)
  }
  await runHg(['clone', '--noupdate', '--', url, dir], environment, url, signal)
  await runHg(['--cwd', dir, 'update', '--clean', ...(rev === undefined ? [] : ['--rev', rev])], environment, url, signal)
}

function runHg(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  url: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('hg', ['--noninteractive', '--quiet', ...args], {
      env: { ...environment, HGPLAIN: '1' } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-4096)
    })
    child.on('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT'
      const problem = missing
        ? 'hg must be available and on the PATH to fetch modules of Mercurial repositories'
        : `hg cannot be run: ${error.message}`
      reject(new RegistryError(problem, { cause: error }))
    })
    child.on('close', (code) => {
      if (code === 0) resolve()
      else reject(new RegistryError(`error downloading '${redact(url)}': hg exited with ${code}: ${redact(said.trim())}`))
    })
  })
}

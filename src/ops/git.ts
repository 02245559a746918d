import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { Diagnostic, Diagnostics } from '../diags/index.ts'
import { type Project, sourceFolders } from './project.ts'

/** The commit that the sources of environments are of. */
export interface Commit {
  /** Hexadecimal; undefined where there is no repository of git, or no commit yet. */
  readonly id: string | undefined
  /** What environments are made of has changes beside it. */
  readonly dirty: boolean
}

interface GitResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

function git(cwd: string, args: readonly string[]): Promise<GitResult> {
  return new Promise((resolve) => {
    execFile('git', args, { cwd, maxBuffer: 1 << 26, encoding: 'utf8' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
      resolve({ status: code, stdout, stderr })
    })
  })
}

const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'landform.json'] as const

export async function readCommit(project: Project): Promise<Commit> {
  const { status, stdout } = await git(project.root, [
    'status',
    '--porcelain=v2',
    '--branch',
    '--untracked-files=normal',
    '--',
    ...sourceFolders,
    ...files,
  ])
  if (status !== 0) return { id: undefined, dirty: false }
  const id = /^# branch\.oid ([0-9a-f]{7,64})$/m.exec(stdout)?.[1]
  return { id, dirty: stdout.split('\n').some((line) => line !== '' && !line.startsWith('#')) }
}

/** Sources of another commit in a folder of their own. */
export interface CheckedOut {
  readonly root: string
  /** Other packages are locked there, so that the same sources may mean something else. */
  readonly otherPackages: boolean
  remove(): Promise<void>
}

/**
 * Puts the sources of a commit into a temporary work tree, with the packages that are installed here. Undefined with a diagnostic when there is no such commit.
 *
 * @param base as git takes it, such as `origin/main`.
 */
export async function checkOut(project: Project, base: string, diags: Diagnostics): Promise<CheckedOut | undefined> {
  const fail = (detail: string): undefined => {
    const problem: Diagnostic = {
      severity: 'error',
      summary: 'Nothing to compare with',
      detail: `${detail} Name what the change is to be compared with, and see to it that it is there; in CI, check out with the whole history:\n    make plan ENV=affected BASE=origin/main`,
    }
    diags.add(problem)
  }
  if (base.startsWith('-') || !/^[\w./@{}^~-]{1,200}$/.test(base)) return fail(`${JSON.stringify(base)} is no name of a commit.`)
  const found = await git(project.root, ['merge-base', 'HEAD', base])
  const commit =
    found.status === 0
      ? found.stdout.trim()
      : (await git(project.root, ['rev-parse', '--verify', '--quiet', `${base}^{commit}`])).stdout.trim()
  if (!/^[0-9a-f]{40,64}$/.test(commit)) {
    return fail(
      found.status === 127 ? 'git is not installed.' : `There is no commit ${JSON.stringify(base)} here, or this is no repository of git.`,
    )
  }
  const top = (await git(project.root, ['rev-parse', '--show-toplevel'])).stdout.trim()
  const folder = mkdtempSync(join(tmpdir(), 'landform-base-'))
  const remove = async (): Promise<void> => {
    rmSync(folder, { recursive: true, force: true })
    await git(project.root, ['worktree', 'prune'])
  }
  const tree = join(folder, 'tree')
  const added = await git(project.root, ['worktree', 'add', '--detach', '--force', tree, commit])
  if (added.status !== 0) {
    await remove()
    return fail(`The commit ${commit.slice(0, 12)} could not be checked out: ${added.stderr.trim().split('\n').at(-1)}.`)
  }
  const root = join(tree, relative(top, project.root))
  if (existsSync(root) && !existsSync(join(root, 'node_modules')))
    symlinkSync(join(project.root, 'node_modules'), join(root, 'node_modules'))
  const otherPackages = read(join(root, 'package-lock.json')) !== read(join(project.root, 'package-lock.json'))
  return { root, otherPackages, remove }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

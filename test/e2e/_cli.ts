import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** Another build can be tried with LANDFORM_EXECUTABLE. */
export const executable = process.env.LANDFORM_EXECUTABLE ?? join(root, 'bin', 'landform')

/** Builds the executable when a source is newer; one process at a time. */
export function ensureBuilt(): void {
  if (process.env.LANDFORM_EXECUTABLE !== undefined) return
  const built = join(root, 'dist', 'cli.js')
  const isFresh = (): boolean => existsSync(built) && statSync(built).mtimeMs >= newestSource(join(root, 'src'))
  const lock = join(root, 'dist.lock')
  for (let waited = 0; !isFresh(); waited++) {
    try {
      mkdirSync(lock)
    } catch {
      if (waited > 600) throw new Error(`${lock} is left over; remove it`)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
      continue
    }
    try {
      execFileSync(process.execPath, ['scripts/build.js'], { cwd: root })
    } finally {
      rmSync(lock, { recursive: true })
    }
    return
  }
}

function newestSource(dir: string): number {
  let newest = 0
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestSource(path) : statSync(path).mtimeMs)
  }
  return newest
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {}
  for (const [name, value] of Object.entries(process.env)) if (!/^(TF_|LANDFORM_|FORCE_COLOR|NO_COLOR)/.test(name)) env[name] = value
  return { ...env, CHECKPOINT_DISABLE: '1', ...extra }
}

/** A folder of its own in which commands are run; removed by `remove`. */
export class Workspace {
  readonly dir: string
  readonly #environment: Readonly<Record<string, string>>

  /** @param environment variables of all that is run in it */
  constructor(files: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>> = {}) {
    this.#environment = environment
    this.dir = mkdtempSync(join(tmpdir(), 'landform-e2e-'))
    this.write(files)
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.dir, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
  }

  run(args: readonly string[], options: RunOptions = {}): Outcome {
    return this.runProgram(process.execPath, [executable, ...args], options)
  }

  runProgram(program: string, args: readonly string[], options: RunOptions = {}): Outcome {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: this.dir,
      env: cleanEnvironment({ ...this.#environment, ...options.env }),
      input: options.input ?? '',
      encoding: 'utf8',
    })
    return { code: status, stdout, stderr }
  }

  /** Starts a command and lets the caller act while it runs. */
  start(args: readonly string[], options: RunOptions = {}): ReturnType<typeof spawn> {
    return this.startProgram(process.execPath, [executable, ...args], options)
  }

  startProgram(program: string, args: readonly string[], options: RunOptions = {}): ReturnType<typeof spawn> {
    return spawn(program, args, { cwd: this.dir, env: cleanEnvironment({ ...this.#environment, ...options.env }) })
  }

  /** Waits until there is a file of this name. */
  async appears(name: string): Promise<void> {
    for (let waited = 0; !existsSync(join(this.dir, name)); waited++) {
      if (waited > 1200) throw new Error(`${name} does not appear in ${this.dir}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** A real terraform to compare with, if this machine has one. */
export const terraform: string | undefined = findTerraform()

function findTerraform(): string | undefined {
  const named = process.env.LANDFORM_PEER_TERRAFORM
  if (named) return named
  const found = spawnSync('sh', ['-c', 'command -v terraform'], { encoding: 'utf8' }).stdout.trim()
  return found === '' ? undefined : found
}

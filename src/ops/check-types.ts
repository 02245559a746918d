import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Diagnostics } from '../diags/index.ts'
import { readCache, writeCache } from './_cache.ts'
import type { Sources } from './_sources.ts'
import { TextPlaces } from './_text-place.ts'
import type { Project } from './project.ts'

const cacheName = 'types.json'

/** Type-checks environments and modules, unless these very sources were found right before. Each mistake is a diagnostic at its line. */
export async function checkTypes(project: Project, sources: Sources, diags: Diagnostics): Promise<void> {
  if (readCache(project, cacheName, sources.digest) === true) return
  const compiler = findCompiler(project)
  if (compiler === undefined) {
    diags.error(
      'Packages are not installed',
      'The compiler that checks environments is not there. Install the packages of this repository:\n    npm ci',
    )
    return
  }
  const config = existsSync(join(project.root, 'environments', 'tsconfig.json')) ? 'environments' : '.'
  const { status, output } = await run(project.root, [...compiler, '-p', config, '--noEmit', '--pretty', 'false'])
  if (status === 0) {
    writeCache(project, cacheName, sources.digest, true)
    return
  }
  const found = parseCompilerOutput(output)
  const places = new TextPlaces(project.root)
  for (const { file, line, column, message } of found) {
    const subject = file === undefined ? undefined : places.at(file, line, column)
    diags.error('Type error', message, subject === undefined ? {} : { subject })
  }
  if (found.length === 0) diags.error('Type check failed', `The compiler ended with status ${status}:\n\n${output.trim()}`)
}

/**
 * How the compiler is started: since release 7 it is a program of its own, which its script in JavaScript would only look for, too. Undefined where none is
 * installed.
 */
function findCompiler(project: Project): readonly [program: string, ...args: string[]] | undefined {
  const dir = join(project.root, 'node_modules', 'typescript')
  const script = join(dir, 'bin', 'tsc')
  if (!existsSync(script)) return undefined
  try {
    const require = createRequire(join(dir, 'package.json'))
    const native = dirname(require.resolve(`@typescript/typescript-${process.platform}-${process.arch}/package.json`))
    const program = join(native, 'lib', process.platform === 'win32' ? 'tsc.exe' : 'tsc')
    if (existsSync(program)) return [program]
  } catch {
    // An earlier release.
  }
  return [process.execPath, script]
}

interface CompilerMessage {
  readonly file: string | undefined
  readonly line: number
  readonly column: number
  readonly message: string
}

/** Messages of `tsc --pretty false`: `file(line,column): error TS1234: text`, with indented lines that go on. */
export function parseCompilerOutput(output: string): readonly CompilerMessage[] {
  const messages: { file: string | undefined; line: number; column: number; message: string }[] = []
  for (const text of output.split('\n')) {
    const placed = /^(.+?)\((\d+),(\d+)\): error (TS\d+: .*)$/.exec(text)
    const general = /^error (TS\d+: .*)$/.exec(text)
    const last = messages.at(-1)
    if (placed !== null)
      messages.push({ file: placed[1]!, line: Number(placed[2]), column: Number(placed[3]), message: sentence(placed[4]!) })
    else if (general !== null) messages.push({ file: undefined, line: 0, column: 0, message: sentence(general[1]!) })
    else if (last !== undefined && /^\s+\S/.test(text)) last.message += `\n${text}`
  }
  return messages
}

/** `TS2353: Text.` becomes `Text. (TS2353)`. */
function sentence(text: string): string {
  const [, code, message] = /^(TS\d+): (.*)$/.exec(text)!
  return `${message} (${code})`
}

function run(
  cwd: string,
  [program, ...args]: readonly [program: string, ...args: string[]],
): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    // It lives for less than a second: collecting its garbage as often as Go does takes a fifth of that.
    const env = { ...process.env, GOGC: process.env.GOGC ?? '400' }
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const take = (chunk: Buffer): void => {
      output += chunk.toString('utf8')
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, output }))
  })
}

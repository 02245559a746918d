import { readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { boolType, boolVal, type FunctionSpec, setType, setVal, stringType, stringVal, type Value } from '../../cty/index.ts'
import { define, type FunctionContext, fail, failArg, str } from './_define.ts'

function expandHome(context: FunctionContext, path: string): string {
  if (path !== '~' && !path.startsWith('~/')) {
    if (path.startsWith('~')) fail('cannot expand user-specific home dir')
    return path
  }
  return join(context.homeDir ?? homedir(), path.slice(1))
}

function absolute(context: FunctionContext, path: string): string {
  return resolve(context.baseDir, expandHome(context, path))
}

/** A file's name for messages; a sensitive one is withheld. */
function nameOf(path: Value): string {
  return path.isMarked ? '(sensitive value)' : JSON.stringify(path.unmark().asString())
}

/** @throws FunctionError with the text users of `file` know when there is no such file. */
export function readSourceBytes(context: FunctionContext, path: Value, index = 0): Uint8Array {
  const file = absolute(context, path.unmark().asString())
  try {
    return readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      failArg(
        index,
        `no file exists at ${nameOf(path)}; this function works only with files that are distributed as part of the configuration source code, so if this file will be created by a resource in this configuration you must instead obtain this result from an attribute of that resource`,
      )
    }
    if (code === 'EISDIR') failArg(index, `failed to read file: read ${path.isMarked ? nameOf(path) : path.asString()}: is a directory`)
    failArg(index, `failed to read ${nameOf(path)}: ${code ?? 'unknown reason'}`)
  }
}

/** The same for functions that tell of a file only a hash, and of what is wrong with it only what the system says. */
export function readHashedBytes(context: FunctionContext, path: Value): Uint8Array {
  try {
    return readFileSync(absolute(context, path.unmark().asString()))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const shown = path.isMarked ? '(sensitive value)' : path.asString()
    const said = { ENOENT: 'no such file or directory', ENOTDIR: 'not a directory', EACCES: 'permission denied' }[code ?? '']
    return fail(code === 'EISDIR' ? `read ${shown}: is a directory` : `open ${shown}: ${said ?? code ?? 'unknown reason'}`)
  }
}

export function readSourceText(context: FunctionContext, path: Value, index = 0): string {
  const bytes = readSourceBytes(context, path, index)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    failArg(
      index,
      `contents of ${nameOf(path)} are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded contents or the other file functions (e.g. filemd5, filesha256) to obtain file hashing results instead`,
    )
  }
}

export const pathParam = str('path', { allowMarked: true })

function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (part === '..' && path.startsWith('/')) continue
    else parts.push(part)
  }
  const clean = parts.join('/')
  return path.startsWith('/') ? `/${clean}` : clean || '.'
}

export function filesystemFunctions(context: FunctionContext): readonly FunctionSpec[] {
  return [
    define('file', [pathParam], stringType, ([p]) => stringVal(readSourceText(context, p!)).withMarks(p!.marks), {
      description: 'The text of a file.',
    }),
    define(
      'filebase64',
      [pathParam],
      stringType,
      ([p]) => stringVal(Buffer.from(readSourceBytes(context, p!)).toString('base64')).withMarks(p!.marks),
      {
        description: 'The content of a file in Base64.',
      },
    ),
    define('fileexists', [pathParam], boolType, ([p]) => exists(context, p!), { description: 'Whether a file exists.' }),
    define(
      'fileset',
      [str('path'), str('pattern')],
      setType(stringType),
      ([p, pattern]) => fileset(context, p!.asString(), pattern!.asString()),
      {
        description: 'The files below a folder that match a pattern.',
      },
    ),
    define('abspath', [str('path')], stringType, ([p]) => stringVal(resolve(context.baseDir, p!.asString())), {
      description: 'A path made absolute.',
    }),
    define('basename', [str('path')], stringType, ([p]) => stringVal(basename(p!.asString())), { description: 'The last part of a path.' }),
    define('dirname', [str('path')], stringType, ([p]) => stringVal(dirname(p!.asString())), {
      description: 'All but the last part of a path.',
    }),
    define('pathexpand', [str('path')], stringType, ([p]) => stringVal(expandHome(context, p!.asString())), {
      description: 'A path with a leading ~ replaced by the home folder.',
    }),
  ]
}

function basename(path: string): string {
  if (path === '') return '.'
  const trimmed = path.replace(/\/+$/, '')
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

function dirname(path: string): string {
  const slash = path.lastIndexOf('/')
  return cleanPath(slash < 0 ? '.' : path.slice(0, slash + 1))
}

function exists(context: FunctionContext, path: Value): Value {
  const text = path.unmark().asString()
  try {
    const stat = statSync(absolute(context, text))
    if (stat.isFile()) return boolVal(true).withMarks(path.marks)
    const shown = path.isMarked ? '(sensitive value)' : JSON.stringify(cleanPath(text))
    if (stat.isDirectory()) fail(`${shown} is a directory, not a file`)
    failArg(0, `${shown} is not a regular file`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return boolVal(false).withMarks(path.marks)
    throw error
  }
}

type Segment = RegExp | '**'

/** `*`, `?`, `[...]`, `{a,b}` within one part of a path; `**` for any number of parts. */
function compileGlob(pattern: string): Segment[][] {
  const bad = (): never => fail(`failed to glob pattern ${JSON.stringify(pattern)}: syntax error in pattern`)
  return expandBraces(pattern, bad).map((alternative) => alternative.split('/').map((part) => (part === '**' ? '**' : segment(part, bad))))
}

function expandBraces(pattern: string, bad: () => never): string[] {
  const open = pattern.indexOf('{')
  if (open < 0) return [pattern]
  let depth = 0
  const cuts = [open]
  for (let i = open; i < pattern.length; i++) {
    const c = pattern[i]
    if (c === '\\') i++
    else if (c === '{') depth++
    else if (c === ',' && depth === 1) cuts.push(i)
    else if (c === '}' && --depth === 0) {
      cuts.push(i)
      const before = pattern.slice(0, open)
      const after = pattern.slice(i + 1)
      return cuts.slice(1).flatMap((cut, k) => expandBraces(before + pattern.slice(cuts[k]! + 1, cut) + after, bad))
    }
  }
  return bad()
}

function segment(part: string, bad: () => never): RegExp {
  let source = ''
  for (let i = 0; i < part.length; i++) {
    const c = part[i]!
    if (c === '*') source += '[^/]*'
    else if (c === '?') source += '[^/]'
    else if (c === '\\') {
      i++
      if (i >= part.length) bad()
      source += part[i]!.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    } else if (c === '[') {
      const end = part.indexOf(']', i + 2)
      if (end < 0) bad()
      const body = part
        .slice(i + 1, end)
        .replace(/\\/g, '\\\\')
        .replace(/^[!^]/, '^')
      source += `[${body}]`
      i = end
    } else source += c.replace(/[.+^${}()|]/g, '\\$&')
  }
  return new RegExp(`^${source}$`, 'su')
}

function fileset(context: FunctionContext, path: string, pattern: string): Value {
  const base = absolute(context, path)
  const found = new Set<string>()
  for (const segments of compileGlob(pattern)) walk(base, '', segments, found)
  return setVal([...found].map(stringVal), stringType)
}

/** What is there only while a run changes something, which would be in no list that a plan was made with. */
const passing = /\.tfstate\.journal$|^\..*\.tfstate\.[^.]*\.tmp$/

/** Stays below `base`: a pattern with `..` matches nothing there. */
function walk(base: string, prefix: string, segments: readonly Segment[], found: Set<string>): void {
  const [first, ...rest] = segments
  if (first === undefined) return
  let entries: string[]
  try {
    entries = readdirSync(join(base, prefix)).sort()
  } catch {
    return
  }
  if (first === '**' && rest.length > 0) walk(base, prefix, rest, found)
  for (const entry of entries) {
    if (passing.test(entry)) continue
    const name = prefix === '' ? entry : `${prefix}/${entry}`
    if (first !== '**' && !first.test(entry)) continue
    let stat: ReturnType<typeof statSync>
    try {
      stat = statSync(join(base, name))
    } catch {
      continue
    }
    if (stat!.isDirectory()) {
      if (first === '**') walk(base, name, segments, found)
      else walk(base, name, rest, found)
    } else if (stat!.isFile() && (rest.length === 0 || (rest.length === 1 && rest[0] === '**'))) found.add(name)
  }
}

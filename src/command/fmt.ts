import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { compareStrings } from '../base/index.ts'
import { Diagnostics, Source } from '../diags/index.ts'
import { formatFile } from '../hcl/write/index.ts'
import { writeFileAtomically } from '../statemgr/index.ts'
import { unifiedDiff } from './_unified-diff.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'
import type { View } from './views/view.ts'

const extensions = ['.tf', '.tfvars', '.tftest.hcl', '.tfmock.hcl', '.tofu', '.tofutest.hcl']

interface Formatting {
  readonly view: View
  readonly diags: Diagnostics
  readonly list: boolean
  readonly write: boolean
  readonly diff: boolean
  readonly recursive: boolean
  /** Printed at the end: with errors, `-check` names no files. */
  output: string
  /** Whether any file was not in canonical layout. */
  changed: boolean
}

/** Exit codes: 0; 2 when something could not be read or parsed; 3 when `-check` found something to change. */
export async function fmtCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    args,
    {
      ...viewFlags,
      list: { kind: 'bool' },
      write: { kind: 'bool' },
      diff: { kind: 'bool' },
      check: { kind: 'bool' },
      recursive: { kind: 'bool' },
    },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  if (parsed.diags.length > 0) return failUsage(view, parsed.diags, 'fmt')
  const check = flag(parsed, 'check', false)
  const fromInput = parsed.positional.length === 1 && parsed.positional[0] === '-'
  const formatting: Formatting = {
    view,
    diags: new Diagnostics(),
    list: flag(parsed, 'list', true) && !fromInput,
    write: flag(parsed, 'write', true) && !fromInput && !check,
    diff: flag(parsed, 'diff', false),
    recursive: flag(parsed, 'recursive', false),
    output: '',
    changed: false,
  }
  if (fromInput) {
    const formatted = await formatText(formatting, '<stdin>', await context.streams.readAll())
    if (formatted !== undefined && !check && !formatting.diff) formatting.output += formatted.endsWith('\n') ? formatted : `${formatted}\n`
  } else for (const target of parsed.positional.length > 0 ? parsed.positional : ['.']) await formatTarget(formatting, target)
  if (!check || !formatting.diags.hasErrors) view.print(formatting.output)
  view.diagnostics(formatting.diags.items)
  if (formatting.diags.hasErrors) return 2
  return check && formatting.changed ? 3 : 0
}

async function formatTarget(formatting: Formatting, target: string): Promise<void> {
  const stats = statSync(target, { throwIfNoEntry: false })
  if (stats === undefined) formatting.diags.error(`No file or directory at ${target}`, '')
  else if (stats.isDirectory()) await formatDir(formatting, posix.normalize(target).replace(/(.)\/$/, '$1'))
  else if (isFormattable(target)) await formatPath(formatting, target)
  else formatting.diags.error(`Only .tf, .tfvars, and .tftest.hcl files can be processed with ${formatting.view.dialect.command} fmt`, '')
}

async function formatDir(formatting: Formatting, dir: string): Promise<void> {
  const entries = readdirSync(dir, { withFileTypes: true }).sort((a, b) => compareStrings(a.name, b.name))
  for (const entry of entries) {
    // What editors leave lying about, and what belongs to tools.
    if (/^[.#]|~$|^#.*#$/.test(entry.name)) continue
    const path = dir === '.' ? entry.name : join(dir, entry.name)
    if (entry.isDirectory()) {
      if (formatting.recursive) await formatDir(formatting, path)
    } else if (isFormattable(entry.name)) await formatPath(formatting, path)
  }
}

function isFormattable(name: string): boolean {
  return extensions.some((extension) => name.endsWith(extension))
}

async function formatPath(formatting: Formatting, path: string): Promise<void> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    formatting.diags.error(`Failed to read file ${path}`, (error as Error).message)
    return
  }
  const formatted = await formatText(formatting, path, text)
  if (formatted === undefined || formatted === text || !formatting.write) return
  try {
    await writeFileAtomically(path, formatted)
  } catch (error) {
    formatting.diags.error(`Failed to write ${path}`, (error as Error).message)
  }
}

async function formatText(formatting: Formatting, name: string, text: string): Promise<string | undefined> {
  const formatted = formatFile(new Source(name, text), formatting.diags)
  if (formatted === undefined || formatted === text) return formatted
  formatting.changed = true
  if (formatting.list) formatting.output += `${name}\n`
  if (formatting.diff) formatting.output += unifiedDiff(text, formatted, `old/${name}`, `new/${name}`)
  return formatted
}

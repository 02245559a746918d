import { statSync } from 'node:fs'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import { decodeEncryption } from '../encryption/index.ts'
import { validate } from '../engine/index.ts'
import { emptyState } from '../states/index.ts'
import { devOverrideWarnings, runtimeConsequence } from '../workdir/dev-overrides.ts'
import { checkProviders, engineInput, type GivenVariable, hasConfiguration, loadConfiguration, readSettings } from '../workdir/index.ts'
import { checkTestDir, readTests } from './_tests.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { checkViewArguments, jsonFlags, variableArguments, variableFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'
import { indentJson, toJson } from './json/json-text.ts'
import { fileStreams } from './json-into.ts'
import { diagnosticJson } from './views/diagnostic-json.ts'

export async function validateCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    {
      ...viewFlags,
      ...variableFlags,
      ...jsonFlags,
      'no-tests': { kind: 'bool' },
      'test-directory': { kind: 'string' },
    },
    context.dialect,
  )
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  const viewArgs = viewArguments(parsed)
  checkViewArguments(viewArgs, usage)
  const view = makeView(context, viewArgs)
  const [dir, ...more] = parsed.positional
  if (more.length > 0) usage.error('Too many command line arguments', 'Expected at most one positional argument.')
  if (usage.hasErrors) return failUsage(view, usage.items, 'validate')
  const programs = viewArgs.jsonInto === undefined ? undefined : fileStreams(viewArgs.jsonInto, context.streams)
  // An old way to name the folder, still in use by some scripts.
  const isThere = dir === undefined || statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true
  if (dir !== undefined && isThere) process.chdir(dir)
  const unreadable: Diagnostic = {
    severity: 'error',
    summary: 'Failed to read module directory',
    detail: `Module directory ${dir} does not exist or cannot be read.`,
  }
  const diags = isThere ? await validateHere(variableArguments(parsed), context) : [unreadable]
  if (isThere && !flag(parsed, 'no-tests', false)) {
    const own = new Diagnostics()
    checkTestDir(flag(parsed, 'test-directory', 'tests'), own)
    await readTests(flag(parsed, 'test-directory', 'tests'), context, own)
    diags.push(...own.items)
  }
  diags.push(...devOverrideWarnings(context.devOverrides, runtimeConsequence))
  const errors = diags.filter((d) => d.severity === 'error').length
  const document = (): string => {
    const members = {
      format_version: '1.0',
      valid: errors === 0,
      error_count: errors,
      warning_count: diags.length - errors,
      // In the order they were found.
      diagnostics: diags.map((d) => diagnosticJson(d, context.blockAround)),
    }
    return `${indentJson(toJson(members))}\n`
  }
  programs?.out(document())
  if (viewArgs.json) view.print(document())
  else {
    view.diagnostics(diags)
    if (errors === 0) {
      const warned = diags.length > 0 ? ', but there were some validation warnings as shown above.' : '.'
      const title = view.palette.bold(view.palette.green('Success!'))
      view.print(`${view.wrap(`${title} The configuration is valid${warned}`)}\n\n`)
    }
  }
  return errors > 0 ? 1 : 0
}

async function validateHere(given: readonly GivenVariable[], context: CommandContext): Promise<Diagnostic[]> {
  const diags = new Diagnostics()
  if (!hasConfiguration()) return []
  const settings = readSettings(context.environment, context.originalDir)
  const { config } = loadConfiguration(settings, diags, { given })
  for (const { body } of config.module.encryption) decodeEncryption(body, diags)
  if (!diags.hasErrors) checkProviders(config, undefined, settings, diags, 'validate')
  if (diags.hasErrors) return diags.items
  const operation = { settings, hooks: {}, parallelism: 10, stop: new AbortController().signal }
  const { diags: found } = await validate(engineInput(config, emptyState, new Map(), operation, {}))
  return [...diags.items, ...found]
}

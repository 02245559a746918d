import { compareStrings } from '../base/index.ts'
import type { Config } from '../config/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { loadConfiguration, readSettings } from '../workdir/index.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { variableArguments, variableFlags, viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'

/** Lists the modules that the configuration calls, with their sources and versions. */
export async function modulesCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(args, { ...viewFlags, ...variableFlags, json: { kind: 'bool' } }, context.dialect)
  const view = makeView(context, viewArguments(parsed))
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  if (parsed.positional.length > 0) usage.error('Too many command line arguments', 'Expected no positional arguments.')
  if (usage.hasErrors) return failUsage(view, usage.items, 'modules')
  const diags = new Diagnostics()
  const settings = readSettings(context.environment, context.originalDir)
  const { config } = loadConfiguration(settings, diags, { given: variableArguments(parsed) })
  if (diags.hasErrors) return finish(view, diags.items)
  if (flag(parsed, 'json', false)) view.print(`${modulesJson(config)}\n`)
  else if (config.children.size === 0) view.print('No modules found in configuration.\n')
  else view.print(`\nModules declared by configuration:\n.\n${treeLines(config, '').join('\n')}\n\n`)
  return finish(view, diags.items)
}

function byName(config: Config): readonly (readonly [string, Config])[] {
  return [...config.children].sort(([a], [b]) => compareStrings(a, b))
}

function modulesJson(root: Config): string {
  const modules: { key: string; source: string; version: string }[] = []
  const pending = byName(root)
    .map(([name, child]) => ({ name, child, parent: root }))
    .reverse()
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { name, child, parent } = next
    // Terraform gives the name alone, of nested modules as well.
    modules.push({ key: name, source: parent.module.moduleCalls.get(name)!.source, version: child.version ?? '' })
    pending.push(
      ...byName(child)
        .map(([inner, grandchild]) => ({ name: inner, child: grandchild, parent: child }))
        .reverse(),
    )
  }
  return JSON.stringify({ format_version: '1.0', modules: modules.length === 0 ? null : modules })
}

function treeLines(config: Config, margin: string): readonly string[] {
  const children = byName(config)
  return children.flatMap(([name, child], i) => {
    const isLast = i === children.length - 1
    const version = child.version === undefined ? '' : ` (${child.version})`
    const line = `${margin}${isLast ? '└──' : '├──'} ${JSON.stringify(name)}[${config.module.moduleCalls.get(name)!.source}]${version}`
    return [line, ...treeLines(child, `${margin}${isLast ? '    ' : '│   '}`)]
  })
}

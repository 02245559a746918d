import { providerSourceToString } from '../addrs/index.ts'
import { assertNever, compareStrings } from '../base/index.ts'
import { type Config, providerSourceFor } from '../config/index.ts'
import { Diagnostics } from '../diags/index.ts'
import { parseProviderConstraints, providerConstraintsToString } from '../registry/provider-versions.ts'
import {
  hasConfiguration,
  loadConfiguration,
  neededProviders,
  type ProviderSelection,
  readSettings,
  type Settings,
  selectProviders,
} from '../workdir/index.ts'
import { environmentProviders } from './_environment-providers.ts'
import { currentStateManager, readCurrentState } from './_state.ts'
import { checkTestDir, readTests, testDialect } from './_tests.ts'
import { flag, parseFlags } from './arguments/flags.ts'
import { viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'

export async function providersCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(argv, { ...viewFlags, 'test-directory': { kind: 'string' } }, context.dialect)
  const view = makeView(context, viewArguments(parsed))
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  if (parsed.positional.length > 0) usage.error('Too many command line arguments', 'Did you mean to use -chdir?')
  if (usage.hasErrors) return failUsage(view, usage.items, 'providers')
  const diags = new Diagnostics()
  if (!hasConfiguration()) {
    const environments = await environmentProviders(context, diags)
    if (environments !== undefined) {
      for (const { name, target, selections } of environments) {
        view.print(`\nEnvironment ${name}, on ${target === 'aws' ? 'AWS' : 'the sandbox'}:\n\n`)
        for (const line of selections.map((s) => `    ${providerSourceToString(s.source)} ${serverText(s)}\n`).sort(compareStrings))
          view.print(line)
      }
      return finish(view, diags.items)
    }
    diags.error('No configuration files', `The directory ${process.cwd()} contains no Terraform configuration files.`)
    return finish(view, diags.items)
  }
  const settings = readSettings(context.environment, context.originalDir)
  const { config } = loadConfiguration(settings, diags, { anyVersion: true })
  const testDir = flag(parsed, 'test-directory', 'tests')
  checkTestDir(testDir, diags)
  if (diags.hasErrors) return finish(view, diags.items)
  const tests = await testBranches(testDir, settings, context, diags)
  if (diags.hasErrors) return finish(view, diags.items)
  const manager = currentStateManager(settings, {}, diags, context.dialect.command)
  const file = manager === undefined ? undefined : await readCurrentState(manager, diags)
  if (diags.hasErrors) return finish(view, diags.items)
  view.print(`\nProviders required by configuration:\n.\n${treeText(branchesOf(config, tests))}\n`)
  const stored = neededProviders(undefined, file?.state).map(providerSourceToString).sort(compareStrings)
  if (stored.length > 0) {
    view.print(`Providers required by state:\n\n${stored.map((text) => `    provider[${text}]\n\n`).join('')}`)
  }
  const selections = selectProviders(config, file?.state, settings)
  const served = (title: string, lineOf: (s: ProviderSelection) => string | undefined): void => {
    const lines = selections.flatMap((s) => {
      const line = lineOf(s)
      return line === undefined ? [] : [`    ${providerSourceToString(s.source)} ${line}\n`]
    })
    if (lines.length > 0) view.print(`${title}:\n\n${lines.sort(compareStrings).join('')}\n`)
  }
  served('Providers served by Landform itself', (s) =>
    s.kind === 'builtin' && s.version !== undefined ? `as of v${s.version}` : undefined,
  )
  served('Providers served by files of LANDFORM_PROVIDERS', (s) => (s.kind === 'injected' ? `v${s.version} from ${s.file}` : undefined))
  served('Providers under development', (s) =>
    s.kind === 'override' ? `from ${s.folder}` : s.kind === 'reattached' ? 'running already' : undefined,
  )
  return finish(view, diags.items)
}

/** Who serves a provider, in words that follow its name. */
function serverText(selection: ProviderSelection): string {
  switch (selection.kind) {
    case 'builtin':
      return selection.version === undefined ? 'is part of Landform' : `v${selection.version}, built in`
    case 'injected':
      return `v${selection.version} from ${selection.file}`
    case 'plugin':
      return `v${selection.version}, a plugin`
    case 'override':
      return `from ${selection.folder}`
    case 'reattached':
      return 'running already'
    case 'missing':
      return selection.toInstall ? 'a plugin that is not installed' : `not available: ${selection.reason}`
    default:
      return assertNever(selection)
  }
}

/** As lock files have them; as they are written where they cannot be read. */
function normalConstraints(text: string): string {
  const terms = parseProviderConstraints(text)
  return 'problem' in terms ? text : providerConstraintsToString(terms)
}

interface Branch {
  readonly text: string
  readonly below: readonly Branch[]
}

/** A module's providers, then what else needs providers (such as its tests), then the modules below it. */
function branchesOf(config: Config, between: readonly Branch[] = []): readonly Branch[] {
  const { module } = config
  const required = new Map<string, string>()
  const need = (localName: string, version: string | undefined): void => {
    const source = providerSourceToString(providerSourceFor(module, localName))
    const known = required.get(source)
    required.set(source, [known, version].filter((v) => v !== undefined && v !== '').join(', '))
  }
  for (const [name, entry] of module.requiredProviders) need(name, entry.version)
  for (const provider of module.providerConfigs.values()) need(provider.localName, provider.version)
  for (const resource of module.resources.values()) need(resource.provider.localName, undefined)
  const leaves = [...required]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([source, version]) => ({ text: `provider[${source}]${version === '' ? '' : ` ${normalConstraints(version)}`}`, below: [] }))
  const modules = [...config.children]
    .sort(([a], [b]) => compareStrings(a, b))
    .map(([name, child]) => ({ text: `module.${name}`, below: branchesOf(child) }))
  return [...leaves, ...between, ...modules]
}

/** Test files with the runs that have modules of their own. */
async function testBranches(testDir: string, settings: Settings, context: CommandContext, diags: Diagnostics): Promise<readonly Branch[]> {
  const { files } = await readTests(testDir, context, diags)
  if (files.length === 0) return []
  const { openSuite } = await import('../testing/index.ts')
  // What is wrong with the configuration itself has been said.
  const suite = openSuite(settings, { testDir, filters: [], given: [], ...testDialect(context) }, new Diagnostics())
  return (suite?.files ?? []).map((file) => ({
    text: `test.${file.name.replace(/\.(tftest|tofutest)\.(hcl|json)$/, '').replaceAll('/', '.')}`,
    below: file.runs.flatMap((run) => {
      const module = run.module === undefined ? undefined : suite!.moduleOf(file, run, diags)
      return module === undefined ? [] : [{ text: `run.${run.name}`, below: branchesOf(module) }]
    }),
  }))
}

function treeText(branches: readonly Branch[], indent = ''): string {
  return branches
    .map(({ text, below }, i) => {
      const last = i === branches.length - 1
      return `${indent}${last ? '└── ' : '├── '}${text}\n${treeText(below, `${indent}${last ? '    ' : '│\u00a0\u00a0 '}`)}`
    })
    .join('')
}

import { join, relative } from 'node:path'
import { Diagnostics } from '../diags/index.ts'
import type { CallRecord, Sandbox, SandboxOptions } from '../sandbox/index.ts'
import { defaultSandboxPort, parseSandboxArguments, type SandboxArguments } from './arguments/sandbox.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'
import { withInterrupts } from './interrupts.ts'
import type { View } from './views/view.ts'

/** Serves the sandbox to any AWS client until it is interrupted. */
export async function sandboxServeCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const args = parseSandboxArguments(argv, context.originalDir, 'serve')
  const view = makeView(context, { colour: args.colour, compactWarnings: false })
  if (args.diags.length > 0) return failUsage(view, args.diags, 'sandbox serve')
  const diags = new Diagnostics()
  const accounts = await accountsOf(args, context, diags)
  const sandbox = accounts === undefined ? undefined : await open(args, { ...accounts, onCall: args.log ? logTo(view) : undefined }, diags)
  view.diagnostics(diags.items)
  if (sandbox === undefined) return 1
  view.print(greeting(sandbox, accounts!, context))
  await withInterrupts({ onFirst: () => {}, onSecond: async () => {} }, (stop) => aborted(stop))
  await sandbox.close()
  return 0
}

function aborted(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }))
}

/** Whose accounts the sandbox has: those of the repository, unless a folder is named. Undefined with diagnostics. */
async function accountsOf(args: SandboxArguments, context: CommandContext, diags: Diagnostics): Promise<SandboxOptions | undefined> {
  const latencyMs = args.latencyMs ?? Number(context.environment.LANDFORM_SANDBOX_LATENCY_MS || 0)
  const given = { iam: args.iam, delays: args.delays, latencyMs, seed: args.seed, host: args.host, fallback: args.fallback }
  if (args.dir !== undefined) return { ...given, dir: args.dir }
  const { openProject, prepareEnvironments, sandboxOptions } = await import('../ops/index.ts')
  const project = openProject(context.originalDir, new Diagnostics())
  if (project === undefined) {
    const dir = context.environment.LANDFORM_SANDBOX_DIR || join(context.originalDir, '.landform', 'sandbox')
    return { ...given, dir }
  }
  const prepared = await prepareEnvironments(project, diags)
  if (prepared === undefined) return undefined
  const options = sandboxOptions(project, prepared.organization, context.environment)
  return { ...options, ...given, iam: args.iam ?? options.iam }
}

async function open(args: SandboxArguments, options: SandboxOptions, diags: Diagnostics): Promise<Sandbox | undefined> {
  const { SandboxOwnedError, startSandbox } = await import('../sandbox/index.ts')
  try {
    return await startSandbox({ ...options, lasting: true, port: args.port ?? defaultSandboxPort })
  } catch (error) {
    // Two sandboxes of two repositories are no mistake; a port that was asked for and is taken is one.
    if (args.port === undefined && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') return open({ ...args, port: 0 }, options, diags)
    if (error instanceof SandboxOwnedError) {
      diags.error(
        'The sandbox is served already',
        `${error.message} Any AWS client can use it there:\n    export AWS_ENDPOINT_URL=${error.owner.url}`,
      )
    } else {
      diags.error('The sandbox cannot be started', `${(error as Error).message}\n\nIts state is kept in ${options.dir}.`)
    }
    return undefined
  }
}

/** What to type to use the sandbox with other programs. */
function greeting(sandbox: Sandbox, options: SandboxOptions, context: CommandContext): string {
  const { organization } = options
  const first = sandbox.accounts.find((account) => account.id === organization?.hub) ?? sandbox.accounts[0]!
  const where = relative(context.originalDir, options.dir!)
  const lines = [
    `Sandbox at ${sandbox.url}`,
    '',
    `It is no AWS account: what is made in it costs nothing and is kept in ${where.startsWith('..') ? options.dir : where}.`,
    'Any AWS client can use it:',
    '',
    `    export AWS_ENDPOINT_URL=${sandbox.url}`,
    `    export AWS_ACCESS_KEY_ID=${first.accessKeyId}`,
    `    export AWS_SECRET_ACCESS_KEY=${first.secretAccessKey}`,
    `    export AWS_REGION=${organization?.store?.region ?? context.environment.AWS_REGION ?? 'us-east-1'}`,
    '',
    'Accounts and their keys:',
    '',
    ...accountRows(sandbox, organization?.hub),
    '',
    ...(options.fallback === undefined ? [] : [`What it does not implement is answered by ${options.fallback}.`, '']),
    ...(options.iam === 'enforce' ? [] : ['The id of any other account is a key of that account, with any secret.', '']),
    'Ctrl-C stops it; what was made stays.',
  ]
  return `${lines.join('\n')}\n`
}

function accountRows(sandbox: Sandbox, hub: string | undefined): string[] {
  const rows = sandbox.accounts.map((account) => [
    account.id,
    account.name,
    account.accessKeyId,
    account.secretAccessKey,
    account.id === hub ? 'user landform' : 'root',
  ])
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => `    ${row.map((text, column) => text.padEnd(widths[column]!)).join('  ')}`.trimEnd())
}

function logTo(view: View): (record: CallRecord) => void {
  return ({ time, account, region, service, operation, status, error, forwarded }) => {
    const what = `${service}:${operation || '?'}`
    view.print(
      `${time.toISOString()} ${account || '-'} ${region} ${what} ${status}${forwarded ? ' forwarded' : ''}${error === undefined ? '' : ` ${error.split('\n')[0]}`}\n`,
    )
  }
}

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { AwsError } from '../aws/index.ts'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import {
  type AccountRequest,
  type BootstrapOptions,
  explainAccess,
  fileJournals,
  type JournalStore,
  s3Journals,
} from '../ops/accounts/index.ts'
import { type Organization, openProject, openWorld, type Project, prepareEnvironments, type World } from '../ops/index.ts'
import { waitingFor } from './_environments.ts'
import { type AccountArguments, parseAccountArguments } from './arguments/account.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'
import type { View } from './views/view.ts'

/** What the commands about accounts begin with. */
export interface AccountRun {
  readonly args: AccountArguments
  readonly view: View
  readonly project: Project
  readonly organization: Organization
  readonly world: World
  /** Where the journals are, and who calls. */
  readonly options: BootstrapOptions
}

/**
 * Reads the arguments and accounts and opens the world they are about.
 *
 * @returns the exit code: 1 when anything of that failed or `work` has reported an error
 */
export async function inAccounts(
  argv: readonly string[],
  command: string,
  context: CommandContext,
  work: (run: AccountRun, diags: Diagnostics) => Promise<void>,
): Promise<number> {
  const { value: args, diags: usage } = parseAccountArguments(argv, command)
  const view = makeView(context, { colour: args.colour, compactWarnings: false })
  if (usage.length > 0) return failUsage(view, usage, command)
  const diags = new Diagnostics()
  const project = openProject(context.originalDir, diags)
  const prepared = project === undefined ? undefined : await prepareEnvironments(project, diags)
  const world = prepared === undefined ? undefined : await open(prepared, args, context, view, diags)
  try {
    if (prepared !== undefined && world !== undefined) {
      const { organization } = prepared
      const options = optionsOf(prepared.project, organization, world, args)
      await work({ args, view, project: prepared.project, organization, world, options }, diags)
    }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    diags.error(
      'The journals of accounts cannot be reached',
      explainAccess(error, { organization: prepared!.organization, adopt: args.adopt }),
    )
  } finally {
    await world?.close()
  }
  view.diagnostics(diags.items)
  return diags.hasErrors ? 1 : 0
}

function open(
  { project, organization }: { readonly project: Project; readonly organization: Organization },
  { adopt }: AccountArguments,
  context: CommandContext,
  view: View,
  diags: Diagnostics,
): Promise<World | undefined> {
  const { management } = organization
  // Where nothing has been set up, everything begins in the account that pays.
  const seen = adopt ? { ...organization, hub: management, accounts: [management] } : organization
  return openWorld(project, seen, context.environment, context.originalDir, waitingFor(view), diags)
}

function optionsOf(project: Project, organization: Organization, world: World, { adopt }: AccountArguments): BootstrapOptions {
  const { hub, management, store } = organization
  return {
    organization,
    environment: world.settingsFor(adopt ? management : hub, 'apply').environment,
    direct: adopt && organization.target === 'aws',
    registration: { root: project.root, roles: hub.roles, domain: domainOf(organization) },
    adopt,
    journals: async (callers): Promise<JournalStore> =>
      adopt ? fileJournals(join(project.dataDir, 'accounts')) : s3Journals(await callers.store(), store.bucket, store.region),
  }
}

/** The domain below which accounts have theirs: that of the hub without its first part. */
function domainOf({ hub, management }: Organization): string {
  return management.domain ?? hub.domain?.split('.').slice(1).join('.') ?? 'example.com'
}

export function requestOf(args: AccountArguments, { organization, project }: AccountRun, context: CommandContext): AccountRequest {
  return {
    name: args.name,
    email: args.email!,
    region: args.region ?? organization.hub.region,
    unit: args.unit,
    repository: args.repository ?? repositoryOf(project, context),
  }
}

/** The repository on GitHub that this is a clone of; undefined when it is none. */
function repositoryOf({ root }: Project, { environment }: CommandContext): string | undefined {
  if (environment.GITHUB_REPOSITORY) return environment.GITHUB_REPOSITORY
  try {
    const url = execFileSync('git', ['remote', 'get-url', 'origin'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return /github\.com[:/]([\w.-]+\/[\w.-]+?)(?:\.git)?\s*$/.exec(url)?.[1]
  } catch {
    return undefined
  }
}

/** What a run is about, for its head. */
export function accountHead(verb: string, { options, organization, world, view }: AccountRun, request: AccountRequest): string {
  const { bold, cyan, yellow } = view.palette
  const target = world.target === 'sandbox' ? cyan('SANDBOX (no AWS account)') : yellow('AWS')
  const { management, store } = organization
  return [
    `${bold(`${verb} ${request.name}`)}\n`,
    `  target        ${bold(target)}\n`,
    `  organization  of ${management.name} (${management.id})\n`,
    `  e-mail        ${request.email}\n`,
    `  workflows     ${request.repository === undefined ? 'none: no repository on GitHub is known (-repository=OWNER/NAME)' : `of ${request.repository}`}\n`,
    `  journal       ${options.adopt ? '.landform/accounts' : `s3://${store.bucket}/accounts/${request.name}.json`}\n`,
  ].join('')
}

export function unknownAccount(name: string): Diagnostic {
  return {
    severity: 'error',
    summary: 'Unknown account',
    detail: `No account named ${JSON.stringify(name)} was asked for. To see those that are known: landform account list. To make one:\n    landform account create ${name} -email=...`,
  }
}

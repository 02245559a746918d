import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { Diagnostics } from '../diags/index.ts'
import {
  checkTextSize,
  commentSize,
  headline,
  jobSummarySize,
  type Marker,
  type Memory,
  markerRoom,
  type PlanReport,
  parsePlanJson,
  type RunOrder,
  readReport,
  redactPlanJson,
  renderReport,
  renderWhole,
  type StackReport,
  seenOf,
  sinceLastRun,
  stackFromPlanJson,
  writeReport,
} from '../ops/comment/index.ts'
import { forgeDiagnostic, Github, publishCheck, publishComment, readForgeSettings } from '../ops/forge/index.ts'
import { Protections, readProtectionFile } from '../ops/protection.ts'
import { type CommentArguments, parseCommentArguments } from './arguments/comment.ts'
import { type CommandContext, failUsage, makeView } from './context.ts'
import type { View } from './views/view.ts'

/** Where `env plan` keeps the report of what it planned, below the project. */
const keptReport = join('.landform', 'plans', 'report.json')

/** Renders plans as a comment and brings it to a pull request, a check run, a job's summary or a file. */
export async function commentCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { value: args, diags: usage } = parseCommentArguments(argv)
  const view = makeView(context, { colour: args.colour, compactWarnings: false })
  if (usage.length > 0) return failUsage(view, usage, 'comment')
  const diags = new Diagnostics()
  const { environment } = context
  const report = gatherReport(args, context.originalDir, diags)
  if (report !== undefined && !diags.hasErrors) {
    const event = readEvent(environment)
    const followed = event.workflow_run?.html_url
    const runUrl = args.runUrl ?? (typeof followed === 'string' ? followed : runUrlOf(environment))
    const base = { simulated: args.simulated || isForked(event, environment), runUrl }
    writeFiles(args, report, base, context.originalDir, view, diags)
    const pullRequest = args.pullRequest ?? pullRequestOf(event)
    const known = pullRequest !== undefined || forkedHead(event) !== undefined
    const wantsComment = args.pullRequest !== undefined || (known && args.file === undefined)
    if (!diags.hasErrors && (wantsComment || args.check === true))
      await post({ args, report, base, pullRequest, wantsComment, event }, context, view, diags)
    else if (!diags.hasErrors && args.file === undefined && args.artefactDir === undefined && args.summary !== true) {
      diags.error(
        'Which pull request?',
        'The comment has nowhere to go. Name the pull request with -pr=N, or a file with -file=PATH ("-" for the standard output). In a workflow of GitHub for pull requests the number is known.',
      )
    }
    if (!diags.hasErrors) writeSummary(args, report, base, environment, diags)
  }
  view.diagnostics(diags.items)
  return diags.hasErrors ? 1 : 0
}

interface Base {
  readonly simulated: boolean
  readonly runUrl: string | undefined
}

function gatherReport(args: CommentArguments, dir: string, diags: Diagnostics): PlanReport | undefined {
  const read = (path: string): string | undefined => {
    try {
      return readFileSync(resolve(dir, path), 'utf8')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      diags.error(
        'File cannot be read',
        `${path} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : code}. Name the file that the plan was written to.`,
      )
      return undefined
    }
  }
  const reports: PlanReport[] = []
  const paths = args.reports.length + args.plans.length > 0 ? args.reports : keptReports(dir, diags)
  for (const path of paths) {
    const text = read(path)
    const report = text === undefined ? undefined : readReport(text, path, diags)
    if (report !== undefined) reports.push(report)
  }
  const stacks: StackReport[] = []
  if (args.plans.length > 0) {
    const protections = new Protections(readProtectionFile(dir, diags))
    for (const { path, environment, stack } of args.plans) {
      const text = read(path)
      const plan = text === undefined ? undefined : parsePlanJson(text, path, diags)
      if (plan === undefined) continue
      const protectionOf = (change: { readonly address: string }, action: Parameters<Protections['find']>[1]) => {
        const rule = protections.find(change.address, action)
        return rule === undefined ? undefined : { ...rule, approved: false, pendingSince: undefined }
      }
      stacks.push(stackFromPlanJson(plan, { environment, stack, protectionOf }))
    }
  }
  if (diags.hasErrors) return undefined
  const [first] = reports
  return {
    world: first?.world,
    commit: first?.commit,
    dirty: reports.some((r) => r.dirty),
    stacks: [...reports.flatMap((r) => r.stacks), ...stacks],
  }
}

/** The report of the last `env plan` of the project around a folder. */
function keptReports(dir: string, diags: Diagnostics): readonly string[] {
  for (let at = dir; ; at = dirname(at)) {
    const path = join(at, keptReport)
    try {
      readFileSync(path)
      return [path]
    } catch {
      // Not here.
    }
    if (dirname(at) === at) break
  }
  diags.error(
    'No plan to comment on',
    'Nothing was planned here. Plan first, or name what to show:\n    landform env plan all\n    landform comment -pr=7 -plan-json=plan.json',
  )
  return []
}

/** How comments are divided, with room for the marker of each part. */
function commentParts(
  args: CommentArguments,
  report: PlanReport,
  base: Base,
  run: RunOrder,
  earlier: Memory | undefined,
  overflowSize: number,
) {
  const seen = seenOf(report)
  const memory: Memory = { commit: report.commit, seen, since: sinceLastRun(seen, report.commit, earlier) }
  const rooms = new Map<number, number>()
  const reserved = (part: number): number => {
    let room = rooms.get(part)
    if (room === undefined) {
      const marker: Marker = { id: args.id, run, part, memory: part === 0 ? memory : undefined }
      rooms.set(part, (room = markerRoom(marker)))
    }
    return room
  }
  const rendered = renderReport(report, {
    ...base,
    since: memory.since,
    partSize: commentSize,
    reserved,
    mostParts: args.mostParts,
    overflowSize,
  })
  return { rendered, memory }
}

interface Posting {
  readonly args: CommentArguments
  readonly report: PlanReport
  readonly base: Base
  readonly pullRequest: number | undefined
  readonly wantsComment: boolean
  readonly event: WorkflowEvent
}

async function post(posting: Posting, context: CommandContext, view: View, diags: Diagnostics): Promise<void> {
  const { args, report, base, wantsComment, event } = posting
  const { environment } = context
  const settings = readForgeSettings(
    {
      repository: args.repository,
      apiUrl: args.apiUrl,
      tokenFile: args.tokenFile === undefined ? undefined : resolve(context.originalDir, args.tokenFile),
    },
    environment,
    diags,
  )
  if (settings === undefined) return
  const github = new Github(settings)
  const pullRequest = posting.pullRequest ?? (await findPullRequest(github, event, diags))
  if (pullRequest === undefined) return
  const place = `pull request ${pullRequest} of ${settings.owner}/${settings.repo}`
  const run = args.run ?? runOf(environment, event)
  // Workflows get a token that may make check runs; others must say that theirs may.
  const wantsCheck = args.check ?? environment.GITHUB_ACTIONS === 'true'
  let doing = `look at the ${place}`
  try {
    const pull = await github.pullRequest(pullRequest)
    if (pull.state === 'closed' && !pull.merged) {
      diags.error(
        'The pull request is closed',
        `The ${place} was closed without being merged, so nothing was written to it. Open it again, or use -file=PATH to see the plan.`,
      )
      return
    }
    let overflow: string | undefined
    if (wantsComment) {
      doing = `comment on the ${place}`
      const outcome = await publishComment(github, {
        pullRequest,
        id: args.id,
        run,
        render: (earlier) => {
          const { rendered, memory } = commentParts(args, report, base, run, earlier, wantsCheck ? checkTextSize : 0)
          overflow = rendered.overflow
          return { parts: rendered.parts, memory }
        },
      })
      switch (outcome.kind) {
        case 'superseded':
          view.print('A newer run has written its comment already; this one is left out.\n')
          return
        case 'newerVersion':
          diags.error(
            'The comment is of a newer release',
            'The comment of the pull request was written by a later release of Landform, which this one does not understand. Use the same release in all runs, or delete the comment.',
          )
          return
        default:
          view.print(
            `Comment ${outcome.kind === 'unchanged' ? 'is up to date' : outcome.kind}: ${headline(report)} (${outcome.text.parts.length} part${outcome.text.parts.length === 1 ? '' : 's'})\n`,
          )
      }
    }
    if (!wantsCheck) return
    doing = `make a check run for the ${place}`
    const summary = renderReport(report, { ...base, partSize: checkTextSize / 4, reserved: () => 0, mostParts: 1, overflowSize: 0 })
      .parts[0]!
    const made = await publishCheck(github, report, {
      name: args.checkName,
      headSha: pull.headSha,
      title: headline(report),
      summary,
      text: overflow,
    })
    view.print(made ? `Check run made on ${pull.headSha.slice(0, 12)}.\n` : 'Check run is up to date.\n')
  } catch (error) {
    const diagnostic = forgeDiagnostic(error, doing)
    // A comment without its check run is still a comment: many tokens may not make any.
    diags.add(doing.startsWith('make a check run') && args.check === undefined ? { ...diagnostic, severity: 'warning' } : diagnostic)
  }
}

/** The open pull request of a fork's branch; its newest commit must be the one that was planned. */
async function findPullRequest(github: Github, event: WorkflowEvent, diags: Diagnostics): Promise<number | undefined> {
  const fork = forkedHead(event)
  try {
    const found = fork === undefined ? [] : await github.openPullRequests(fork.head)
    const match = found.find((pull) => pull.headSha === fork!.sha)
    if (match !== undefined) return match.number
    if (found.length > 0)
      diags.warning('The plan is out of date', 'The pull request has newer commits than the planned one; their plan will be shown.')
    else diags.error('Which pull request?', 'The number is not known, and no open pull request has the planned commit. Name it with -pr=N.')
  } catch (error) {
    diags.add(forgeDiagnostic(error, 'look for the pull request'))
  }
  return undefined
}

function writeFiles(args: CommentArguments, report: PlanReport, base: Base, dir: string, view: View, diags: Diagnostics): void {
  const whole = (): string => renderWhole(report, base)
  const write = (path: string, text: string): void => {
    try {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    } catch (error) {
      diags.error('File cannot be written', `${path} cannot be written (${(error as NodeJS.ErrnoException).code}).`)
    }
  }
  if (args.file === '-') view.print(whole())
  else if (args.file !== undefined) write(resolve(dir, args.file), whole())
  if (args.artefactDir === undefined) return
  const folder = resolve(dir, args.artefactDir)
  write(join(folder, 'comment.md'), whole())
  write(join(folder, 'report.json'), writeReport(report))
  for (const { path, environment, stack } of args.plans) {
    const name = environment === stack ? stack : `${environment}-${stack}`
    const redacted = redactPlanJson(readFileSync(resolve(dir, path), 'utf8'), basename(path), diags)
    if (redacted !== undefined) write(join(folder, `${name}.plan.json`), redacted)
  }
}

/** What a job of GitHub shows on its page. */
function writeSummary(
  args: CommentArguments,
  report: PlanReport,
  base: Base,
  environment: CommandContext['environment'],
  diags: Diagnostics,
): void {
  const path = environment.GITHUB_STEP_SUMMARY
  if (args.summary === false || path === undefined || path === '') {
    if (args.summary === true)
      diags.error(
        'No job summary here',
        'The environment variable GITHUB_STEP_SUMMARY, which names its file in a workflow of GitHub, is not set.',
      )
    return
  }
  const { parts } = renderReport(report, { ...base, partSize: jobSummarySize / 4, reserved: () => 0, mostParts: 1, overflowSize: 0 })
  try {
    appendFileSync(path, parts.join('\n'))
  } catch (error) {
    diags.warning('The job summary cannot be written', `${path} cannot be written (${(error as NodeJS.ErrnoException).code}).`)
  }
}

/** Runs of a workflow count upwards, and so do attempts at one run; elsewhere the clock does. A workflow that follows another one speaks for that. */
function runOf(environment: CommandContext['environment'], event: WorkflowEvent): RunOrder {
  const { workflow_run: followed } = event
  if (typeof followed?.id === 'number') return [followed.id, typeof followed.run_attempt === 'number' ? followed.run_attempt : 1]
  const id = environment.GITHUB_RUN_ID ?? ''
  if (!/^\d{1,15}$/.test(id)) return [Date.now()]
  const attempt = Number(environment.GITHUB_RUN_ATTEMPT ?? '1')
  return [Number(id), Number.isSafeInteger(attempt) ? attempt : 1]
}

function runUrlOf(environment: CommandContext['environment']): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = environment
  return server && repository && id ? `${server}/${repository}/actions/runs/${id}` : undefined
}

/** The parts of the event that a workflow was started by. GitHub writes them, not the pull request's code. */
interface WorkflowEvent {
  readonly pull_request?: { readonly number?: unknown }
  readonly workflow_run?: {
    readonly id?: unknown
    readonly run_attempt?: unknown
    readonly html_url?: unknown
    readonly head_sha?: unknown
    readonly head_branch?: unknown
    readonly head_repository?: { readonly full_name?: unknown; readonly owner?: { readonly login?: unknown } } | null
    readonly pull_requests?: readonly { readonly number?: unknown }[]
  }
}

function readEvent(environment: CommandContext['environment']): WorkflowEvent {
  const path = environment.GITHUB_EVENT_PATH
  if (!path) return {}
  try {
    const event: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof event === 'object' && event !== null ? event : {}
  } catch {
    return {}
  }
}

/** The number in the event; of a workflow that follows another one as far as that is known, which for forks it is not. */
function pullRequestOf(event: WorkflowEvent): number | undefined {
  const number = event.pull_request?.number ?? event.workflow_run?.pull_requests?.[0]?.number
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined
}

/** The branch of a fork that a followed workflow ran for. */
function forkedHead({ workflow_run: followed }: WorkflowEvent): { readonly head: string; readonly sha: string } | undefined {
  const owner = followed?.head_repository?.owner?.login
  const { head_branch: branch, head_sha: sha } = followed ?? {}
  return typeof owner === 'string' && typeof branch === 'string' && typeof sha === 'string'
    ? { head: `${owner}:${branch}`, sha }
    : undefined
}

/** Whether the code that planned came from another repository. */
function isForked(event: WorkflowEvent, environment: CommandContext['environment']): boolean {
  const name = event.workflow_run?.head_repository?.full_name
  return typeof name === 'string' && environment.GITHUB_REPOSITORY !== undefined && name !== environment.GITHUB_REPOSITORY
}

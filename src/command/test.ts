import { writeFile } from 'node:fs/promises'
import { Diagnostics } from '../diags/index.ts'
import { openSuite, runSuite, type SuiteOutcome, type TestReporter } from '../testing/index.ts'
import { readSettings, type Settings, terraformVersion } from '../workdir/index.ts'
import { checkTestDir, testDialect } from './_tests.ts'
import { parseTestArguments, type TestArguments } from './arguments/test.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'
import { withInterrupts } from './interrupts.ts'
import { fileStreams } from './json-into.ts'
import { JsonStream } from './views/operation-json.ts'
import { HumanTestView } from './views/test-human.ts'
import { JsonTestView } from './views/test-json.ts'
import { junitXml } from './views/test-junit.ts'
import type { View } from './views/view.ts'

export async function testCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { value: args, diags: usage } = parseTestArguments(argv, context.dialect)
  const view = makeView(context, args.view)
  if (usage.length > 0) return failUsage(view, usage, 'test')
  const diags = new Diagnostics()
  checkTestDir(args.testDir, diags)
  const settings = readSettings(context.environment, context.originalDir)
  const options = { testDir: args.testDir, filters: args.filters, given: args.variables, ...testDialect(context) }
  const suite = openSuite(settings, options, diags)
  const { reporter, stream } = testView(args, context, view, settings)
  if (suite === undefined || diags.hasErrors) {
    stream?.diagnostics(diags.items)
    return args.view.json ? 1 : finish(view, diags.items)
  }
  if (!args.view.json) view.diagnostics(diags.items)
  stream?.diagnostics(diags.items)
  const cancel = new AbortController()
  let running: Promise<SuiteOutcome> | undefined
  const interrupts = {
    onFirst: () => reporter.interrupted(),
    async onSecond() {
      reporter.interruptedAgain()
      cancel.abort()
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 5000))])
    },
  }
  const outcome = await withInterrupts(interrupts, (stop) => {
    const { parallelism, parallelRuns } = args
    running = runSuite({ ...suite, settings, reporter, dialect: options.dialect, parallelism, parallelRuns, stop, cancel: cancel.signal })
    return running
  })
  if (args.junitPath !== undefined && !(await writeJunit(args.junitPath, outcome, context, view))) return 1
  return outcome.status === 'fail' || outcome.status === 'error' ? 1 : 0
}

/** A view that also tells of interrupts. */
type TestView = TestReporter & { interrupted(): void; interruptedAgain(): void }

/** What tells of the suite, and the stream for programs where there is one: in the place of words for people, or in a file beside them. */
function testView(
  { view: { json, jsonInto }, verbose }: TestArguments,
  context: CommandContext,
  view: View,
  settings: Settings,
): { readonly reporter: TestView; readonly stream: JsonStream | undefined } {
  const people = new HumanTestView(view, settings, verbose)
  if (!json && jsonInto === undefined) return { reporter: people, stream: undefined }
  const streams = jsonInto === undefined ? context.streams : fileStreams(jsonInto, context.streams)
  const stream = new JsonStream(streams, context.dialect, context.blockAround)
  stream.version(context.dialect, terraformVersion)
  const programs = new JsonTestView(stream, settings, verbose, context.dialect.product)
  return { reporter: json ? programs : bothTestViews(people, programs), stream }
}

/** Each event is told to both, to the second when the first is done with it. */
function bothTestViews(first: TestView, second: TestView): TestView {
  const both =
    <A extends readonly unknown[]>(tell: (view: TestView, ...args: A) => void) =>
    (...args: A): void => {
      tell(first, ...args)
      tell(second, ...args)
    }
  return {
    suiteStarted: both((view, ...args: Parameters<TestView['suiteStarted']>) => view.suiteStarted(...args)),
    fileStarted: both((view, ...args: Parameters<TestView['fileStarted']>) => view.fileStarted(...args)),
    fileTearingDown: both((view, ...args: Parameters<TestView['fileTearingDown']>) => view.fileTearingDown(...args)),
    runStarted: both((view, ...args: Parameters<TestView['runStarted']>) => view.runStarted(...args)),
    runTearingDown: both((view, ...args: Parameters<TestView['runTearingDown']>) => view.runTearingDown(...args)),
    leftOver: both((view, ...args: Parameters<TestView['leftOver']>) => view.leftOver(...args)),
    fileDone: both((view, ...args: Parameters<TestView['fileDone']>) => view.fileDone(...args)),
    abandoned: both((view, ...args: Parameters<TestView['abandoned']>) => view.abandoned(...args)),
    suiteDone: both((view, ...args: Parameters<TestView['suiteDone']>) => view.suiteDone(...args)),
    async runDone(file, outcome) {
      await first.runDone(file, outcome)
      await second.runDone(file, outcome)
    },
    interrupted: both((view) => view.interrupted()),
    interruptedAgain: both((view) => view.interruptedAgain()),
  }
}

async function writeJunit(path: string, outcome: SuiteOutcome, context: CommandContext, view: View): Promise<boolean> {
  try {
    await writeFile(path, junitXml(outcome, context.blockAround))
    return true
  } catch (error) {
    const detail = `The test results could not be written to ${JSON.stringify(path)}: ${(error as Error).message}.`
    view.diagnostics([{ severity: 'error', summary: 'Failed to write JUnit XML', detail }])
    return false
  }
}

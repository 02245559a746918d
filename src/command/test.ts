import { writeFile } from 'node:fs/promises'
import { Diagnostics } from '../diags/index.ts'
import { openSuite, runSuite, type SuiteOutcome, type TestReporter } from '../testing/index.ts'
import { readSettings, terraformVersion } from '../workdir/index.ts'
import { checkTestDir } from './_tests.ts'
import { parseTestArguments, type TestArguments } from './arguments/test.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'
import { withInterrupts } from './interrupts.ts'
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
  const options = { testDir: args.testDir, filters: args.filters, given: args.variables, dialect: context.dialect.kind }
  const suite = openSuite(settings, options, diags)
  const { reporter, stream } = testView(args, context, view, settings)
  if (suite === undefined || diags.hasErrors) {
    stream?.diagnostics(diags.items)
    return stream === undefined ? finish(view, diags.items) : 1
  }
  if (stream === undefined) view.diagnostics(diags.items)
  else stream.diagnostics(diags.items)
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

function testView(args: TestArguments, context: CommandContext, view: View, settings: ReturnType<typeof readSettings>) {
  if (!args.view.json) return { reporter: new HumanTestView(view, settings, args.verbose) as TestView, stream: undefined }
  const stream = new JsonStream(context.streams, context.dialect, context.blockAround)
  stream.version(context.dialect, terraformVersion)
  return { reporter: new JsonTestView(stream, settings, args.verbose, context.dialect.product) as TestView, stream }
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

import { join } from 'node:path'
import { main } from '../../src/command/main.ts'
import testProviderModule from '../../test-providers/test.ts'

/** What `test/support/injected/*.js` hand out. */
;(globalThis as Record<symbol, unknown>)[Symbol.for('landform.tests.providers')] = { test: testProviderModule }

/** A folder for LANDFORM_PROVIDERS: the provider `test` of the conformance cases, without a build. */
export const injectedFolder = join(import.meta.dirname, 'injected')

export interface InProcessOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string
  /** Told how each line of the input is asked for. */
  readonly onRead?: (options: { readonly secret?: boolean } | undefined) => void
  /** The name the program is called by. */
  readonly name?: string
}

export interface InProcessOutcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** One command line in a folder, in this process: for tests of commands that need no process of their own. Not to be run concurrently. */
export async function runIn(dir: string, argv: readonly string[], options: InProcessOptions = {}): Promise<InProcessOutcome> {
  const before = process.cwd()
  let stdout = ''
  let stderr = ''
  const lines = (options.input ?? '').split('\n')
  process.chdir(dir)
  try {
    const code = await main({
      argv,
      programName: options.name ?? 'landform',
      environment: { LANDFORM_PROVIDERS: injectedFolder, ...options.environment },
      streams: {
        out: (text) => {
          stdout += text
        },
        err: (text) => {
          stderr += text
        },
        readLine: async (_, how) => {
          options.onRead?.(how)
          return lines.length === 0 ? undefined : lines.shift()
        },
        readAll: async () => options.input ?? '',
        close: () => {},
        outIsTerminal: false,
        inIsTerminal: false,
        columns: 78,
      },
      cwd: () => process.cwd(),
      chdir: (to) => process.chdir(to),
    })
    return { code, stdout, stderr }
  } finally {
    process.chdir(before)
  }
}

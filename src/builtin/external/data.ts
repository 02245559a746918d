import { listType, mapType, stringType } from '../../cty/index.ts'
import { asArray } from '../../providers/kit/index.ts'
import { Failure, type SimpleDataSource } from '../../providers/simple/index.ts'
import { runProgram } from '../run-program.ts'

/** The data source `external`. */
export const externalData: SimpleDataSource<undefined> = {
  attributes: {
    program: {
      type: listType(stringType),
      required: true,
      check: (value) => (Array.isArray(value) && value.length === 0 ? 'must name a program' : undefined),
    },
    working_dir: { type: stringType, optional: true },
    query: { type: mapType(stringType), optional: true },
    result: { type: mapType(stringType), computed: true },
    id: { type: stringType, computed: true },
  },
  async read({ program, working_dir: dir, query }, { signal }) {
    // Null and empty arguments are what conditions leave behind.
    const words = asArray(program!).filter((word): word is string => typeof word === 'string' && word !== '')
    if (words.length === 0)
      throw new Failure('External Program Missing', 'The data source was configured without a program to execute.', 'program')
    const output = await run(words, typeof dir === 'string' ? dir : undefined, `${JSON.stringify(query ?? {})}\n`, signal)
    return { id: '-', result: readResult(output, words[0]!) }
  },
}

async function run(words: readonly string[], cwd: string | undefined, input: string, signal: AbortSignal): Promise<string> {
  const [program, ...args] = words
  const { code, killedBy, stdout, stderr } = await runProgram(program!, args, { cwd, input, signal }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && cwd === undefined)
        throw new Failure(
          'External Program Lookup Failed',
          `The data source cannot find the program "${program}". It is looked for in the folders of PATH, or from the working directory when its name has a slash.`,
          'program',
        )
      throw new Failure('External Program Execution Failed', `The program "${program}" cannot be started: ${error.message}`, 'program')
    },
  )
  if (code === 0) return stdout
  const said = stderr.trim()
  const state = code === undefined ? `signal: ${killedBy}` : `exit status ${code}`
  const message = said === '' ? 'It wrote no error message to its standard error.' : `Error Message: ${said}`
  throw new Failure(
    'External Program Execution Failed',
    `The data source received an unexpected error while attempting to execute the program.\n\nProgram: ${program}\n${message}\nState: ${state}`,
    'program',
  )
}

function readResult(output: string, program: string): Record<string, string> {
  let result: unknown
  try {
    result = JSON.parse(output)
  } catch {
    result = undefined
  }
  const isObject = typeof result === 'object' && result !== null && !Array.isArray(result)
  const bad = isObject ? Object.entries(result as object).find(([, value]) => typeof value !== 'string') : undefined
  if (!isObject || bad !== undefined) {
    // What the program wrote may hold secrets.
    const reason = bad === undefined ? 'it wrote no JSON object' : `the member "${bad[0]}" is no text`
    throw new Failure(
      'Unexpected External Program Results',
      `The program "${program}" must write one JSON object whose values are all texts to its standard output, and ${reason}. The data source expects everything else, such as logs, on the standard error.`,
      'program',
    )
  }
  return result as Record<string, string>
}

import { EncryptionError } from './_error.ts'

/** Runs a program with this input. @returns what it wrote. @throws Error when it cannot be run or fails */
export type RunProgram = (command: readonly string[], input: string) => Promise<string>

/**
 * Asks a program that speaks OpenTofu's protocol for external programs: it writes a line that says what it is, reads one JSON document and writes
 * one.
 */
export async function askProgram(
  run: RunProgram,
  command: readonly string[],
  magic: string,
  input: unknown,
): Promise<Record<string, unknown>> {
  const [program = ''] = command
  const fail = (problem: string): never => {
    throw new EncryptionError(`the program ${JSON.stringify(program)} ${problem}`)
  }
  let output: string
  try {
    output = await run(command, JSON.stringify(input))
  } catch (error) {
    return fail(`failed: ${(error as Error).message}`)
  }
  const end = output.indexOf('\n')
  const header = parseObject(end < 0 ? output : output.slice(0, end))
  if (header?.magic !== magic || header.version !== 1) {
    return fail(`did not begin its output with the line {"magic":${JSON.stringify(magic)},"version":1}`)
  }
  return parseObject(output.slice(end + 1)) ?? fail('did not write a JSON object after its first line')
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Bytes that a program wrote in base64. */
export function programBytes(value: unknown, what: string): Buffer {
  if (typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value)) return Buffer.from(value, 'base64')
  throw new EncryptionError(`the answer of the external program has no ${what}`)
}

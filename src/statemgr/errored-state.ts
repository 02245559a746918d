import { join } from 'node:path'
import type { Diagnostic } from '../diags/index.ts'
import type { Seal } from '../encryption/index.ts'
import type { StateFile } from '../states/index.ts'
import { snapshotBytes } from './_sealed.ts'
import { writeFileAtomically } from './atomic-file.ts'

export const erroredStateName = 'errored.tfstate'

/**
 * Saves a state that could not be written to its place as `errored.tfstate` in the working directory. When that fails too,
 * `text` holds the state for the caller to print, which is the last copy then. It is encrypted as the state is.
 *
 * @returns what to tell the user, an error in either case; call it after reporting the failure of the write itself.
 */
export async function writeErroredState(
  directory: string,
  file: StateFile,
  seal?: Seal,
): Promise<{ diagnostic: Diagnostic; text: string | undefined }> {
  const text = (await snapshotBytes(file, seal)).toString('utf8')
  try {
    await writeFileAtomically(join(directory, erroredStateName), text)
  } catch (error) {
    const detail = `The errors shown above have prevented Landform from writing the updated state to the configured backend and from creating a local backup file (${(error as Error).message}). As a fallback, the raw state data is printed above as a JSON object.\n\nTo retry writing this state, copy the state data (from the first { to the last } inclusive) and save it into a local file called errored.tfstate, then run the following command:\n    landform state push errored.tfstate`
    return { diagnostic: { severity: 'error', summary: 'Failed to create local state file', detail }, text }
  }
  const detail = `The error shown above has prevented Landform from writing the updated state to the configured backend. To allow for recovery, the state has been written to the file "${erroredStateName}" in the current working directory.\n\nRunning "landform apply" again at this point will create a forked state, making it harder to recover.\n\nTo retry writing this state, use the following command:\n    landform state push ${erroredStateName}\n`
  return { diagnostic: { severity: 'error', summary: 'Failed to persist state to backend', detail }, text: undefined }
}

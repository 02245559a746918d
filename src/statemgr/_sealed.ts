import { DiagnosticError } from '../diags/index.ts'
import type { Seal } from '../encryption/index.ts'
import { readStateFile, type StateFile, stateFileBytes } from '../states/index.ts'
import { stateError } from './state-manager.ts'

/** A snapshot as it was found. */
export interface FoundSnapshot {
  /** Undefined when there is none. */
  readonly file: StateFile | undefined
  /** To be written again even when nothing changes, because it is not sealed as it is to be. */
  readonly outdated: boolean
}

/** The bytes of a snapshot as they are stored. */
export async function snapshotBytes(file: StateFile, seal: Seal | undefined): Promise<Buffer> {
  const plain = stateFileBytes(file)
  return seal === undefined ? plain : await seal.seal(plain, { serial: file.serial, lineage: file.lineage })
}

/** Reads stored bytes. @param place a sentence for messages @throws DiagnosticError */
export async function snapshotFrom(bytes: Uint8Array, seal: Seal | undefined, place: string): Promise<FoundSnapshot> {
  if (seal === undefined || bytes.length === 0) return { file: readPlain(bytes, place), outdated: false }
  const { plain, header, outdated } = await seal.open(bytes)
  const file = readPlain(plain, place)
  if (header !== undefined && (file?.lineage !== header.lineage || file?.serial !== header.serial)) {
    throw stateError(
      'State does not match its envelope',
      `What stands around the encrypted state says that it is another one than it is: somebody has changed it.\n\n${place}`,
    )
  }
  return { file, outdated }
}

/** The same where what cannot be read counts as nothing. */
export async function trySnapshotFrom(bytes: Uint8Array, seal: Seal | undefined, place: string): Promise<StateFile | undefined> {
  try {
    return (await snapshotFrom(bytes, seal, place)).file
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined
    throw error
  }
}

function readPlain(bytes: Uint8Array, place: string): StateFile | undefined {
  const { value, diags } = readStateFile(bytes)
  if (value === undefined && diags.length > 0) throw new DiagnosticError(...diags.map((d) => ({ ...d, detail: `${d.detail}\n\n${place}` })))
  return value
}

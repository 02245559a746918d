import { constants, readFileSync } from 'node:fs'
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { crc32 } from '../base/index.ts'
import type { Seal } from '../encryption/index.ts'
import { deltaFromJson, deltaToJson, type StateDelta } from '../states/index.ts'
import { type JournalCipher, newJournalCipher, openJournalCipher } from './_journal-cipher.ts'
import { syncDirectory } from './atomic-file.ts'
import { stateError } from './state-manager.ts'

/**
 * The format, one record to a line, so that a torn one costs no other:
 *
 *     LENGTH CRC RECORD
 *
 * LENGTH counts the bytes of RECORD, CRC is their CRC-32, both in 8 hexadecimal digits. RECORD is one letter, a space and JSON:
 *
 *     B {"journal":1,"place":..,"lineage":..,"serial":..,"process":..,"host":..}   the run that writes it, the snapshot it began with
 *     S "HASH"    a content (`stateContentHash`) that the place may hold; empty when there was nothing
 *     C DELTA     what has become of some instances
 *     K "BASE64"  where the state is encrypted: the key of this journal, sealed as the state is
 *     E "BASE64"  such a DELTA, encrypted with that key
 *
 * Deltas are absolute, so all of them may be replayed over any snapshot of the run.
 */
const formatVersion = 1
/** Of journals with encrypted records, which earlier readers would take for empty. */
const sealedVersion = 2

/** Where the state stood when a run began. */
export interface JournalBase {
  /** For messages. */
  readonly place: string
  readonly lineage: string
  readonly serial: number
  /** `stateContentHash`; empty text when there was no state. */
  readonly contentHash: string
}

export interface Journal {
  readonly base: Omit<JournalBase, 'contentHash'>
  readonly process: number
  readonly host: string
  /** What the place may hold: the content that the run began with, and all it meant to write. */
  readonly contents: ReadonlySet<string>
  readonly deltas: readonly StateDelta[]
  /** Lines that could not be read and are not the last one, which a crash tears. */
  readonly damaged: number
}

/** Appends to a journal. After a failure it takes nothing more: what was not recorded must not be built upon. */
export class JournalWriter {
  readonly #path: string
  readonly #handle: FileHandle
  #queue: string[] = []
  #writing: Promise<void> | undefined
  #failure: unknown
  readonly #cipher: JournalCipher | undefined

  private constructor(path: string, handle: FileHandle, cipher: JournalCipher | undefined) {
    this.#path = path
    this.#handle = handle
    this.#cipher = cipher
  }

  /** Begins a journal and makes sure that it can be written to. @throws DiagnosticError when it cannot, or when there is one already. */
  static async begin(path: string, base: JournalBase, delta: StateDelta | undefined, seal?: Seal): Promise<JournalWriter> {
    const cipher = seal && (await newJournalCipher(seal))
    let handle: FileHandle | undefined
    try {
      await mkdir(dirname(path), { recursive: true })
      handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_APPEND, 0o600)
      const writer = new JournalWriter(path, handle, cipher)
      const { place, lineage, serial } = base
      const begin = {
        journal: cipher === undefined ? formatVersion : sealedVersion,
        place,
        lineage,
        serial,
        process: process.pid,
        host: hostname(),
      }
      writer.#queue.push(line(`B ${JSON.stringify(begin)}`), line(`S ${JSON.stringify(base.contentHash)}`))
      if (cipher !== undefined) writer.#queue.push(line(`K ${JSON.stringify(cipher.sealedKey)}`))
      if (delta !== undefined) writer.#queue.push(writer.#record(delta))
      await writer.#flush()
      await syncDirectory(dirname(path))
      return writer
    } catch (error) {
      await handle?.close().catch(() => undefined)
      if (handle !== undefined) await unlink(path).catch(() => undefined)
      throw stateError(
        'Failed to begin a journal',
        `Landform records each result in ${path} before anything builds upon it, and writing there failed: ${(error as Error).message}. Nothing has been changed. Make room or give the permission that is missing, then run the command again.`,
      )
    }
  }

  /** Records a delta. Done when it is on the disk, and everything given before it. @throws Error of the file system. */
  append(delta: StateDelta): Promise<void> {
    if (delta.gone.length > 0 || delta.state.resources.size > 0 || delta.hasResults) this.#queue.push(this.#record(delta))
    return this.#flush()
  }

  #record(delta: StateDelta): string {
    const text = deltaToJson(delta)
    return line(this.#cipher === undefined ? `C ${text}` : `E ${JSON.stringify(this.#cipher.encrypt(text))}`)
  }

  /** Records what is about to be written to the place. */
  announceSnapshot(contentHash: string): Promise<void> {
    this.#queue.push(line(`S ${JSON.stringify(contentHash)}`))
    return this.#flush()
  }

  /** Leaves the journal to the next command. */
  async close(): Promise<void> {
    await this.#writing?.catch(() => undefined)
    await this.#handle.close()
  }

  /** Removes the journal: the place holds everything. */
  async remove(): Promise<void> {
    await this.close()
    await removeJournal(this.#path)
  }

  /** What is given while one write is under way goes out together with the next: one sync for all of it. */
  async #flush(): Promise<void> {
    while (this.#failure === undefined && (this.#writing !== undefined || this.#queue.length > 0)) {
      this.#writing ??= this.#writeQueue().finally(() => {
        this.#writing = undefined
      })
      await this.#writing
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  async #writeQueue(): Promise<void> {
    // Once around the loop: others that are ready now go with the same sync.
    await new Promise((resolve) => setImmediate(resolve))
    const text = this.#queue.join('')
    this.#queue = []
    try {
      await this.#handle.writeFile(text)
      await this.#handle.datasync()
    } catch (error) {
      this.#failure = error
    }
  }
}

function line(record: string): string {
  const bytes = Buffer.byteLength(record)
  return `${hex(bytes)} ${hex(crc32(record))} ${record}\n`
}

function hex(n: number): string {
  return n.toString(16).padStart(8, '0')
}

/** Reads a journal; undefined when there is none, or one of which not even the beginning was written. @throws DiagnosticError */
export async function readJournal(path: string, seal?: Seal): Promise<Journal | undefined> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw stateError('Failed to read the journal', `Reading ${path} failed: ${(error as Error).message}`)
  }
  const lines = text.split('\n')
  const last = lines.findLastIndex((text) => text !== '')
  const contents = new Set<string>()
  const deltas: StateDelta[] = []
  let begin: BeginRecord | undefined
  let damaged = 0
  let cipher: JournalCipher | undefined
  for (const [i, text] of lines.entries()) {
    if (text === '') continue
    const record = recordOf(text)
    const body = record?.slice(2)
    if (record?.startsWith('B ')) begin ??= checkBegin(body!, path)
    else if (record?.startsWith('S ')) contents.add(JSON.parse(body!) as string)
    else if (record?.startsWith('K ')) cipher = await openJournalCipher(JSON.parse(body!) as string, seal, path)
    else if (record?.startsWith('C ') || record?.startsWith('E ')) {
      const text = record.startsWith('C ') ? body : cipher?.decrypt(JSON.parse(body!) as string)
      const delta = text === undefined ? undefined : deltaFromJson(text)
      if (delta !== undefined) deltas.push(delta)
      else damaged++
    } else if (i < last) damaged++
  }
  // The first operation of a run waits for these records.
  if (begin === undefined || contents.size === 0) return undefined
  const { place, lineage, serial, process: pid, host } = begin
  return { base: { place, lineage, serial }, process: pid, host, contents, deltas, damaged }
}

/** Undefined for a line that is torn or damaged. */
function recordOf(text: string): string | undefined {
  const match = /^([0-9a-f]{8}) ([0-9a-f]{8}) (.*)$/s.exec(text)
  if (match === null) return undefined
  const record = match[3]!
  return Buffer.byteLength(record) === Number.parseInt(match[1]!, 16) && crc32(record) === Number.parseInt(match[2]!, 16)
    ? record
    : undefined
}

interface BeginRecord {
  readonly journal: number
  readonly place: string
  readonly lineage: string
  readonly serial: number
  readonly process: number
  readonly host: string
}

function checkBegin(json: string, path: string): BeginRecord {
  const begin = JSON.parse(json) as BeginRecord
  if (begin.journal > sealedVersion) {
    throw stateError(
      'Journal of a newer version',
      `${path} was written by a newer release of Landform, whose run did not end. Use that release, or a newer one, to bring the state up to date: it holds results that the state does not have yet.`,
    )
  }
  return begin
}

/** Adds to the journal of a run that has ended what is about to be written to its place. @throws DiagnosticError */
export async function announceInJournal(path: string, contentHash: string): Promise<void> {
  try {
    const handle = await open(path, constants.O_WRONLY | constants.O_APPEND)
    try {
      // The crash may have torn the last line.
      await handle.writeFile(`\n${line(`S ${JSON.stringify(contentHash)}`)}`)
      await handle.datasync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw stateError('Failed to write to the journal', `Writing to ${path} failed: ${(error as Error).message}. Nothing has been changed.`)
  }
}

export async function removeJournal(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT')
      throw stateError(
        'Failed to remove the journal',
        `The journal ${path} is not needed any more, and removing it failed: ${error.message}`,
      )
  })
  await syncDirectory(dirname(path)).catch(() => undefined)
}

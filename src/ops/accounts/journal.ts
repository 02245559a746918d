import { mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type S3Store, type Session, s3ObjectStore } from '../../aws/index.ts'
import { replaceFile } from '../_cache.ts'
import type { AccountRequest } from './request.ts'

/** What is known of the making of an account. */
export interface Journal {
  readonly version: 1
  readonly request: AccountRequest
  /** AWS's number of the request for the account, from the moment it is known. */
  readonly requestId?: string | undefined
  readonly accountId?: string | undefined
  /** By step: when it was found done. ISO 8601. */
  readonly done: Readonly<Record<string, string>>
  /** By step: what is left to do of it, which nothing after it needs. */
  readonly open?: Readonly<Record<string, string>> | undefined
  /** When it was closed, and by what request. ISO 8601. */
  readonly closed?: string | undefined
  /** What went wrong last, with the step. */
  readonly failure?: { readonly step: string; readonly at: string; readonly text: string } | undefined
}

/** Another run has written the journal since it was read. */
export class JournalConflict extends Error {
  override readonly name = 'JournalConflict'
}

/** Where journals are kept, one for each name. */
export interface JournalStore {
  read(name: string): Promise<Journal | undefined>
  /** @throws JournalConflict when somebody else has written it since it was read or written here. */
  write(journal: Journal): Promise<void>
  list(): Promise<readonly string[]>
}

const prefix = 'accounts/'

/** Journals beside the states. */
export function s3Journals(session: Session, bucket: string, region: string): JournalStore {
  const objects: S3Store = s3ObjectStore({ session, bucket, region, encrypt: true })
  const etags = new Map<string, string | undefined>()
  const key = (name: string): string => `${prefix}${name}.json`
  return {
    async read(name) {
      const found = await objects.get(key(name))
      etags.set(name, found?.etag)
      return found === undefined ? undefined : parse(Buffer.from(found.body).toString('utf8'), key(name))
    },
    async write(journal) {
      const { name } = journal.request
      const etag = etags.get(name)
      const body = Buffer.from(`${JSON.stringify(journal, null, 2)}\n`)
      const condition = etag === undefined ? ({ kind: 'absent' } as const) : ({ kind: 'matches', etag } as const)
      const answer = await objects.put(key(name), body, { contentType: 'application/json', condition })
      if (!answer.stored)
        throw new JournalConflict(
          `Another run is at work on the account ${name}: it has written the journal ${key(name)} in the meantime. Wait until it has ended, then run "landform account resume ${name}".`,
        )
      etags.set(name, answer.etag)
    },
    async list() {
      return (await objects.list(prefix))
        .filter((found) => found.endsWith('.json'))
        .map((found) => found.slice(prefix.length, -'.json'.length))
        .sort()
    },
  }
}

/** Journals in a folder, for the account that will have the store. */
export function fileJournals(dir: string): JournalStore {
  const path = (name: string): string => `${dir}/${name}.json`
  return {
    async read(name) {
      let text: string
      try {
        text = readFileSync(path(name), 'utf8')
      } catch {
        return undefined
      }
      return parse(text, path(name))
    },
    async write(journal) {
      mkdirSync(dirname(path(journal.request.name)), { recursive: true })
      replaceFile(path(journal.request.name), `${JSON.stringify(journal, null, 2)}\n`)
    },
    async list() {
      return []
    },
  }
}

function parse(text: string, where: string): Journal {
  let parsed: Journal
  try {
    parsed = JSON.parse(text) as Journal
  } catch {
    throw new Error(`The journal ${where} is damaged. Look at an earlier version of it in the store's bucket and put that back.`)
  }
  if (parsed.version !== 1)
    throw new Error(
      `The journal ${where} was written by a later version of Landform (its format is ${String(parsed.version)}). Use that one.`,
    )
  return parsed
}

import { hostname, userInfo } from 'node:os'

/** Who holds a lock and why; see reference/backends.md 1.1. */
export interface LockInfo {
  readonly id: string
  /** `OperationTypePlan`, `OperationTypeApply` ..., or a command's own word. */
  readonly operation: string
  readonly info: string
  /** `user@host` */
  readonly who: string
  readonly version: string
  /** UTC in RFC 3339, with up to nine digits of a second. */
  readonly created: string
  /** Set by the manager. */
  readonly path: string
}

export function newLockInfo(operation: string, version: string, now: Date = new Date()): LockInfo {
  return { id: newLockId(), operation, info: '', who: whoAmI(), version, created: now.toISOString().replace(/\.?0*Z$/, 'Z'), path: '' }
}

/**
 * Random text in the shape of a UUID. It has to differ from that of any other lock, and need not be hard to guess: loading Node's crypto
 * would cost every command some milliseconds.
 */
function newLockId(): string {
  return uuidShape(Uint8Array.from({ length: 16 }, () => Math.random() * 256))
}

/** Random text in the shape of a UUID, as Terraform makes them: no version digits. */
export function uuidShape(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function whoAmI(): string {
  let user = ''
  try {
    user = userInfo().username
  } catch {
    // A user id without an entry in the password database, as containers have.
  }
  return `${user}@${hostname()}`
}

/** Compact, with the names and order that all tools of the family use. */
export function lockInfoToJson(lock: LockInfo): string {
  return JSON.stringify({
    ID: lock.id,
    Operation: lock.operation,
    Info: lock.info,
    Who: lock.who,
    Version: lock.version,
    Created: lock.created,
    Path: lock.path,
  })
}

/** Undefined when the text is no lock info. Missing members are empty. */
export function parseLockInfo(text: string): LockInfo | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
  const member = (name: string): string => {
    const value = (json as Record<string, unknown>)[name]
    return typeof value === 'string' ? value : ''
  }
  return {
    id: member('ID'),
    operation: member('Operation'),
    info: member('Info'),
    who: member('Who'),
    version: member('Version'),
    created: member('Created'),
    path: member('Path'),
  }
}

/** The lines that messages show, indented by two spaces. Control characters do not reach the terminal. */
export function formatLockInfo(lock: LockInfo): string {
  const created = lock.created.replace('T', ' ').replace(/Z$/, ' +0000 UTC')
  const rows: readonly (readonly [string, string])[] = [
    ['ID:', lock.id],
    ['Path:', lock.path],
    ['Operation:', lock.operation],
    ['Who:', lock.who],
    ['Version:', lock.version],
    ['Created:', created],
    ['Info:', lock.info],
  ]
  return rows.map(([name, value]) => `  ${name.padEnd(10)} ${value.replace(/[\x00-\x1f\x7f-\x9f]/g, ' ')}\n`).join('')
}

import { base32Id, seededBytes } from './ids.ts'
import type { Store, Table } from './store.ts'

/** An account that a sandbox begins with. Keys that are left out are derived from the account id. */
export interface SandboxAccount {
  /** Twelve digits. */
  readonly id: string
  readonly name?: string
  readonly email?: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
}

export type SeededAccount = Required<Pick<SandboxAccount, 'id' | 'name' | 'accessKeyId' | 'secretAccessKey'>> &
  Pick<SandboxAccount, 'email'>

/** Who calls. */
export interface Identity {
  readonly account: string
  readonly arn: string
  readonly userId: string
  readonly accessKeyId: string
  /** Of temporary credentials. */
  readonly session?: SessionFacts
}

/** What temporary credentials carry beside whom they stand for. */
export interface SessionFacts {
  readonly issued: Date
  /** When their holder proved itself with an MFA device. */
  readonly mfaSince?: Date
  /** Texts of session policies, which narrow what the holder may do. */
  readonly policies?: readonly string[]
  readonly sourceIdentity?: string
  readonly tags?: Readonly<Record<string, string>>
  /** Keys of tags that sessions begun by this one have too. */
  readonly transitiveTagKeys?: readonly string[]
}

/** An access key and whom it stands for; `sessionToken` and `expires` belong to temporary ones. */
export interface Credential {
  /** The access key id. */
  readonly id: string
  readonly secret: string
  readonly account: string
  readonly arn: string
  readonly userId: string
  readonly sessionToken?: string
  readonly expires?: Date
  readonly session?: SessionFacts
}

/** Every access key of every account. */
export class AccountRegistry {
  readonly #credentials: Table<Credential>
  readonly openKeys: boolean

  /** With `openKeys`, an access key that is nobody's and has the form of an account id is that account's root. */
  constructor(store: Store, openKeys: boolean) {
    this.#credentials = store.scope('-', '-', 'kernel').table<Credential>('credentials')
    this.openKeys = openKeys
  }

  seed(account: SandboxAccount): SeededAccount {
    const bytes = seededBytes('landform', account.id)
    const accessKeyId = account.accessKeyId ?? base32Id('AKIA', bytes, 16)
    const secretAccessKey = account.secretAccessKey ?? bytes.toString('base64').slice(0, 40)
    this.#credentials.put({ id: accessKeyId, secret: secretAccessKey, ...rootOf(account.id) })
    return { id: account.id, name: account.name ?? account.id, email: account.email, accessKeyId, secretAccessKey }
  }

  tryCredential(accessKeyId: string): Credential | undefined {
    const known = this.#credentials.get(accessKeyId)
    if (known !== undefined || !this.openKeys || !/^\d{12}$/.test(accessKeyId)) return known
    return { id: accessKeyId, secret: '', ...rootOf(accessKeyId) }
  }

  add(credential: Credential): void {
    this.#credentials.put(credential)
  }

  remove(accessKeyId: string): void {
    this.#credentials.delete(accessKeyId)
  }

  /** Forgets temporary keys that ran out before a time: whoever still has one is told so until then. */
  removeExpired(before: Date): void {
    for (const { id, expires } of [...this.#credentials.values()])
      if (expires !== undefined && expires < before) this.#credentials.delete(id)
  }
}

function rootOf(account: string): Pick<Credential, 'account' | 'arn' | 'userId'> {
  return { account, arn: `arn:aws:iam::${account}:root`, userId: account }
}

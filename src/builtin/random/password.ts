import bcrypt from 'bcryptjs'
import { stringType } from '../../cty/index.ts'
import type { SimpleEphemeral, SimpleResource } from '../../providers/simple/index.ts'
import { keepers } from './_shared.ts'
import { checkLength, importedArguments, makeText, numberArgument, planText, textArguments } from './_text.ts'

/** `random_password`: a text that is a secret, with its digest. */
export const randomPassword: SimpleResource<undefined> = {
  version: 3,
  attributes: {
    keepers,
    ...textArguments,
    ...numberArgument,
    result: { type: stringType, computed: true, stable: true, sensitive: true },
    bcrypt_hash: { type: stringType, computed: true, stable: true, sensitive: true },
    id: { type: stringType, computed: true, stable: true },
  },
  validate: problems,
  plan: planText,
  async create(planned) {
    const result = makeText(planned)
    return { result, bcrypt_hash: await digest(result), id: 'none' }
  },
  import: async (id) => ({ ...importedArguments(id), result: id, bcrypt_hash: await digest(id), id: 'none' }),
  upgrades: {
    0: (stored) => ({ ...stored, bcrypt_hash: likeGo(bcrypt.hashSync(hashable(String(stored.result)), bcryptCost)) }),
    2: (stored) => ({ ...stored, numeric: stored.number ?? true, number: stored.number ?? true }),
  },
}

/** The ephemeral `random_password`: a new one each time, stored nowhere. */
export const ephemeralPassword: SimpleEphemeral<undefined> = {
  attributes: {
    ...Object.fromEntries(Object.entries(textArguments).map(([name, { forceNew: _, ...argument }]) => [name, argument])),
    result: { type: stringType, computed: true, sensitive: true },
    bcrypt_hash: { type: stringType, computed: true, sensitive: true },
  },
  validate: problems,
  async open(config) {
    const result = makeText(config)
    return { result, bcrypt_hash: await digest(result) }
  },
}

function problems(config: Parameters<typeof checkLength>[0]): readonly { severity: 'error'; summary: string; detail: string }[] {
  const detail = checkLength(config)
  return detail === undefined ? [] : [{ severity: 'error', summary: 'Invalid Attribute Value', detail }]
}

const bcryptCost = 10

async function digest(text: string): Promise<string> {
  return likeGo(await bcrypt.hash(hashable(text), bcryptCost))
}

/** The same digest under the name that Go's implementation gives it. */
function likeGo(hash: string): string {
  return hash.replace(/^\$2b\$/, '$2a$')
}

/** Bcrypt looks at the first 72 bytes only; what is beyond them is cut off, between characters. */
function hashable(text: string): string {
  const bytes = Buffer.from(text)
  return bytes.length <= 72 ? text : new TextDecoder().decode(bytes.subarray(0, 72)).replace(/\ufffd$/, '')
}

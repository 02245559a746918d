import { applyPath, EPHEMERAL, numericToString, SENSITIVE, unmarkDeep, type Value } from '../cty/index.ts'
import { type BlockSchema, schemaSensitivePaths, writeOnlyPaths } from '../schema/index.ts'

/** The texts and numbers in parts of values that are marked, or that the schema calls sensitive or write-only. */
export function secretTexts(values: readonly (Value | undefined)[], schema: BlockSchema | undefined): ReadonlySet<string> {
  const found = new Set<string>()
  for (const value of values) {
    if (value === undefined || !value.hasContent) continue
    collect(value, value.containsMarked ? undefined : false, found)
    if (schema === undefined || value.type.kind !== 'object') continue
    const bare = unmarkDeep(value)
    for (const path of [...schemaSensitivePaths(schema, bare), ...writeOnlyPaths(schema, bare)]) collect(applyPath(bare, path), true, found)
  }
  return found
}

/** All texts and numbers in values. */
export function allTexts(values: readonly Value[]): ReadonlySet<string> {
  const found = new Set<string>()
  for (const value of values) collect(value, true, found)
  return found
}

/** All texts and numbers in JSON text; none where that is not JSON. */
export function allTextsOfJson(json: string): ReadonlySet<string> {
  const found = new Set<string>()
  try {
    JSON.parse(json, (_, value: unknown) => {
      if (typeof value === 'string' || typeof value === 'number') found.add(String(value))
    })
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  return found
}

/** @param isSecret undefined: as its marks say */
function collect(value: Value, isSecret: boolean | undefined, found: Set<string>): void {
  if (isSecret === false || !value.hasContent) return
  const own = isSecret === true || value.hasMark(SENSITIVE) || value.hasMark(EPHEMERAL) ? true : undefined
  const { payload } = value
  if (Array.isArray(payload)) for (const element of payload as readonly Value[]) collect(element, own, found)
  else if (payload instanceof Map) for (const element of (payload as ReadonlyMap<string, Value>).values()) collect(element, own, found)
  else if (own === true && value.type.kind === 'string') found.add(payload as string)
  else if (own === true && value.type.kind === 'number') found.add(numericToString(value.asNumeric()))
}

/** Shorter ones stand in nearly every text by chance, and taking them out would tell what they are. */
const SHORTEST = 3

/** A text with secrets taken out, as they are and as they stand in JSON and in addresses. Where that cannot be done nothing of it is left. */
export function withoutTexts(text: string, secrets: ReadonlySet<string>, what: string): string {
  const forms = new Set<string>()
  for (const secret of secrets) {
    if (secret === '') continue
    if (secret.length < SHORTEST && text.includes(secret)) return `(a text that may hold a value that is not to be shown)`
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encoded(secret)]) if (form.length >= SHORTEST) forms.add(form)
  }
  let left = text
  for (const form of [...forms].sort((a, b) => b.length - a.length)) left = left.replaceAll(form, `(${what})`)
  return left
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text
  }
}

/** The text of a JSON document as the Go provider stores it: without spaces, names in ascending order. Other texts stay as they are. */
export function normalizeJson(text: string): string {
  try {
    return goJson(JSON.parse(text))
  } catch {
    return text
  }
}

/** JSON as Go's encoder writes it: it escapes what could end a script in HTML. */
function goJson(value: unknown): string {
  return JSON.stringify(sorted(value)).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, sorted((value as Record<string, unknown>)[name])]))
}

/**
 * Whether two policies mean the same: the order of statements and of lists in them does not matter, a list of one is its element,
 * actions are compared without regard to case, an account is its root.
 *
 * @see https://github.com/hashicorp/awspolicyequivalence for what the Go provider holds for the same.
 */
export function samePolicy(a: string, b: string): boolean {
  if (a === b) return true
  try {
    return canonicalPolicy(a) === canonicalPolicy(b)
  } catch {
    return false
  }
}

function canonicalPolicy(text: string): string {
  const policy = JSON.parse(text) as Record<string, unknown>
  const statements = list(policy.Statement).map((statement) => JSON.stringify(canonicalStatement(statement as Record<string, unknown>)))
  return JSON.stringify(sorted({ ...policy, Version: policy.Version ?? '2008-10-17', Statement: statements.sort() }))
}

function canonicalStatement(statement: Record<string, unknown>): unknown {
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(statement)) {
    switch (name) {
      case 'Action':
      case 'NotAction':
        result[name] = texts(value).map((action) => action.toLowerCase())
        break
      case 'Resource':
      case 'NotResource':
        result[name] = texts(value)
        break
      case 'Principal':
      case 'NotPrincipal':
        result[name] = principalsOf(value)
        break
      case 'Condition':
        result[name] = conditionOf(value as Record<string, Record<string, unknown>>)
        break
      case 'Sid':
        if (value !== '') result[name] = value
        break
      default:
        result[name] = value
    }
  }
  return sorted(result)
}

function principalsOf(value: unknown): unknown {
  // Everybody, in either of two ways.
  if (value === '*') return { AWS: ['*'] }
  if (typeof value !== 'object' || value === null) return value
  const account = (text: string): string => /^arn:[\w-]+:iam::(\d{12}):root$/.exec(text)?.[1] ?? text
  return Object.fromEntries(Object.entries(value).map(([kind, names]) => [kind, texts(names).map(account).sort()]))
}

function conditionOf(condition: Record<string, Record<string, unknown>>): unknown {
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key.toLowerCase(), texts(values)])),
    ]),
  )
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]
}

function texts(value: unknown): string[] {
  return list(value).map(String).sort()
}

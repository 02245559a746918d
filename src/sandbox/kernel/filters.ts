/** What a filter looks at in an object: nothing, one text or several of which one must match. */
export type FilterValue = string | boolean | number | undefined | readonly (string | boolean | number | undefined)[]

/** Whether a text matches a pattern in which `*` stands for any text, `?` for one character and `\` takes the next literally. */
export function matchesPattern(pattern: string, text: string): boolean {
  if (!/[*?\\]/.test(pattern)) return pattern === text
  let source = ''
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!
    if (c === '*') source += '[^]*'
    else if (c === '?') source += '[^]'
    else source += (c === '\\' && i + 1 < pattern.length ? pattern[++i]! : c).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  }
  return new RegExp(`^${source}$`).test(text)
}

/** Whether any of the values matches any of the patterns. */
export function matchesAny(patterns: readonly string[], value: FilterValue): boolean {
  const values = Array.isArray(value) ? (value as readonly (string | boolean | number | undefined)[]) : [value as string]
  return values.some((v) => v !== undefined && patterns.some((pattern) => matchesPattern(pattern, String(v))))
}

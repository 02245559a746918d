/**
 * Whether a path is left out by a pattern, which may name it or a folder above it. `*` and `?` stand for anything but a slash, `**` for
 * any number of folders, `[a-z]` for one of a class, `{a,b}` for one of a list.
 */
export function isExcluded(path: string, patterns: readonly RegExp[]): boolean {
  const parts = path.split('/')
  return parts.some((_, i) => {
    const prefix = parts.slice(0, i + 1).join('/')
    return patterns.some((pattern) => pattern.test(prefix))
  })
}

export function globToRegExp(glob: string): RegExp {
  let source = ''
  let braces = 0
  const pattern = glob.replace(/^\.\//, '').replace(/\/$/, '')
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!
    if (c === '*') {
      if (pattern[i + 1] !== '*') source += '[^/]*'
      else if (pattern[i + 2] === '/') {
        source += '(?:.*/)?'
        i += 2
      } else {
        source += '.*'
        i++
      }
    } else if (c === '?') source += '[^/]'
    else if (c === '[') {
      const end = pattern.indexOf(']', i + 2)
      if (end < 0) source += '\\['
      else {
        source += `[${pattern
          .slice(i + 1, end)
          .replace(/^[!^]/, '^')
          .replaceAll('\\', '\\\\')}]`
        i = end
      }
    } else if (c === '{') {
      braces++
      source += '(?:'
    } else if (c === '}' && braces > 0) {
      braces--
      source += ')'
    } else if (c === ',' && braces > 0) source += '|'
    else if (c === '\\' && i + 1 < pattern.length) source += pattern[++i]!.replace(/[.*+?^${}()|[\]\\/]/, '\\$&')
    else source += c.replace(/[.*+?^${}()|[\]\\]/, '\\$&')
  }
  return new RegExp(`^${source}${')'.repeat(braces)}$`)
}

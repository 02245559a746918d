import type { Json, Mask } from './plan-json.ts'

export const sensitiveText = '(sensitive value)'
export const redactedText = '(redacted)'

/** Names of arguments and variables whose values are secrets, unless what follows says that the value only points to one or describes it. */
const secretName =
  /pass(?:word|wd|phrase)|(?:^|[^a-z])pwd(?:$|[^a-z])|secret|token|api[_-]?key|app[_-]?key|access[_-]?key|private[_-]?key|credential|auth[_-]?key/i
const harmlessName =
  /(?:arn|arns|id|ids|name|names|prefix|length|version|versions|type|policy|rotation|ttl|expiry|expiration|days|hours|minutes|seconds|age|path|ref|reference|enabled|required|url|uri|endpoint|from|valuefrom|window|method|count|reset|algorithm|status|format|min|max|lowercase|uppercase|numbers|symbols|characters|tokens?_per.*)$/i

/** Whether a value of this name is taken for a secret when it is a text. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) && !harmlessName.test(name)
}

/** Names of values that look random and are none. */
const digestName = /hash|digest|sha\d*|md5|etag|checksum|fingerprint|thumbprint|public_?key|certificate|ca_?cert|nonce|version_?id/i

interface Shape {
  readonly pattern: RegExp
  /** How much of the beginning stays, as replacement text. */
  readonly keep?: string
}

const names = '[\\w.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?'

/** Texts that are secrets by the look of them, wherever they stand. */
const shapes: readonly Shape[] = [
  { pattern: /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)/g },
  { pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/g },
  { pattern: /(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{20,255}/g },
  { pattern: /(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{20,255}/g },
  { pattern: /(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20,}/g },
  { pattern: /(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  { pattern: /(hooks\.slack\.com\/services\/)[A-Za-z0-9/_-]+/g, keep: '$1' },
  { pattern: /(?<![A-Za-z0-9])(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}/g },
  { pattern: /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,}/g },
  { pattern: /(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}/g },
  { pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}/g },
  { pattern: /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g },
  { pattern: /(?<![A-Za-z0-9])(?:hvs|hvb|hvr)\.[A-Za-z0-9_-]{20,}/g },
  { pattern: /(?<![A-Za-z0-9])pypi-[A-Za-z0-9_-]{16,}/g },
  { pattern: /AGE-SECRET-KEY-1[A-Z0-9]{40,}/g },
  { pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g },
  { pattern: /((?:AccountKey|SharedAccessKey|sig)=)[A-Za-z0-9+/=%]{20,}/g, keep: '$1' },
  { pattern: /\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/:@"'\\]{0,200}:[^\s/@"'\\]{1,500}@/gi, keep: '$1' },
  { pattern: /\b((?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{16,}/g, keep: '$1' },
  // "name": "DB_PASSWORD", "value": "...", as lists of variables in JSON have it, in either order.
  {
    pattern: new RegExp(`("name"\\s*:\\s*"${names}[\\w.-]*"\\s*,\\s*"value"\\s*:\\s*)"(?:[^"\\\\]|\\\\.){1,10000}"`, 'gi'),
    keep: '$1',
  },
  {
    pattern: new RegExp(`("value"\\s*:\\s*)"(?:[^"\\\\]|\\\\.){1,10000}"(\\s*,\\s*"name"\\s*:\\s*"${names}[\\w.-]*")`, 'gi'),
    keep: '$1',
  },
  // password=..., "secret": "...", export TOKEN=...
  {
    pattern: new RegExp(
      `((?<![\\w.:-])["']?${names}["']?\\s*(?:=|:(?!/))\\s*)(?!["']?(?:arn:|\\$\\{|true\\b|false\\b|null\\b|\\(|\\d{1,6}\\b))("(?:[^"\\\\]|\\\\.){4,10000}"|'[^']{4,10000}'|[^\\s"',;&{}()[\\]]{6,1000})`,
      'gi',
    ),
    keep: '$1',
  },
  // A secret access key of AWS: forty characters of base64 of all kinds.
  {
    pattern:
      /(?<![A-Za-z0-9/+=_.-])(?=[A-Za-z0-9/+]*[A-Z])(?=[A-Za-z0-9/+]*[a-z])(?=[A-Za-z0-9/+]*\d)[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_.-])/g,
  },
]

/** What any of the shapes needs to be there: nearly all texts are through after this. */
const suspicious =
  /PRIVATE KEY|AKIA|ASIA|gh[pousr]_|github_pat|glpat-|xox[abeoprs]-|hooks\.slack|[srp]k_(?:live|test)|sk-|AIza|npm_|SG\.|hv[sbr]\.|pypi-|AGE-SECRET|eyJ|AccountKey|SharedAccessKey|sig=|:\/\/[^\s/]*@|Bearer|Basic|pass|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|[A-Za-z0-9/+]{40}/i
const longWord = /[A-Za-z0-9+/_=-]{32,128}/g

/** Texts that look like nothing but chance: as long as a key, of all kinds of characters, and none of them often. */
function isRandom(word: string): boolean {
  if (!/[A-Z]/.test(word) || !/[a-z]/.test(word) || !/\d/.test(word)) return false
  const bare = word.replace(/=+$/, '')
  // Words and paths have separators, keys have few.
  if ((bare.match(/[/_-]/g)?.length ?? 0) > bare.length / 10) return false
  const counts = new Map<string, number>()
  for (const char of bare) counts.set(char, (counts.get(char) ?? 0) + 1)
  let bits = 0
  for (const n of counts.values()) bits -= (n / bare.length) * Math.log2(n / bare.length)
  return bits >= 4.2
}

/** Replaces what looks like a secret, whatever it was marked as. @param name of the argument that holds the text */
export function redactShapes(text: string, name = ''): string {
  if (text.length < 8) return name !== '' && text.length > 0 && isSecretName(name) ? redactedText : text
  if (name !== '' && isSecretName(name) && !/^(arn:|\$\{)/.test(text)) return redactedText
  let result = text
  if (suspicious.test(text)) {
    for (const { pattern, keep } of shapes) {
      result = result.replace(pattern, (...groups) => {
        if (keep === undefined) return redactedText
        const [, before, after] = groups as unknown as [string, string, unknown]
        // `value` before `name` keeps what follows, too.
        return `${before}${redactedText}${typeof after === 'string' && /"name"/.test(after) ? after : ''}`
      })
    }
  }
  if (text.length >= 32 && !digestName.test(name)) {
    result = result.replace(longWord, (word) => (isRandom(word) ? redactedText : word))
  }
  return result
}

/** Shorter secrets are only recognised as whole values: within texts they would be found by chance. */
const shortestWithin = 8
const shortest = 4

/**
 * Knows the values that are marked sensitive and takes them out of every text, in clear and as base64, URL and JSON encode them; and whatever looks like a
 * secret besides.
 */
export class Redactor {
  readonly #whole = new Set<string>()
  /** By their first characters. */
  readonly #within = new Map<string, string[]>()
  readonly #first = new Uint8Array(1 << 16)
  readonly #told = new Map<string, string>()

  /** Remembers the texts of a value that are sensitive by the mask. */
  learn(value: Json | undefined, mask: Mask): void {
    if (value === undefined || value === null || mask === false || mask === undefined) return
    const stack: [Json, Mask][] = [[value, mask]]
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const [v, m] = next
      if (m === false || m === undefined || v === null || v === undefined) continue
      if (typeof v === 'string') {
        if (m === true) this.learnText(v)
      } else if (Array.isArray(v)) {
        for (const [i, item] of v.entries()) stack.push([item, m === true ? true : Array.isArray(m) ? (m[i] ?? false) : false])
      } else if (typeof v === 'object') {
        for (const [name, item] of Object.entries(v)) stack.push([item, m === true ? true : memberMask(m, name)])
      }
    }
  }

  learnText(secret: string): void {
    if (secret.length < shortest || this.#whole.has(secret)) return
    this.#whole.add(secret)
    this.#told.clear()
    const trimmed = secret.trim()
    if (trimmed.length < shortestWithin) return
    const bytes = Buffer.from(trimmed, 'utf8')
    const forms = new Set([
      trimmed,
      JSON.stringify(trimmed).slice(1, -1),
      encodeURIComponent(toWellFormed(trimmed)),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('base64url'),
    ])
    // What is common text must not make everything else unreadable; a document is recognised by its lines.
    for (const line of trimmed.split(/[\r\n]+/)) if (line.trim().length >= 16) forms.add(line.trim())
    for (const form of forms) {
      const head = form.slice(0, shortestWithin)
      this.#first[headHash(form, 0)] = 1
      const list = this.#within.get(head)
      if (list === undefined) this.#within.set(head, [form])
      else {
        list.push(form)
        list.sort((a, b) => b.length - a.length)
      }
    }
  }

  /** A text without secrets. @param name of the argument that holds it, which may tell that it is one */
  text(text: string, name = ''): string {
    if (text.length < shortest) return redactShapes(text, name)
    const key = `${name}\0${text}`
    const told = text.length <= 200 ? this.#told.get(key) : undefined
    if (told !== undefined) return told
    const result = this.#whole.has(text) ? sensitiveText : redactShapes(this.#withoutKnown(text), name)
    if (text.length <= 200) {
      if (this.#told.size > 50_000) this.#told.clear()
      this.#told.set(key, result)
    }
    return result
  }

  /** A text without the values that are known to be sensitive; what only looks like a secret stays. */
  known(text: string): string {
    return this.#withoutKnown(text)
  }

  #withoutKnown(text: string): string {
    if (this.#within.size === 0 || text.length < shortestWithin) return text
    let result = ''
    let done = 0
    for (let i = 0; i <= text.length - shortestWithin; i++) {
      if (this.#first[headHash(text, i)] === 0) continue
      const found = this.#within.get(text.slice(i, i + shortestWithin))?.find((form) => text.startsWith(form, i))
      if (found === undefined) continue
      result += text.slice(done, i) + sensitiveText
      done = i + found.length
      i = done - 1
    }
    return done === 0 ? text : result + text.slice(done)
  }
}

function headHash(text: string, at: number): number {
  return (text.charCodeAt(at) * 31 + text.charCodeAt(at + 3) * 1031 + text.charCodeAt(at + 7) * 7) & 0xffff
}

function toWellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd')
}

export function memberMask(mask: Mask, name: string): Mask {
  if (typeof mask !== 'object' || Array.isArray(mask)) return mask === true
  return Object.hasOwn(mask, name) ? (mask as Readonly<Record<string, Mask>>)[name] : false
}

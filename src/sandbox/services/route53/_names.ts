/**
 * The form in which Route 53 keeps domain names: lower case, a dot at the end, every character but letters, digits,
 * hyphen and underscore as its three octal digits (`\052` for the asterisk). Undefined for what is no domain name.
 *
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DomainNameFormat.html
 */
export function canonicalName(text: string): string | undefined {
  const labels: string[] = []
  for (const label of text.replace(/\.$/, '').split('.')) {
    let escaped = ''
    let length = 0
    for (const match of label.toLowerCase().matchAll(/\\([0-7]{3})|[\s\S]/g)) {
      const code = match[1] === undefined ? match[0].charCodeAt(0) : Number.parseInt(match[1], 8)
      if (code > 255) return undefined
      const char = String.fromCharCode(code)
      escaped += /[a-z0-9_-]/.test(char) ? char : `\\${code.toString(8).padStart(3, '0')}`
      length++
    }
    if (length < 1 || length > 63) return undefined
    labels.push(escaped)
  }
  const name = `${labels.join('.')}.`
  return unescaped(name).length > 255 ? undefined : name
}

function unescaped(name: string): string {
  return name.replace(/\\([0-7]{3})/g, (_whole, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** By this the lists of Route 53 are ordered: the labels from the last to the first, with the dot at the end, by ASCII. */
export function reversedName(name: string): string {
  return `${unescaped(name).replace(/\.$/, '').split('.').reverse().join('.')}.`
}

export function compareNames(a: string, b: string): number {
  const left = reversedName(a)
  const right = reversedName(b)
  return left < right ? -1 : left > right ? 1 : 0
}

/** Whether a name is that of the zone or below it. */
export function liesIn(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`)
}

import { AwsError } from '../kernel/errors.ts'

/** An element of a parsed document; names keep their prefix, text is that of the element alone. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  readonly text: string
}

interface OpenElement {
  name: string
  attributes: Map<string, string>
  children: XmlElement[]
  text: string
}

const MAX_DEPTH = 200

/**
 * Parses a document and returns its root element; undefined for an empty text.
 *
 * @throws AwsError MalformedXML. Document types are refused: AWS takes none, and entities could expand without bound.
 */
export function parseXml(text: string): XmlElement | undefined {
  const bad = (): AwsError =>
    new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema', 400)
  const open: OpenElement[] = []
  let root: OpenElement | undefined
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  while (at < text.length) {
    if (text[at] !== '<') {
      const end = text.indexOf('<', at)
      const piece = text.slice(at, end < 0 ? text.length : end)
      const parent = open.at(-1)
      if (parent !== undefined) parent.text += unescapeXml(piece, bad)
      else if (piece.trim() !== '') throw bad()
      at += piece.length
      continue
    }
    if (text.startsWith('<!--', at) || text.startsWith('<?', at)) {
      const close = text[at + 1] === '?' ? '?>' : '-->'
      const end = text.indexOf(close, at + 2)
      if (end < 0) throw bad()
      at = end + close.length
      continue
    }
    if (text.startsWith('<![CDATA[', at)) {
      const end = text.indexOf(']]>', at)
      const parent = open.at(-1)
      if (end < 0 || parent === undefined) throw bad()
      parent.text += text.slice(at + 9, end)
      at = end + 3
      continue
    }
    const tag = /<(\/?)([A-Za-z_][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y
    tag.lastIndex = at
    const match = tag.exec(text)
    if (match === null) throw bad()
    at = tag.lastIndex
    const [, closing, name, attributes, selfClosing] = match
    if (closing === '/') {
      if (open.pop()?.name !== name) throw bad()
      continue
    }
    const element: OpenElement = { name: name!, attributes: attributesOf(attributes!, bad), children: [], text: '' }
    const parent = open.at(-1)
    if (parent !== undefined) parent.children.push(element)
    else if (root === undefined) root = element
    else throw bad()
    if (selfClosing !== '/') open.push(element)
    if (open.length > MAX_DEPTH) throw bad()
  }
  if (open.length > 0) throw bad()
  return root
}

function attributesOf(text: string, bad: () => AwsError): Map<string, string> {
  const result = new Map<string, string>()
  for (const match of text.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    result.set(match[1]!, unescapeXml(match[2] ?? match[3]!, bad))
  return result
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function unescapeXml(text: string, bad: () => AwsError): string {
  if (!text.includes('&')) return text
  return text.replace(/&(#x[0-9a-fA-F]+|#\d+|\w+)?;?/g, (whole, name: string | undefined) => {
    if (name === undefined || !whole.endsWith(';')) throw bad()
    if (!name.startsWith('#')) return entities[name] ?? whole
    const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10)
    if (!(code <= 0x10ffff)) throw bad()
    return String.fromCodePoint(code)
  })
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"\r\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (c) => {
    switch (c) {
      case '&':
        return '&amp;'
      case '<':
        return '&lt;'
      case '>':
        return '&gt;'
      case '"':
        return '&quot;'
      default:
        return `&#x${c.charCodeAt(0).toString(16).toUpperCase()};`
    }
  })
}

export const XML_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'

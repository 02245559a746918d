import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
// @ts-expect-error The package has no types of its own.
import sanitizeHtml from 'sanitize-html'

/** What a forge makes of a comment: GitHub-flavoured Markdown as HTML, of which only harmless elements and attributes stay. */
export function toHtml(markdown: string): string {
  return sanitizeHtml(unsanitised(markdown), {
    allowedTags: [
      ...[
        'h1',
        'h2',
        'h3',
        'h4',
        'p',
        'br',
        'b',
        'strong',
        'em',
        'i',
        'code',
        'pre',
        'a',
        'ul',
        'ol',
        'li',
        'table',
        'thead',
        'tbody',
        'tr',
        'th',
        'td',
      ],
      ...['details', 'summary', 'blockquote', 'del', 'hr', 'img', 'sub', 'sup', 'span', 'div'],
    ],
    allowedAttributes: { a: ['href'], code: ['class'], details: ['open'], img: ['src', 'alt'], th: ['align'], td: ['align'] },
  })
}

export function unsanitised(markdown: string): string {
  return micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] })
}

/** Text outside of code, where forges look for mentions, numbers and links. */
export function plainText(html: string): string {
  return html
    .replace(/<pre>[\s\S]*?<\/pre>/g, ' ')
    .replace(/<code[^>]*>[\s\S]*?<\/code>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
}

/** Tags that are opened and not closed in order; an empty list is good. */
export function tagProblems(html: string): readonly string[] {
  const open: string[] = []
  const problems: string[] = []
  for (const [, slash, tag] of html.replace(/<!--[\s\S]*?-->/g, '').matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*?>/g)) {
    if (tag === 'br' || tag === 'hr' || tag === 'img') continue
    if (slash === '') open.push(tag!)
    else if (open.at(-1) === tag) open.pop()
    else problems.push(`</${tag}> closes <${open.at(-1)}>`)
  }
  return [...problems, ...open.map((tag) => `<${tag}> stays open`)]
}

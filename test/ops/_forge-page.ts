import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './_project.ts'

export type Theme = 'light' | 'dark'

/** What GitHub's highlighter calls a line of a diff by its sign. */
const diffClasses: Readonly<Record<string, string>> = { '+': 'pl-mi1', '-': 'pl-md', '!': 'pl-mc' }

/** Colours blocks in the language `diff` as GitHub does, which marks lines by their first character. */
function highlighted(html: string): string {
  return html.replace(/<pre><code class="language-diff">([\s\S]*?)<\/code><\/pre>/g, (_, lines: string) => {
    const marked = lines.split('\n').map((line) => {
      const kind = diffClasses[line[0] ?? '']
      return kind === undefined ? line : `<span class="${kind}">${line}</span>`
    })
    return `<div class="highlight"><pre><code>${marked.join('\n')}</code></pre></div>`
  })
}

const frames: Readonly<Record<Theme, string>> = {
  light: '--canvas: #ffffff; --head: #f6f8fa; --line: #d1d9e0; --text: #1f2328; --quiet: #59636e',
  dark: '--canvas: #0d1117; --head: #151b23; --line: #3d444d; --text: #f0f6fc; --quiet: #9198a1',
}

/**
 * A comment as it stands on the page of a pull request, between what others wrote: the style is GitHub's, the frame around it is drawn after theirs. Nothing in the page keeps scripts from
 * running or things from being fetched.
 */
export function forgePage(html: string, theme: Theme, title = 'github-actions bot commented'): string {
  const style = readFileSync(join(repository, `node_modules/github-markdown-css/github-markdown-${theme}.css`), 'utf8')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<style>${style}</style>
<style>
  :root { ${frames[theme]} }
  body { margin: 0; color: var(--text); padding: 16px; background: var(--canvas); }
  .frame { max-width: 912px; margin: 0 auto; border: 1px solid var(--line); border-radius: 6px; }
  .frame > header { padding: 8px 16px; background: var(--head); border-bottom: 1px solid var(--line); border-radius: 6px 6px 0 0; color: var(--quiet); font: 14px "Noto Sans", Helvetica, Arial, sans-serif; }
  .frame > .markdown-body { padding: 16px; font-size: 14px; border-radius: 6px; }
</style>
</head>
<body>
<p id="before">before</p>
<section id="comment" class="frame"><header>${title}</header>
<div class="markdown-body">${highlighted(html)}</div></section>
<p id="after">after</p>
</body>
</html>
`
}

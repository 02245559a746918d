import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commentSize, type PlanReport, renderReport } from '../../src/ops/comment/index.ts'
import { issueText, type StackDrift } from '../../src/ops/drift/index.ts'
import { Browser, type Page, tryFindBrowser } from './_browser.ts'
import { cases, stack } from './_comments.ts'
import { forgePage, type Theme } from './_forge-page.ts'
import { hostile, hostileReport, hostileSince } from './_hostile.ts'
import { toHtml, unsanitised } from './_markdown.ts'
import { planDocument, resource } from './_plans.ts'
import { smallerPng } from './_png.ts'
import { repository } from './_project.ts'

const options = { simulated: false, partSize: commentSize, reserved: () => 1000, mostParts: 4, overflowSize: 65_535 }
const browserPath = tryFindBrowser()
/** Set it, look at the pictures, commit them. */
const update = process.env.LANDFORM_UPDATE_GOLDEN === '1'

/** What a page is, as the browser sees it. */
interface Seen {
  /** Children of the body, and of the comment's frame. */
  readonly around: readonly string[]
  readonly frame: readonly string[]
  /** The words before and after the comment, as far as they can be seen. */
  readonly neighbours: readonly string[]
  /** Elements that comments do not have, and attributes with their values. */
  readonly foreign: readonly string[]
  readonly attributes: readonly string[]
  readonly scripts: number
  readonly frames: number
  readonly cookies: string
  readonly title: string
  /** Pixels by which the page is wider than its window. */
  readonly wider: number
  /** Elements that are placed other than in the flow of text, or stand beside their frame. */
  readonly outside: readonly string[]
  /** Sections: their titles, whether they are open, and whether what they hold can be seen. */
  readonly details: readonly (readonly [title: string, open: boolean, seen: boolean])[]
  /** Background colours by the sign of a line. */
  readonly colours: Readonly<Record<string, string>>
}

const look = `(() => {
  const comment = document.querySelector('#comment > .markdown-body')
  const known = new Set('h3 p b strong br code pre ul li table tbody thead tr th td details summary a div span'.split(' '))
  const all = [...comment.querySelectorAll('*')]
  const edge = document.querySelector('#comment').getBoundingClientRect()
  const scrolled = (element) => element.closest('pre, table') !== null && element.tagName !== 'PRE' && element.tagName !== 'TABLE'
  const colours = {}
  for (const span of comment.querySelectorAll('pre span')) colours[span.textContent[0]] = getComputedStyle(span).backgroundColor
  return {
    around: [...document.body.children].map((element) => element.id || element.tagName),
    frame: [...document.querySelector('#comment').children].map((element) => element.tagName),
    neighbours: ['before', 'after'].map((id) => document.getElementById(id).innerText),
    foreign: all.map((element) => element.tagName.toLowerCase()).filter((name) => !known.has(name)),
    attributes: [...new Set(all.flatMap((element) => [...element.attributes].map(({ name, value }) => name + '=' + value)))].sort(),
    scripts: document.scripts.length,
    frames: window.length,
    cookies: document.cookie,
    title: document.title,
    wider: document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth,
    outside: all.filter((element) => {
      const { position, float } = getComputedStyle(element)
      const box = element.getBoundingClientRect()
      return position !== 'static' || float !== 'none' || (!scrolled(element) && (box.left < edge.left - 1 || box.right > edge.right + 1))
    }).map((element) => element.outerHTML.slice(0, 200)),
    details: [...comment.querySelectorAll('details')].map((element) => [
      element.querySelector('summary').textContent,
      element.open,
      [...element.children].filter((child) => child.tagName !== 'SUMMARY').some((child) => child.checkVisibility() && child.getClientRects().length > 0),
    ]),
    colours,
  }
})()`

const harmless = /^(?:open=|class=(?:language-(?:diff|text)|highlight|pl-m(?:i1|d|c))|href=https:\/\/x\/[\w.-]{0,300})$/

describe.skipIf(browserPath === undefined)('comments in a browser (where LANDFORM_BROWSER names one, or a Chromium is on the path)', () => {
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    browser = Browser.start(browserPath!)
    page = await browser.page()
  })
  afterAll(() => browser?.close())

  /** Shows a comment and checks what must hold of any. */
  async function show(html: string, theme: Theme, width: number, title?: string): Promise<Seen> {
    await page.show(forgePage(html, theme, title), width)
    const seen = await page.evaluate<Seen>(look)
    expect(page.misdeeds).toEqual({ requests: [], dialogs: [], logged: [] })
    expect(seen).toMatchObject({
      ...{ around: ['before', 'comment', 'after'], frame: ['HEADER', 'DIV'], neighbours: ['before', 'after'] },
      ...{ foreign: [], scripts: 0, frames: 0, cookies: '', title: '', wider: 0, outside: [] },
    })
    expect(seen.attributes.filter((attribute) => !harmless.test(attribute))).toEqual([])
    return seen
  }

  test.each(Object.entries(cases))('%s', async (name, data) => {
    const { parts } = renderReport(data, { ...options, simulated: name.startsWith('simulated') })
    for (const part of new Set([parts[0]!, parts.at(-1)!])) {
      const wide = await show(toHtml(part), 'light', 960)
      const narrow = await show(toHtml(part), 'dark', 390)
      expect(narrow.details).toEqual(wide.details)
      expect(wide.details.filter(([, open]) => open)).toHaveLength(part.match(/<details open>/g)?.length ?? 0)
      // What is closed hides what it holds; what is open shows it, unless something around it is closed.
      for (const [title, open, seen] of wide.details) if (!open) expect([title, seen]).toEqual([title, false])
      for (const { colours } of [wide, narrow]) {
        const shown = Object.values(colours)
        expect(new Set(shown).size).toBe(shown.length)
        expect(shown).not.toContain('rgba(0, 0, 0, 0)')
        for (const [sign, line] of [
          ['+', /^\+ /m],
          ['-', /^- {2,}|^- \w+ = /m],
          ['!', /^! /m],
        ] as const) {
          if (line.test(part)) expect(Object.keys(colours)).toContain(sign)
        }
      }
    }
  })

  test('what is open, and what is not', async () => {
    const sections = async (name: string) => {
      const { parts } = renderReport(cases[name]!, options)
      return (await show(toHtml(parts[0]!), 'light', 960)).details
    }
    expect(await sections('one-resource')).toEqual([
      ['stage: 1 to add', true, true],
      ['create aws_sqs_queue.jobs', true, true],
    ])
    expect(await sections('two-stacks')).toEqual([
      ['ops: 1 to change, 1 to replace', true, true],
      ['ops/cluster: 1 to replace', false, false],
      ['replace aws_subnet.subnet, cannot be updated in place', false, false],
      ['ops/service: 1 to change', false, false],
      ['change aws_security_group.group', false, false],
    ])
    expect((await sections('65536-characters'))[0]).toEqual(['stage: 150 to add, 1 to destroy', false, false])
  })

  // As the parser leaves them: nothing relies on what a forge takes out.
  test.each(Object.entries(hostile))('nothing breaks out: %s', async (_name, text) => {
    const data: PlanReport = hostileReport(text)
    const { parts, overflow } = renderReport(data, { ...options, simulated: true, runUrl: `https://x/${text}`, since: hostileSince(text) })
    for (const part of new Set([parts[0]!, parts.at(-1)!, overflow ?? parts[0]!])) {
      const open = unsanitised(part).replaceAll('<details>', '<details open>')
      await show(open, 'light', 390)
    }
  })

  test.each([
    ['a script', '<script>alert(1)</script>'],
    ['a handler', '<img src="https://evil.example/x.png" onerror="alert(1)">'],
    ['something to fetch', '<link rel="stylesheet" href="https://evil.example/x.css">'],
    ['a frame', '<iframe srcdoc="x"></iframe>'],
    ['an end that is none of ours', '</div></section><p>out</p>'],
    ['what covers the page', '<div style="position: fixed; inset: 0">out</div>'],
    ['what is wider than the page', '<div style="width: 3000px">out</div>'],
    ['an element of another kind', '<button>out</button>'],
    ['a link', '<a href="https://evil.example">out</a>'],
  ])('%s would be noticed', async (_name, html) => {
    await expect(show(`<p>x</p>${html}<p>y</p>`, 'light', 960)).rejects.toThrow(/expected/)
  })

  test.each([...pictures()])('the picture $file', async ({ file, theme, html, opened, height, title }) => {
    await show(html, theme, 960, title)
    for (const title of opened) {
      await page.evaluate(
        `{ const found = [...document.querySelectorAll('summary')].find((s) => s.textContent.startsWith(${JSON.stringify(title)})); if (!found.parentElement.open) found.click() }`,
      )
    }
    const picture = await page.picture('#comment', height)
    expect(picture.length).toBeGreaterThan(10_000)
    if (!update) return
    mkdirSync(images, { recursive: true })
    writeFileSync(join(images, file), smallerPng(picture))
  })
})

const images = join(repository, 'docs/images')

interface Picture {
  readonly file: string
  readonly theme: Theme
  readonly html: string
  /** What is opened by a click, by how its title begins. */
  readonly opened: readonly string[]
  /** Where it is cut, in pixels. */
  readonly height: number
  /** What stands above. */
  readonly title?: string
}

/** Pictures in the documentation. */
function pictures(): readonly Picture[] {
  const comment = (name: string, more: object = {}) => toHtml(renderReport(cases[name]!, { ...options, ...more }).parts[0]!)
  const since = { added: [], changed: ['ops/cluster: aws_subnet.subnet'], gone: ['ops/service: aws_cloudwatch_log_group.log'] }
  const both = ['ops/cluster', 'replace aws_subnet', 'ops/service', 'change aws_security_group']
  return [
    { file: 'comment.png', theme: 'light', html: comment('two-stacks', { since }), opened: both, height: 900 },
    {
      ...{ file: 'comment-many-changes.png', theme: 'dark', html: comment('replace-and-destroy') },
      ...{ opened: ['replace aws_db_instance.orders'], height: 760 },
    },
    { file: 'comment-failed.png', theme: 'light', html: comment('failed-plan'), opened: [], height: 850 },
    {
      ...{ file: 'drift-issue.png', theme: 'light', html: toHtml(issueText(drifted)), opened: ['aws_security_group.group'] },
      ...{ height: 700, title: 'Drift in ops/network' },
    },
  ]
}

test('the documentation shows them all, and they are small', () => {
  const pages = ['ci.md', 'environments.md'].map((page) => readFileSync(join(repository, 'docs', page), 'utf8')).join('\n')
  const shown = [...pages.matchAll(/!\[[^\]]+\]\(images\/([\w-]+\.png)\)/g)].map((match) => match[1]!)
  expect(shown.sort()).toEqual(readdirSync(images).sort())
  expect(shown).toEqual(
    pictures()
      .map(({ file }) => file)
      .sort(),
  )
  for (const file of shown) expect(statSync(join(images, file)).size).toBeLessThan(120_000)
})

const drifted: StackDrift = {
  environment: 'ops',
  stack: 'network',
  name: 'ops/network',
  items: [
    { address: 'aws_security_group.group', kind: 'security', attributes: ['ingress'], ignored: undefined, expired: undefined },
    { address: 'aws_vpc.vpc', kind: 'changed', attributes: ['tags', 'tags_all'], ignored: undefined, expired: undefined },
  ],
  report: stack(
    planDocument([], {
      relevant_attributes: [
        { resource: 'aws_security_group.group', attribute: [] },
        { resource: 'aws_vpc.vpc', attribute: [] },
      ],
      resource_drift: [
        resource('aws_security_group.group', ['update'], {
          before: { name: 'group', ingress: [] },
          after: { name: 'group', ingress: [{ cidr_blocks: ['0.0.0.0/0'], from_port: 22, protocol: 'tcp', to_port: 22 }] },
        }),
        resource('aws_vpc.vpc', ['update'], {
          before: { tags: { Owner: 'one' }, tags_all: { Owner: 'one' } },
          after: { tags: { Owner: 'by hand' }, tags_all: { Owner: 'by hand' } },
        }),
      ],
    }),
  ),
  failed: false,
}

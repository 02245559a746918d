import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkModuleArguments, installLocalModules, memoryFileSystem } from '../../src/config/index.ts'
import { Diagnostics, rangeStart } from '../../src/diags/index.ts'

/*
 * Small configurations with what Terraform says about them. `partial` cases hold only what both say; their other messages
 * come from later stages (references, installation) or point elsewhere.
 */

interface Message {
  readonly severity: string
  readonly file: string
  readonly line: number | null
  readonly summary: string
  readonly detail: string
}

const { cases } = JSON.parse(readFileSync(new URL('./testdata/messages.json', import.meta.url), 'utf8')) as {
  cases: { name: string; files: Record<string, string>; partial?: boolean; want: Message[] }[]
}

/** Cases that hold something which OpenTofu allows and Terraform does not: its message is missing, the others are right. */
const additions: Readonly<Record<string, readonly string[]>> = {
  providers: ['"for_each"'],
  'module-calls': ['Variables', 'lifecycle', 'Unsuitable value type'],
  tf14: ['"const"'],
  // Expressions in prevent_destroy.
  lifecycle: ['main.tf:4: '],
}

const isAbout =
  (words: readonly string[] | undefined) =>
  (message: Message): boolean =>
    words?.some((word) => `${message.file}:${message.line}: ${message.summary} ${message.detail}`.includes(word)) ?? false

function load(files: Record<string, string>): Message[] {
  const diags = new Diagnostics()
  const { config } = installLocalModules('.', memoryFileSystem(files), diags)
  if (!diags.hasErrors) checkModuleArguments(config, diags)
  return diags.items.map(({ severity, subject, summary, detail }) => ({
    detail,
    file: subject?.source.filename ?? 'main.tf',
    line: subject === undefined ? null : rangeStart(subject).line,
    severity,
    summary,
  }))
}

const inOrder = (messages: readonly Message[]): Message[] => messages.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

describe('messages of Terraform', () => {
  test.each(cases)('$name', ({ name, files, partial, want: all }) => {
    const added = isAbout(additions[name])
    const want = all.filter((message) => !added(message))
    const got = load(files).filter((message) => !added(message))
    if (partial) expect(got).toEqual(expect.arrayContaining(want))
    else expect(inOrder(got)).toEqual(inOrder(want))
  })
})

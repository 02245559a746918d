import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, type Outcome, terraform, type Workspace } from './_cli.ts'
import { normalized } from './_peer.ts'
import { ServedPeers } from './_served.ts'

/** Folders with tests, by what they are about: files by path. */
export type TestFolders = Readonly<Record<string, Readonly<Record<string, string>>>>

/** For modules that use the provider `test`. */
export const required = 'terraform {\n  required_providers {\n    test = {\n      source = "hashicorp/test"\n    }\n  }\n}\n'

const calls: readonly (readonly string[])[] = [
  ['test', '-no-color'],
  ['test', '-no-color', '-verbose'],
  ['test', '-json'],
  ['test', '-no-color', '-filter=main.tftest.hcl', '-junit-xml=junit.xml'],
]

/** Without times, ids and values that were made up; of the stream, with its keys in order. */
function plain(w: Workspace, { code, stdout, stderr }: Outcome): readonly string[] {
  const clean = (text: string): string =>
    normalized(text.replaceAll(w.dir, 'DIR'))
      .replace(/(= \\?")[a-z0-9]{8}(?=\\?")/g, '$1RANDOM')
      .replace(/"@timestamp":"[^"]*",?/g, '')
      .replace(/"elapsed":\d+/g, '"elapsed":0')
      .replace(/"timestamp":"[^"]*"/g, '"timestamp":""')
  return [`exit code ${code}`, ...inOrder(clean(stdout).split('\n')), ...clean(stderr).split('\n')]
}

/** Terraform tells of variables that nobody declares in no particular order. */
function inOrder(lines: string[]): string[] {
  const isOne = (line: string | undefined): boolean => line?.includes('"Warning: Value for undeclared variable"') === true
  for (let i = 0; i < lines.length; i++) {
    let end = i
    while (isOne(lines[end])) end++
    if (end > i + 1) lines.splice(i, end - i, ...lines.slice(i, end).sort())
    i = Math.max(i, end - 1)
  }
  return lines
}

/**
 * Both tools must judge the tests in the same words: for people, for programs, and as a file.
 *
 * @param exceptions calls such as `NAME: test -json` that are answered in another way, each with the reason
 */
export function compareTests(title: string, folders: TestFolders, exceptions: Readonly<Record<string, string>>): void {
  describe.skipIf(terraform === undefined)(title, () => {
    beforeAll(ensureBuilt, 120_000)

    test.each(Object.entries(folders))('%s', { timeout: 300_000 }, (name, files) => {
      const peers = new ServedPeers()
      try {
        peers.write(files)
        for (const args of calls) {
          const { theirs, ours } = peers.run(args)
          if (`${name}: ${args.join(' ')}` in exceptions) continue
          expect([args.join(' '), ...plain(peers.ours, ours)]).toEqual([args.join(' '), ...plain(peers.theirs, theirs)])
        }
        const report = (w: Workspace): string | undefined => {
          const path = join(w.dir, 'junit.xml')
          return existsSync(path) ? normalized(readFileSync(path, 'utf8')).replace(/ (time|timestamp)="[^"]*"/g, '') : undefined
        }
        expect(report(peers.ours)).toBe(report(peers.theirs))
      } finally {
        peers.remove()
      }
    })
  })
}

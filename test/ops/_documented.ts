import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { repository } from './_project.ts'

/** What is different each time: times, days, ids of objects, digests of commits. */
function lasting(line: string): string {
  return line
    .replace(/\b\d+(\.\d+)? s\b/g, 'N s')
    .replace(/\b\d+ AWS calls?\b/g, 'N AWS calls')
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\b\d{4}-\d\d-\d\d\b/g, 'DAY')
    .replace(/\b[0-9a-f]{12}\b/g, 'COMMIT')
    .replace(/\b(vpc|sg|sgr|subnet|lt|i|eni|eipalloc)-[0-9a-f]{17}\b/g, '$1-ID')
    .trimEnd()
}

/**
 * Holds an example in the documentation against what was really printed: each of its lines stands there, in this order, and one after the other but for lines `...`, which stand
 * for any others.
 *
 * @param page such as `docs/ci.md`
 * @param having a line by which the block is found
 */
export function expectDocumented(page: string, having: string, output: string): void {
  const text = readFileSync(join(repository, page), 'utf8')
  const blocks = [...text.matchAll(/^(`{3,})\w*\n(.*?)^\1$/gms)].map((match) => match[2]!.split('\n').slice(0, -1))
  const found = blocks.filter((lines) => lines.includes(having))
  expect([having, found.length]).toEqual([having, 1])
  const shown = found[0]!.filter((line) => !line.startsWith('$ ')).map(lasting)
  const printed = output.split('\n').map(lasting)
  let at = 0
  let mayJump = true
  for (const line of shown) {
    if (line === '...') {
      mayJump = true
      continue
    }
    const next = mayJump ? printed.indexOf(line, at) : at
    if (next < 0) expect(printed.slice(at)).toContain(line)
    if (!mayJump && line !== printed[next]) {
      // An example may leave out what comes before it, not what stands in its midst.
      expect([page, printed[next]]).toEqual([page, line])
    }
    at = next + 1
    mayJump = false
  }
}

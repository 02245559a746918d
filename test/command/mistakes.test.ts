import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

/*
 * Small configurations with one mistake each and what Terraform 1.11.4 answers to `validate -json`: texts, places, excerpts, and the values
 * and signatures beside them.
 */

interface Mistake {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly diagnostics: readonly unknown[]
}

const mistakes = JSON.parse(readFileSync(new URL('./testdata/mistakes.json', import.meta.url), 'utf8')) as readonly Mistake[]

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-mistakes-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
})

/** What newer versions of Terraform say in addition, and Landform says. */
function withoutAdditions(text: string): unknown {
  return JSON.parse(text.replace(/(required), but have [a-z ]+/g, '$1'))
}

describe('mistakes', () => {
  test.each(mistakes)('$name', async ({ files, diagnostics }) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), text)
    }
    const environment = { LANDFORM_DIALECT: 'terraform', TF_CLI_CONFIG_FILE: '/dev/null' }
    if (Object.keys(files).some((path) => path.includes('/'))) await runIn(dir, ['get', '-no-color'], { environment })
    const { stdout } = await runIn(dir, ['validate', '-json'], { environment })
    const document = withoutAdditions(stdout) as { readonly diagnostics: readonly unknown[] }
    expect(document.diagnostics).toEqual(diagnostics)
  })
})

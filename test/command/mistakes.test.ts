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

const environment = { LANDFORM_DIALECT: 'terraform', TF_CLI_CONFIG_FILE: '/dev/null' }

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  if (Object.keys(files).some((path) => path.includes('/'))) await runIn(dir, ['get', '-no-color'], { environment })
}

describe('mistakes', () => {
  test.each(mistakes)('$name', async ({ files, diagnostics }) => {
    await write(files)
    const { stdout } = await runIn(dir, ['validate', '-json'], { environment })
    const document = withoutAdditions(stdout) as { readonly diagnostics: readonly unknown[] }
    expect(document.diagnostics).toEqual(diagnostics)
  })
})

/** Configurations whose texts differ, or that are no mistakes at all: what `validate` and `plan` of Terraform 1.11.4 make of them. */
interface Verdict {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly validate: boolean
  readonly plan: boolean
}

const verdicts = JSON.parse(readFileSync(new URL('./testdata/verdicts.json', import.meta.url), 'utf8')) as readonly Verdict[]

const inOpenTofu = 'OpenTofu allows it'
const sensitiveOutputs = 'Terraform 1.11 forgets that a module declares an output sensitive; other versions and OpenTofu do not'
const ephemeralOutputs = 'what is declared ephemeral is ephemeral, whatever it was before'
const anyTemplate = 'templatestring of OpenTofu takes any text'

/** What is judged otherwise on purpose, and why. */
const otherwise: Readonly<Record<string, string>> = {
  'func-templatestring-literal': anyTemplate,
  'ts-paren': anyTemplate,
  'ts-wrap': anyTemplate,
  'ts-tpl': anyTemplate,
  'ts-func': anyTemplate,
  'ts-cond': anyTemplate,
  'ts-recursive': anyTemplate,
  'ts-number': anyTemplate,
  'resource-lifecycle-pd-var': inOpenTofu,
  'module-reserved-block': inOpenTofu,
  'n-variable-const': inOpenTofu,
  'import-var-key': inOpenTofu,
  'import-local-key': inOpenTofu,
  'import-resource-key': inOpenTofu,
  'eo-unmarked': ephemeralOutputs,
  'eo-null': ephemeralOutputs,
  'eo-passed-through': ephemeralOutputs,
  'mo-ephemeral': ephemeralOutputs,
  'mo-ephemeral-res': ephemeralOutputs,
  'mo-sensitive': sensitiveOutputs,
  'mo-foreach-sensitive': sensitiveOutputs,
  'eo-child-sens-count': sensitiveOutputs,
  't-count0': 'where nothing is, nothing changes',
}

describe('verdicts', () => {
  test.each(verdicts)('$name', async ({ name, files, validate, plan }) => {
    await write(files)
    const codeOf = async (...argv: string[]) => (await runIn(dir, argv, { environment })).code
    const valid = (await codeOf('validate', '-json')) === 0
    // What is not valid is not planned either.
    const planned = valid && (await codeOf('plan', '-input=false', '-lock=false', '-no-color')) === 0
    if (otherwise[name] === undefined) expect({ valid, planned }).toEqual({ valid: validate, planned: plan })
    else expect({ valid, planned }).not.toEqual({ valid: validate, planned: plan })
  })

  test('of everything that is judged otherwise there is a case', () => {
    const names = new Set(verdicts.map(({ name }) => name))
    expect(Object.keys(otherwise).filter((name) => !names.has(name))).toEqual([])
  })
})

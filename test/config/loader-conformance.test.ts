import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { diskFileSystem, installedModules, installLocalModules, loadConfig, parseModulesManifest } from '../../src/config/index.ts'
import { type Diagnostic, Diagnostics, formatRange, rangeStart } from '../../src/diags/index.ts'

const root = '../shared/conformance/loader'

interface Expected {
  readonly severity?: string
  readonly summary?: string
  readonly detail?: string
  readonly line?: number
  readonly contains?: string
}

interface Case {
  readonly id: string
  readonly expect: 'accept' | 'reject'
  readonly diagnostics: readonly Expected[]
  readonly tofu_only?: boolean
  readonly opentofu_wording?: boolean
  readonly installed_modules?: boolean
}

/** What is not the loader's answer today, and why. A case that comes right makes its line fail. */
const verdictExceptions: Readonly<Record<string, string>> = {
  'error-files--unsupported_version_legacy.tofu': 'files for OpenTofu are left out with a warning until that language is supported',
  'valid-modules--override-variable': 'OpenTofu `const` of variables',
  'valid-modules--predecessor-version-constraints-ignored': 'OpenTofu ignores required_version, Terraform does not',
  'valid-files--modules-with-version.tf': 'OpenTofu evaluates module versions early',
  'warning-files--ineffective-version-constraint.tf': 'OpenTofu `language` block',
}

/** Right verdict, other diagnostics. */
const wordingExceptions: Readonly<Record<string, string>> = {
  'config-diagnostics--nested-provider': 'OpenTofu also names "enabled" in this message',
  'error-files--module-sensitive.tf': 'OpenTofu evaluates module sources early',
  'error-files--unsupported_experiment.tf': 'OpenTofu `language` block',
  'error-files--unsupported_version.tf': 'OpenTofu `language` block',
  'invalid-files--ephemeral-count-and-for_each-and-enabled.tf': 'OpenTofu "enabled"; Terraform words the combination otherwise',
  'invalid-files--resource-count-and-for_each-and-enabled.tf': 'OpenTofu "enabled"; Terraform words the combination otherwise',
  'invalid-files--resource-count-and-for_each.tf': 'Terraform words the combination otherwise',
  'warning-files--unused_variable_default_attrs.tf': 'a warning that Terraform does not give',
}

/** Product names do not count. */
function plain(text: string): string {
  return text
    .replace(/registry\.(opentofu\.org|terraform\.io)/g, 'registry')
    .replace(/\b(OpenTofu|Terraform|Landform|tofu|terraform|landform)\b/g, 'PRODUCT')
    .replace(/\s+/g, ' ')
    .trim()
}

function fits(want: Expected, got: Diagnostic): boolean {
  if (want.severity !== undefined && want.severity !== got.severity) return false
  if (want.summary !== undefined && plain(want.summary) !== plain(got.summary)) return false
  if (want.detail !== undefined && plain(want.detail) !== plain(got.detail)) return false
  if (want.line !== undefined && (got.subject === undefined || rangeStart(got.subject).line !== want.line)) return false
  if (want.contains === undefined) return true
  const place = got.subject === undefined ? '' : formatRange(got.subject)
  return plain(`${place}: ${got.summary}; ${got.detail}`).includes(plain(want.contains.slice(want.contains.indexOf('/') + 1)))
}

function load(id: string, installed: boolean): readonly Diagnostic[] {
  const files = diskFileSystem(`${root}/cases/${id}`)
  const diags = new Diagnostics()
  if (installed) {
    const manifest = parseModulesManifest(files.readFile('.terraform/modules/modules.json')!, diags)!
    loadConfig('.', { files, installed: installedModules(manifest, diags) }, diags)
  } else installLocalModules('.', files, diags)
  return diags.items
}

const notInstalled = new Set(['Module not installed', 'Remote modules are not supported yet', 'Unreadable module directory'])

const cases: readonly Case[] = existsSync(`${root}/cases.json`) ? JSON.parse(readFileSync(`${root}/cases.json`, 'utf8')) : []

describe.skipIf(cases.length === 0)('loader conformance (shared/conformance/loader)', () => {
  test.each(cases)('$id', ({ id, expect: verdict, diagnostics, installed_modules }) => {
    const got = load(id, installed_modules === true)
    const errors = got.filter((d) => d.severity === 'error' && !notInstalled.has(d.summary))
    const shown = got.map((d) => `${d.severity} ${d.subject ? formatRange(d.subject) : '-'}: ${d.summary}; ${d.detail}`).join('\n')
    const rightVerdict = errors.length > 0 === (verdict === 'reject')
    expect(rightVerdict, `${id}: ${verdict} expected\n${shown}`).toBe(!Object.hasOwn(verdictExceptions, id))
    if (!rightVerdict) return
    const missing = diagnostics.filter((want) => !got.some((d) => fits(want, d)))
    const exempt = Object.hasOwn(wordingExceptions, id)
    if (exempt) expect(missing.length, `${id} needs no exception`).toBeGreaterThan(0)
    else expect(missing, shown).toEqual([])
  })
})

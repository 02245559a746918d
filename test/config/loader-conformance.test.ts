import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  type ConfigDialect,
  diskFileSystem,
  installedModules,
  installLocalModules,
  loadConfig,
  parseModulesManifest,
  type StaticSurroundings,
} from '../../src/config/index.ts'
import { type Diagnostic, Diagnostics, formatRange, rangeStart } from '../../src/diags/index.ts'
import { functionTable } from '../../src/lang/functions/index.ts'

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

/*
 * Through `validate`, which looks further than the loader, one more case comes out otherwise: valid-files--outputs.tf refers to a local
 * value that nobody declares.
 */

/** Right or wrong verdict by what Terraform says, where OpenTofu says otherwise. A case that comes right makes its line fail. */
const verdictExceptions: Readonly<Record<ConfigDialect, Readonly<Record<string, string>>>> = {
  terraform: {
    'valid-modules--predecessor-version-constraints-ignored': 'OpenTofu ignores required_version, Terraform heeds it',
  },
  tofu: {},
}

/** Right verdict, other diagnostics. */
const wordingExceptions: Readonly<Record<ConfigDialect, Readonly<Record<string, string>>>> = {
  terraform: {
    'config-diagnostics--nested-provider': 'Terraform has no "enabled" to name in this message',
    'invalid-files--resource-count-and-for_each.tf': 'Terraform words the combination otherwise',
    'warning-files--unused_variable_default_attrs.tf': 'a warning that Terraform does not give',
  },
  tofu: {},
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

const functions = functionTable({ baseDir: root, pure: true })
const early: StaticSurroundings = {
  variables: () => new Map(),
  functions: () => ({ functions: functions.lookUp, functionNames: functions.names }),
  workspace: 'default',
  cwd: '.',
}

function load(id: string, installed: boolean, dialect: ConfigDialect): readonly Diagnostic[] {
  const files = diskFileSystem(`${root}/cases/${id}`)
  const diags = new Diagnostics()
  if (installed) {
    const manifest = parseModulesManifest(files.readFile('.terraform/modules/modules.json')!, diags)!
    loadConfig('.', { files, installed: installedModules(manifest, diags), dialect, early }, diags)
  } else installLocalModules('.', files, diags, undefined, { dialect, early })
  return diags.items
}

const notInstalled = new Set(['Module not installed', 'Remote modules are not supported yet', 'Unreadable module directory'])

const cases: readonly Case[] = existsSync(`${root}/cases.json`) ? JSON.parse(readFileSync(`${root}/cases.json`, 'utf8')) : []

describe.skipIf(cases.length === 0).each(['terraform', 'tofu'] as const)(
  'loader conformance (shared/conformance/loader), %s',
  (dialect) => {
    test.each(cases)('$id', ({ id, expect: verdict, diagnostics, installed_modules }) => {
      const got = load(id, installed_modules === true, dialect)
      const errors = got.filter((d) => d.severity === 'error' && !notInstalled.has(d.summary))
      const shown = got.map((d) => `${d.severity} ${d.subject ? formatRange(d.subject) : '-'}: ${d.summary}; ${d.detail}`).join('\n')
      const rightVerdict = errors.length > 0 === (verdict === 'reject')
      expect(rightVerdict, `${id}: ${verdict} expected\n${shown}`).toBe(!Object.hasOwn(verdictExceptions[dialect], id))
      if (!rightVerdict) return
      const missing = diagnostics.filter((want) => !got.some((d) => fits(want, d)))
      const exempt = Object.hasOwn(wordingExceptions[dialect], id)
      if (exempt) expect(missing.length, `${id} needs no exception`).toBeGreaterThan(0)
      else expect(missing, shown).toEqual([])
    })
  },
)

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

/*
 * Unusual configurations, by the rows of the feature matrix, with what Terraform says of them: the verdict, and each problem with its place.
 */

type Problem = readonly [severity: string, at: string | null, summary: string, detail: string]

interface Case {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly want: readonly Problem[]
}

const { cases } = JSON.parse(readFileSync(new URL('./testdata/verdicts.json', import.meta.url), 'utf8')) as { cases: readonly Case[] }

/** Another verdict than Terraform's. */
const otherVerdicts: Readonly<Record<string, string>> = {
  'L-003 override module call': 'a required argument that only an override file gives is there',
  'L-003 override gives required argument of data': 'a required argument that only an override file gives is there',
  'L-003 override module version': 'the version of a local module is passed over when it comes from an override file',
  'L-011 version prerelease and null': 'a version of null is none, as in OpenTofu and in Terraform since 1.15',
  'L-050 deprecated things of modules': '"deprecated" is known, as in OpenTofu',
  'L-074 import for_each with expressions': 'keys of import blocks are expressions, as in OpenTofu',
  'L-074 import key of local': 'keys of import blocks are expressions, as in OpenTofu',
  'L-074 import key of splat': 'keys of import blocks are expressions, as in OpenTofu; planning refuses what is no key',
  'L-054 provider for_each': 'providers have for_each, as in OpenTofu',
  'L-065 static things': 'sources of modules may name variables, as in OpenTofu',
  'L-051 names crossed': 'what is passed is the provider of the name in the caller; Terraform looks for that of the name in the module',
  'L-065 static path': 'sources of modules may name variables, as in OpenTofu',
}

/** The same verdict with other problems. */
const otherProblems: Readonly<Record<string, string>> = {
  'L-024 each misuse': 'Terraform tells of an attribute without a name, too',
  'L-051 proxy configuration is no alias passed': 'Terraform proposes the default source of the name, whatever the module says',
  'L-061 ephemeral root output': 'only Terraform minds outputs that are declared ephemeral and are not',
  'L-001 json import bad to': 'another place is named, or one where Terraform names none',
  'L-001 json module providers': 'another place is named, or one where Terraform names none',
  'L-001 json provider ref forms': 'a provider may have a key, as in OpenTofu',
  'L-001 json bad syntax': 'after a mistake of syntax nothing more is said of the same place',
  'L-001 json empty file': 'after a mistake of syntax nothing more is said of the same place',
  'L-003 override moved removed import check': 'Terraform passes over removed blocks in override files without a word',
  'L-003 override removed alone': 'Terraform passes over removed blocks in override files without a word',
  'L-003 override module providers': 'another place is named, or one where Terraform names none',
  'L-004 required version with other errors': 'only the version is told: the rest may be the language of another one',
  'L-006 configuration_aliases in root': 'another place is named, or one where Terraform names none',
  'L-006 configuration_aliases bad': 'a provider without an alias is told, too',
  'L-007 cloud in child': 'Terraform passes over cloud blocks in child modules without a word',
  'L-020 output computed set': 'another place is named, or one where Terraform names none',
  'L-022 ephemeral of another provider': 'there is a hint',
  'L-024 for_each access': 'what follows a missing key is not judged',
  'L-027 provider bad forms': 'an empty text is told once',
  'L-027 provider of nobody': 'another place is named, or one where Terraform names none',
  'L-028 depends_on self and cycle': 'what goes in a circle is told with places',
  'L-028 depends_on module': 'what goes in a circle is told with places',
  'L-031 ignore nonexistent': 'warnings are told beside errors',
  'L-033 conditions': 'Terraform says it twice or more',
  'L-033 conditions incomplete': 'what is not complete is not judged',
  'L-036 provisioners': 'all provisioners are judged, not only the first that is missing',
  'L-037 dynamic in module call': 'modules have a lifecycle block, as in OpenTofu',
  'L-050 cycle of modules': 'what goes in a circle is told with places',
  'L-056 validation cycle': 'what goes in a circle is told with places',
  'L-063 locals': 'what goes in a circle is told with places',
  'L-063 bad references': 'Terraform tells of names that are empty, too',
  'L-074 import key without for_each': 'keys of import blocks are expressions, as in OpenTofu',
  'L-074 import identity': 'identities are known, as in OpenTofu and in Terraform since 1.12',
  'L-077 check data outside': 'the words of a reference to nothing',
  'L-077 check data count': 'a block that may not be there is not judged',
  'L-077 check with connection to others': 'Terraform says it twice or more',
  'L-001 block labels missing': 'Terraform says it twice or more',
  'L-053 providers': 'another place is named, or one where Terraform names none',
  'rules unknown functions check': 'what depends on a mistake is judged, too',
  'rules root variable constant': 'what is and-ed with false is known to be false',
  'comments and newlines': 'reading goes on after the mistake',
  'tuple type defaults': 'the index is not called too large',
}

/** Product names do not count, nor what newer versions say of the value beside what is required. */
function plain([severity, at, summary, detail]: Problem): string {
  const text = `${severity} ${at ?? ''} ${summary} | ${detail}`
  return text.replace(/\b(Landform|landform|Terraform|terraform)\b/g, 'PRODUCT').replace(/ required, but have \w+( of \w+)?/g, ' required')
}

interface Found {
  readonly severity: string
  readonly summary: string
  readonly detail: string
  readonly range?: { readonly filename: string; readonly start: Place; readonly end: Place }
}
interface Place {
  readonly line: number
  readonly column: number
}

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-verdicts-'))
})
afterAll(() => {
  rmSync(dir, { recursive: true, force: true })
})

function write(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(dir, 'case-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

async function judge(files: Readonly<Record<string, string>>, name: string): Promise<readonly Problem[]> {
  const folder = write(files)
  const options = { name, environment: { LANDFORM_PROVIDERS: '' } }
  await runIn(folder, ['get'], options)
  const { stdout } = await runIn(folder, ['validate', '-json'], options)
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: readonly Found[] }
  return diagnostics.map(({ severity, summary, detail, range: r }) => {
    const at = r && `${r.filename}:${r.start.line},${r.start.column}-${r.end.line},${r.end.column}`
    return [severity, at ?? null, summary, detail]
  })
}

const isRejected = (problems: readonly Problem[]): boolean => problems.some(([severity]) => severity === 'error')

describe('verdicts of Terraform', () => {
  test.each(cases)('$name', async ({ name, files, want }) => {
    const got = await judge(files, 'terraform')
    expect(isRejected(got) === isRejected(want), JSON.stringify(got)).toBe(!Object.hasOwn(otherVerdicts, name))
    const same = JSON.stringify(got.map(plain).sort()) === JSON.stringify(want.map(plain).sort())
    if (Object.hasOwn(otherVerdicts, name) || Object.hasOwn(otherProblems, name)) expect(same).toBe(false)
    else expect(got.map(plain).sort()).toEqual(want.map(plain).sort())
  })

  test('that modules do not fit together keeps none from being installed', async () => {
    const files = cases.find(({ name }) => name === 'L-051 aliases passed on')!.files
    const folder = write(files)
    const got = await runIn(folder, ['get', '-no-color'], { name: 'terraform' })
    expect(got.code).toBe(0)
    expect(got.stdout).toMatch(/^- m in m\n/)
    expect(got.stdout).toContain('Warning: Provider type mismatch')
    const init = await runIn(folder, ['init', '-no-color'], { name: 'terraform' })
    expect(init.code).toBe(1)
    expect(init.stderr).toContain('Error: Provider type mismatch')
  })

  test('modules whose names cannot be names of folders are not installed', async () => {
    const folder = write({ 'main.tf': 'module "../m" {\n  source = "./m"\n}\n', 'm/main.tf': 'nope {\n}\n' })
    const got = await runIn(folder, ['get', '-no-color'], { name: 'terraform' })
    expect(got.code).toBe(1)
    expect(got.stdout).toBe('')
    expect(got.stderr.match(/Error: .*/g)).toEqual(['Error: Invalid module instance name'])
  })

  test('exceptions are cases', () => {
    const names = new Set(cases.map(({ name }) => name))
    expect([...Object.keys(otherVerdicts), ...Object.keys(otherProblems)].filter((name) => !names.has(name))).toEqual([])
  })
})

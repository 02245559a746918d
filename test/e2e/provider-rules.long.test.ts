import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, type Outcome, terraform, Workspace } from './_cli.ts'
import { normalized, normalizedText } from './_peer.ts'

const folder = fileURLToPath(new URL('../fixtures/rude', import.meta.url))

const required = 'terraform {\n  required_providers {\n    rude = { source = "hashicorp/rude" }\n  }\n}\n'

/** One object that has its provider break a rule; `more` is what it says beside that. */
const object = (how: string, more = 'value = "v"'): string =>
  `${required}resource "rude_object" "a" {\n  how = ${how === '' ? 'null' : `"${how}"`}\n${more}\n}\n`

interface Step {
  readonly config: string
  readonly args?: readonly string[]
}

const full = `
  value    = "v"
  secret   = "s3cret"
  names    = ["a", "b"]
  password = "p"
  part { name = "a" }
  piece { name = "a" }`

const late = 'value = terraform_data.late.output'
const lateData = (n: number): string => `\nresource "terraform_data" "late" { input = ${n} }\n`

const single = (how: string, more?: string): [string, Step[]] => [how, [{ config: object(how, more) }]]
/** What an object of good manners meets when its manners change. */
const afterwards = (how: string, more?: string): [string, Step[]] => [
  `${how}, later`,
  [{ config: object('', more) }, { config: object(how, more) }],
]

const cases: Record<string, Step[]> = Object.fromEntries([
  ...[
    'plan other value',
    'plan unknown value',
    'plan value for null',
    'plan null',
    'plan write-only',
    'plan more blocks',
    'plan other blocks',
    'plan other pieces',
    'plan other list',
    'plan no such path',
    'plan error',
    'old sdk',
    'old sdk path',
    'apply other value',
    'apply other list',
    'apply other blocks',
    'apply unknown',
    'apply null',
    'apply write-only',
    'apply error with nothing',
    'apply error with half',
    'apply error with unknown',
    'apply error with other',
  ].flatMap((how) => [single(how, full), afterwards(how, full)]),
  single('plan other secret', full),
  single('apply other secret', full),
  single('plan other computed', 'kept = "k"'),
  afterwards('plan other computed'),
  single('apply other computed', 'kept = "k"'),
  afterwards('apply other computed'),
  ['final plan other value', [{ config: object('final plan other value', late) + lateData(1) }]],
  [
    'final plan replace',
    [{ config: object('final plan replace', late) + lateData(1) }, { config: object('final plan replace', late) + lateData(2) }],
  ],
  ...['read unknown', 'read write-only', 'read nothing', 'read error', 'upgrade error'].map((how): [string, Step[]] => [
    how,
    [{ config: object(how) }, { config: object(how) }, { config: object(how), args: ['-destroy'] }],
  ]),
  ...['destroy plan object', 'destroy plan error', 'destroy keeps object', 'destroy error', 'destroy error with nothing'].map(
    (how): [string, Step[]] => [how, [{ config: object(how) }, { config: object(how), args: ['-destroy'] }, { config: required }]],
  ),
  ...['data null', 'data unknown', 'data other', 'data error'].map((how): [string, Step[]] => [
    how,
    [{ config: `${required}data "rude_data" "d" { how = "${how}" }\noutput "o" { value = data.rude_data.d.result }` }],
  ]),
  ['import of nothing', [{ config: `${object('')}import {\n  to = rude_object.a\n  id = "none"\n}` }]],
] as [string, Step[]][])

/** What Terraform forgets the object after, which is there all the same. */
const losesObjects: ReadonlySet<string> = new Set(['apply write-only', 'apply write-only, later'])

/** The provider as a plugin that terraform attaches to. */
async function served(w: Workspace): Promise<{ readonly attach: string; readonly stop: () => void }> {
  const plugin = w.start(['provider', 'serve', join(folder, 'rude.js'), '-release=1.0.0', '-debug'])
  let said = ''
  const attach = await new Promise<string>((resolve, reject) => {
    plugin.stdout!.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const value = /TF_REATTACH_PROVIDERS='(.*)'/.exec(said)?.[1]
      if (value !== undefined) resolve(value)
    })
    plugin.once('exit', () => reject(new Error(`the provider does not start: ${said}`)))
  })
  return { attach, stop: () => void plugin.kill() }
}

// Needs LANDFORM_PEER_TERRAFORM or a terraform in PATH.
describe.skipIf(terraform === undefined)(
  'what is said of a provider that breaks a rule, and what is kept, is what terraform says and keeps',
  () => {
    const theirs = new Workspace({})
    const ours = new Workspace({}, { LANDFORM_PROVIDERS: folder, LANDFORM_DIALECT: 'terraform' })
    let stop: (() => void) | undefined
    let env: Record<string, string> = {}
    beforeAll(async () => {
      ensureBuilt()
      const plugin = await served(ours)
      stop = plugin.stop
      env = { TF_REATTACH_PROVIDERS: plugin.attach }
    }, 120_000)
    afterAll(() => {
      stop?.()
      theirs.remove()
      ours.remove()
    })

    const state = (w: Workspace): unknown => {
      const path = join(w.dir, 'terraform.tfstate')
      if (!existsSync(path)) return undefined
      return JSON.parse(normalized(readFileSync(path, 'utf8')), (key, value) => {
        if (key === 'lineage' || key === 'serial') return undefined
        // Terraform keeps the names of resources it has tried to make.
        return key === 'resources' ? (value as { instances: unknown[] }[]).filter((r) => r.instances.length > 0) : value
      })
    }
    /** Landform says of most of these mistakes also where the object is configured. */
    const withoutPlace = (text: string): string =>
      text.replace(/^ {2}with .*,\n(?: {2}on .*:\n +\d+: .*\n)?\n/gm, '').replace(/^ {2}on .*:\n +\d+: .*\n\n/gm, '')
    /** A word of Terraform's is stuck to the next, and one of its paths is what its own program calls it. */
    const corrected = (text: string): string =>
      text
        .replace('providerreturned', 'provider returned')
        .replaceAll(/\s+/g, ' ')
        .replace(/cty\.Path\{cty\.GetAttrStep\{Name:"(\w+)"\}\}/, '.$1')
    const outcome = ({ code, stdout, stderr }: Outcome) => ({
      code,
      // Before it plans the end of what is not configured any more Landform looks what has become of it, Terraform afterwards.
      stdout: normalizedText(stdout)
        .split('\n')
        .filter((line) => !line.includes(': Refreshing state...')),
      stderr: withoutPlace(normalizedText(stderr))
        .split(/\n(?=Error: |Warning: )/)
        .map(corrected)
        .sort(),
    })

    test.each(Object.entries(cases))('%s', { timeout: 120_000 }, (name, steps) => {
      for (const w of [theirs, ours])
        for (const name of ['terraform.tfstate', 'terraform.tfstate.backup']) rmSync(join(w.dir, name), { force: true })
      for (const { config, args = [] } of steps) {
        const line = ['apply', '-auto-approve', '-no-color', ...args]
        for (const w of [theirs, ours]) w.write({ 'main.tf': config })
        if (!existsSync(join(theirs.dir, '.terraform'))) {
          theirs.runProgram(terraform!, ['init', '-no-color'], { env })
          ours.run(['init', '-no-color'])
        }
        const want = outcome(theirs.runProgram(terraform!, line, { env }))
        expect(outcome(ours.run(line))).toEqual(want)
        if (!losesObjects.has(name)) expect(state(ours)).toEqual(state(theirs))
      }
    })
  },
)

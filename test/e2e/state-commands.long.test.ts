import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, type Outcome, terraform, Workspace } from './_cli.ts'

// Every command about states, given to both tools in copies of the same folder: the same words, exit codes, files and states.

const files = {
  'main.tf': `
    resource "terraform_data" "a" { input = "x" }
    resource "terraform_data" "b" {
      count = 2
      input = { a = count.index }
    }
    resource "terraform_data" "c" {
      for_each = toset(["k", "l"])
      input    = each.key
    }
    module "m" { source = "./m" }
    output "o" { value = terraform_data.a.output }`,
  'm/main.tf': `
    resource "terraform_data" "x" { input = 1 }
    data "terraform_remote_state" "r" {
      backend  = "local"
      config   = { path = "\${path.module}/../other.tfstate" }
      defaults = { z = 1 }
    }`,
  'other.tfstate':
    '{"version":4,"terraform_version":"1.11.4","serial":1,"lineage":"q","outputs":{"p":{"value":"v","type":"string"}},"resources":[]}',
}

let base: string
let theirs: Workspace
let ours: Workspace

beforeAll(() => {
  if (terraform === undefined) return
  ensureBuilt()
  const first = new Workspace(files)
  first.runProgram(terraform, ['init'])
  first.runProgram(terraform, ['apply', '-auto-approve'])
  base = mkdtempSync(join(tmpdir(), 'landform-base-'))
  cpSync(first.dir, base, { recursive: true })
  first.remove()
  theirs = new Workspace({})
  ours = new Workspace({})
})

afterAll(() => {
  theirs?.remove()
  ours?.remove()
  if (base !== undefined) rmSync(base, { recursive: true })
})

function fresh(): void {
  for (const { dir } of [theirs, ours]) {
    for (const name of readdirSync(dir)) rmSync(join(dir, name), { recursive: true })
    cpSync(base, dir, { recursive: true })
  }
}

/** What is left of an outcome once the names of the tools, the layout of paragraphs and the help are gone. */
function normalized({ code, stdout, stderr }: Outcome, dir: string): unknown {
  const words = (text: string): string =>
    text
      .replace(/\u001b\[[0-9;]*m/g, '')
      .replace(/^Usage: [\s\S]*/m, '')
      .replaceAll('landform', 'terraform')
      .replaceAll('Landform', 'Terraform')
      .replaceAll(dir, 'DIR')
      .replace(/\/tmp\/[^/\s]*\/([12]-)/g, 'TMP/$1')
      .replaceAll('Acquiring state lock. This may take a few moments...\n', '')
      .replace(/^[╷╵│]|source code not available|on\s+(?:<import-address> )?line [01]:| {3}1: .*$/gm, '')
      .replace(/error: flag provided but not defined: |Error parsing command-line flags: .*/, '')
      .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => !/: (Refreshing state|Reading|Read complete)/.test(line))
      .join(' ')
      .replace(/\(\s*\)|For more help on using this command.*/g, '')
      .replace(/\s+/g, ' ')
      .trim()
  return { code, stdout: words(stdout), stderr: words(stderr) }
}

/** Every state in a folder; what is made at random in it is left out. */
function states(dir: string): unknown {
  const found: Record<string, unknown> = {}
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!/\.(tfstate|backup|environment)$|^(out|bk|q)$/.test(name)) continue
    const text = readFileSync(join(dir, name), 'utf8')
    const key = name.replace(/\.\d{10}\./, '.N.')
    if (text === '') continue
    const json = JSON.parse(text) as { lineage?: string }
    if (json.lineage !== undefined && json.lineage.length > 10) json.lineage = 'L'
    found[key] = json
  }
  const environment = join(dir, '.terraform', 'environment')
  if (existsSync(environment)) found.environment = readFileSync(environment, 'utf8')
  return found
}

function compare(args: readonly string[], input?: string): void {
  const options = input === undefined ? {} : { input }
  const a = theirs.runProgram(terraform!, args, options)
  const b = ours.run(args, options)
  expect(normalized(b, ours.dir)).toEqual(normalized(a, theirs.dir))
  expect(states(ours.dir)).toEqual(states(theirs.dir))
}

const single = `
state list
state list terraform_data.b
state list terraform_data.b[0] terraform_data.c module.m
state list -id=zzz
state list nope.x
state list bad[
state list -state=no.tfstate
state list -foo
state list module.zz
state list -state=other.tfstate
state show
state show terraform_data.a
state show terraform_data.b
state show module.m.data.terraform_remote_state.r
state show -state=no.tfstate terraform_data.a
state mv
state mv a
state mv terraform_data.a terraform_data.z
state mv -dry-run terraform_data.a terraform_data.z
state mv terraform_data.b terraform_data.z
state mv terraform_data.b[0] terraform_data.z
state mv terraform_data.b[1] module.q["w"].terraform_data.n[3]
state mv module.m module.n
state mv module.m module.n.module.o
state mv module.m terraform_data.q
state mv terraform_data.a module.x
state mv terraform_data.a null_resource.x
state mv terraform_data.a terraform_data.b
state mv terraform_data.a terraform_data.b[0]
state mv terraform_data.b terraform_data.z[0]
state mv terraform_data.no terraform_data.z
state mv bad[ x.y
state mv terraform_data.a bad[
state mv module.no module.z
state mv module.m.data.terraform_remote_state.r data.terraform_remote_state.r
state mv module.m.data.terraform_remote_state.r terraform_data.r
state mv -state-out=out.tfstate terraform_data.a terraform_data.z
state mv -state-out=out.tfstate module.m module.m
state mv -backup=bk terraform_data.a terraform_data.z
state mv -backup=- terraform_data.a terraform_data.z
state mv -state=no.tfstate terraform_data.a terraform_data.z
state mv terraform_data.a terraform_data.a
state mv terraform_data.b terraform_data.c
state mv module.m module.m
state mv module.m data.q.x
state mv terraform_data.b module.z
state mv terraform_data.b[9] terraform_data.b[3]
state mv terraform_data.b[0] data.x.y
state mv module.m module.m[0]
state mv module.m.terraform_data.x module.m[0].terraform_data.x
state rm
state rm terraform_data.a
state rm -dry-run terraform_data.b module.m
state rm terraform_data.b module.m
state rm terraform_data.no
state rm terraform_data.a terraform_data.no
state rm bad[
state rm -backup=- terraform_data.a
state rm -backup=bk terraform_data.a
state rm -state=no.tfstate terraform_data.a
state rm module.m.data.terraform_remote_state.r
state rm module.no
state rm -state=terraform.tfstate terraform_data.c
state rm -foo x
state rm terraform_data.b[0] terraform_data.b
state pull
state pull x
state push
state push no.tfstate
state push -force other.tfstate
state push terraform.tfstate
state push a b
state replace-provider
state replace-provider -auto-approve aws acme/foo
state replace-provider -auto-approve aws b/a/c/d
state replace-provider -state=no.tfstate -auto-approve aws acme/foo
taint
taint terraform_data.a
taint terraform_data.b
taint terraform_data.b[0]
taint module.m.terraform_data.x
taint terraform_data.no
taint module.m
taint data.x.y
taint module.m.data.terraform_remote_state.r
taint -allow-missing terraform_data.no
taint -state=no.tfstate terraform_data.a
taint -state=no.tfstate -allow-missing terraform_data.a
taint -state-out=out.tfstate terraform_data.a
taint -backup=bk terraform_data.a
taint -backup=- terraform_data.a
taint -lock=false terraform_data.a
untaint
untaint terraform_data.a
untaint terraform_data.no
untaint -allow-missing terraform_data.no
untaint module.m
untaint data.x.y
workspace list
workspace list x
workspace show
workspace new
workspace new a
workspace new b/c
workspace new -state=other.tfstate q
workspace new -state=terraform.tfstate r
workspace select zz
workspace select -or-create zz
workspace select default
workspace select
workspace delete
workspace delete nope
force-unlock
force-unlock a b
import
import a
import terraform_data.new x
import terraform_data.c["z"] x
import module.m x
import data.x.y z
import foo.bar x
import module.zz.terraform_data.a x
import -config=nope terraform_data.a x
refresh
refresh x
refresh -foo
taint module.m
taint terraform_data.*
taint terraform_data.a[*]
taint terraform_data.a[-1]
taint terraform_data.a.b
taint data
untaint module.m[0]
import module.m x
import terraform_data.* x
import terraform_data.a["k x
state rm terraform_data.*
state rm module.m.terraform_data
state mv terraform_data.a[*] terraform_data.z
state mv terraform_data.a module.
plan -replace=module.m
plan -replace=terraform_data.a.b
plan -target=terraform_data.*
plan -target=module.`
  .trim()
  .split('\n')

describe.skipIf(terraform === undefined)('the same as terraform, which is not here', () => {
  test.each(single)('%s', (line) => {
    fresh()
    compare(line.split(' '))
  })

  test('one thing after the other', () => {
    fresh()
    for (const line of [
      'state mv terraform_data.a terraform_data.z',
      'state mv terraform_data.z terraform_data.a',
      'taint terraform_data.a',
      'untaint terraform_data.a',
      'untaint terraform_data.a',
      'state rm terraform_data.a',
      'import terraform_data.a some-id',
      'import terraform_data.a some-id',
      'state mv -state-out=out.tfstate terraform_data.a terraform_data.z',
      'state mv -state-out=out.tfstate terraform_data.b terraform_data.b',
      'workspace new one',
      'state list',
      'workspace select default',
      'workspace delete one',
      'workspace list',
    ]) {
      // Both make names of backups from the second it is.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
      if (line.startsWith('import') && !line.includes('-config')) {
        const a = theirs.runProgram(terraform!, line.split(' '))
        const b = ours.run(line.split(' '))
        expect(b.code).toBe(a.code)
        expect(states(ours.dir)).toEqual(states(theirs.dir))
      } else compare(line.split(' '))
    }
  })

  const backends: [name: string, steps: readonly (readonly [config: string | undefined, args: string, input?: string])[]][] = [
    [
      'a path, another one, none',
      [
        ['path = "x.tfstate"', 'init -input=false'],
        ['path = "x.tfstate"', 'init', 'yes\n'],
        ['path = "x.tfstate"', 'state list'],
        ['path = "y.tfstate"', 'init'],
        ['path = "y.tfstate"', 'init -migrate-state', 'yes\n'],
        ['path = "z.tfstate"', 'init -migrate-state', 'no\n'],
        ['path = "y.tfstate"', 'init -reconfigure'],
        ['path = "w.tfstate"', 'init -force-copy'],
        [undefined, 'init'],
        [undefined, 'init -migrate-state -force-copy'],
        [undefined, 'state list'],
      ],
    ],
    [
      'partial configuration',
      [
        ['', 'init -backend-config=path=p.tfstate -force-copy'],
        ['', 'state list'],
        ['', 'init'],
        ['', 'init -backend-config=path=q.tfstate'],
        ['', 'init -backend-config=path=q.tfstate -migrate-state', 'yes\n'],
        ['', 'init -backend-config=zork=1'],
        ['', 'init -backend-config=nofile.hcl'],
        ['', 'init -migrate-state -reconfigure'],
        ['', 'init -backend-config='],
        ['', 'init -backend-config=path= -reconfigure'],
      ],
    ],
    [
      'a local state and no leave to ask',
      [
        ['path = "x.tfstate"', 'init -input=false -reconfigure'],
        ['path = "x.tfstate"', 'init -reconfigure'],
        ['path = "x.tfstate"', 'init -input=false -migrate-state'],
        ['path = "x.tfstate"', 'state list'],
        ['path = "x.tfstate"', 'init -reconfigure', 'yes\n'],
        ['path = "x.tfstate"', 'state list'],
      ],
    ],
    [
      'a local state that is not wanted',
      [
        ['path = "x.tfstate"', 'init', 'no\n'],
        ['path = "x.tfstate"', 'state list'],
        [undefined, 'init -input=false'],
        [undefined, 'plan'],
      ],
    ],
    [
      'workspaces in the same folders',
      [
        [undefined, 'workspace new -state=terraform.tfstate w'],
        ['path = "x.tfstate"', 'init', 'no\n'],
        ['path = "x.tfstate"', 'init -input=false'],
        ['path = "x.tfstate"', 'init -force-copy'],
        ['path = "x.tfstate"', 'workspace list'],
        ['path = "x.tfstate"', 'workspace select default'],
        ['path = "x.tfstate"', 'state list'],
      ],
    ],
  ]
  test.each(backends)('init: %s', (_, steps) => {
    fresh()
    for (const [config, args, input] of steps) {
      for (const { dir } of [theirs, ours]) {
        const path = join(dir, 'be.tf')
        if (config === undefined) rmSync(path, { force: true })
        else writeFileSync(path, `terraform {\n  backend "local" {\n    ${config}\n  }\n}\n`)
      }
      const options = input === undefined ? {} : { input }
      const a = theirs.runProgram(terraform!, args.split(' '), options)
      const b = ours.run(args.split(' '), options)
      const brief = (outcome: Outcome, dir: string): unknown =>
        JSON.parse(
          // Beside what Terraform says Landform says what has become of it, or what to do.
          JSON.stringify(normalized(outcome, dir))
            .replace(/ Nothing has been changed\./g, '')
            .replace(/input is disabled Please remove the .{0,2}-input=false.{0,2} option and try again\./g, 'input is disabled')
            .replace(/Initializing (modules|provider plugins)\.\.\.( - terraform.io\S* is built in to \S+)?/g, '')
            .replace(/ +(?=[" ])/g, ''),
        )
      expect([args, brief(b, ours.dir)]).toEqual([args, brief(a, theirs.dir)])
      // Landform removes the state that it has moved away; Terraform leaves an empty file.
      expect(states(ours.dir)).toEqual(states(theirs.dir))
    }
  })
})

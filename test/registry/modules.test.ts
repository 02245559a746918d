import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { moduleSourceToString, parseModuleSource } from '../../src/config/index.ts'
import { Diagnostics } from '../../src/diags/index.ts'
import { copyModule } from '../../src/workdir/copy-module.ts'
import { loadConfiguration, readSettings } from '../../src/workdir/index.ts'
import { initModules } from '../../src/workdir/init-modules.ts'
import { certificateFile, type Host, sha256, startHost } from './_hosts.ts'
import { tar, tarGz } from './_tar.ts'
import { zip } from './_zip.ts'

describe('addresses, as terraform 1.11.4 writes them into modules.json', () => {
  test.each([
    ['github.com/hashicorp/example', 'git::https://github.com/hashicorp/example.git'],
    ['github.com/hashicorp/example.git//sub?ref=v1', 'git::https://github.com/hashicorp/example.git//sub?ref=v1'],
    ['github.com/hashicorp/example/a/b', 'git::https://github.com/hashicorp/example.git//a/b'],
    ['bitbucket.org/hashicorp/tf-test-git', 'git::https://bitbucket.org/hashicorp/tf-test-git.git'],
    ['git@github.com:hashicorp/example.git//sub?ref=x', 'git::ssh://git@github.com/hashicorp/example.git//sub?ref=x'],
    ['git::ssh://git@localhost/x', 'git::ssh://git@localhost/x'],
    ['/tmp/repo//a', 'file:///tmp/repo//a'],
    ['https://example.com/pkg/mod.zip//other', 'https://example.com/pkg/mod.zip//other'],
    ['git::file:///tmp/repo?ref=v1&depth=1', 'git::file:///tmp/repo?ref=v1&depth=1'],
    ['bucket.s3.eu-west-1.amazonaws.com/p/x.zip', 's3::https://s3.eu-west-1.amazonaws.com/bucket/p/x.zip'],
    ['s3-eu-west-1.amazonaws.com/bucket/x.zip', 's3::https://s3-eu-west-1.amazonaws.com/bucket/x.zip'],
    ['www.googleapis.com/storage/v1/bucket/x', 'gcs::https://www.googleapis.com/storage/v1/bucket/x'],
    ['hashicorp/consul/aws//modules/x', 'registry.terraform.io/hashicorp/consul/aws//modules/x'],
    ['Example.com/Ns/mod/sys', 'example.com/Ns/mod/sys'],
  ])('%s', (text, want) => {
    const source = parseModuleSource(text, false)
    expect('kind' in source ? moduleSourceToString(source) : source).toBe(want)
  })
})

let host: Host
let dir: string
let previous: string
beforeEach(async () => {
  host = await startHost()
  previous = process.cwd()
  dir = mkdtempSync(join(tmpdir(), 'landform-modules-'))
  mkdirSync(join(dir, 'work'))
  process.chdir(join(dir, 'work'))
})
afterEach(async () => {
  process.chdir(previous)
  await host.close()
  rmSync(dir, { recursive: true, force: true })
})

const output = 'output "x" {\n  value = 1\n}\n'
const call = (name: string, source: string, version?: string): string =>
  `module "${name}" {\n  source = "${source}"\n${version === undefined ? '' : `  version = "${version}"\n`}}\n`

function write(files: Readonly<Record<string, string>>, at = '.'): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(at, path)), { recursive: true })
    writeFileSync(join(at, path), text)
  }
}

async function run(main?: string, upgrade = false): Promise<{ readonly told: readonly string[]; readonly said: readonly string[] }> {
  if (main !== undefined) write({ 'main.tf': main })
  write(
    { rc: `host "example.com" { services = { "modules.v1" = "${host.url}/v1/modules/" } }\ncredentials "example.com" { token = "t" }\n` },
    dir,
  )
  const environment = {
    ...process.env,
    HOME: dir,
    TF_CLI_CONFIG_FILE: join(dir, 'rc'),
    SSL_CERT_FILE: certificateFile,
    TF_REGISTRY_DISCOVERY_RETRY: '0',
  }
  const diags = new Diagnostics()
  const said: string[] = []
  await initModules(
    readSettings(environment, dir),
    {
      upgrade,
      onEvent: (e) => void (e.kind !== 'start' && said.push(e.kind === 'downloading' ? `${e.what} for ${e.key}` : `${e.key} in ${e.dir}`)),
    },
    diags,
  )
  return { told: diags.items.map((d) => `${d.summary}: ${d.detail}`), said }
}

const recorded = (): string => readFileSync('.terraform/modules/modules.json', 'utf8')

/** Nothing but finished packages. */
function leftOver(): readonly string[] {
  return existsSync('.terraform/modules') ? readdirSync('.terraform/modules').filter((name) => name.startsWith('.')) : []
}

/** A registry with versions 1.0.0, 1.2.0 and 2.0.0-beta of one module, whose package has two folders. */
function publishModule(): void {
  const versions = ['1.0.0', '1.2.0', '2.0.0-beta'].map((version) => ({ version }))
  host.json('/v1/modules/ns/mod/sys/versions', { modules: [{ versions }] })
  for (const { version } of versions) {
    host.routes.set(`/v1/modules/ns/mod/sys/${version}/download`, { status: 204, headers: { 'x-terraform-get': '/pkg/mod.zip//sub?x=1' } })
  }
  host.routes.set('/pkg/mod.zip', {
    body: zip([
      { name: 'sub/main.tf', content: call('inner', '../other'), mode: 0o100644 },
      { name: 'other/main.tf', content: output, mode: 0o100644 },
    ]),
  })
}

describe('modules of a registry', () => {
  test('newest version that fits, its folder, and the modules within its package', async () => {
    publishModule()
    const { told, said } = await run(call('m', 'example.com/ns/mod/sys', '~> 1.1'))
    expect([told, said]).toEqual([
      [],
      ['example.com/ns/mod/sys 1.2.0 for m', 'm in .terraform/modules/m/sub', 'm.inner in .terraform/modules/m/other'],
    ])
    expect(recorded()).toBe(
      '{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"m","Source":"example.com/ns/mod/sys","Version":"1.2.0","Dir":".terraform/modules/m/sub"},{"Key":"m.inner","Source":"../other","Dir":".terraform/modules/m/other"}]}',
    )
    expect(leftOver()).toEqual([])
    const diags = new Diagnostics()
    const { config } = loadConfiguration(readSettings({}, dir), diags)
    expect(diags.items).toEqual([])
    expect(config.children.get('m')!.children.get('inner')!.module.outputs.has('x')).toBe(true)
    expect(host.requests[0]).toBe('/v1/modules/ns/mod/sys/versions Bearer t')
    expect(host.requests.at(-1)).toBe('/pkg/mod.zip?x=1')
  })

  test('what is installed stays while it fits, unless asked otherwise', async () => {
    publishModule()
    await run(call('m', 'example.com/ns/mod/sys', '1.0.0'))
    expect((await run(call('m', 'example.com/ns/mod/sys', '~> 1.0'))).said).toEqual([])
    expect((await run(undefined, true)).said[0]).toBe('example.com/ns/mod/sys 1.2.0 for m')
    write({ 'main.tf': call('m', 'example.com/ns/mod/sys', '< 1.2') })
    const diags = new Diagnostics()
    loadConfiguration(readSettings({}, dir), diags)
    expect(diags.items.map((d) => d.summary)).toEqual(['Module version requirements have changed'])
    expect((await run()).said[0]).toBe('example.com/ns/mod/sys 1.0.0 for m')
    rmSync('.terraform/modules/m', { recursive: true })
    expect((await run()).said[0]).toBe('example.com/ns/mod/sys 1.0.0 for m')
  })

  test('where the registry says the place in its answer', async () => {
    publishModule()
    host.json('/v1/modules/ns/mod/sys/1.2.0/download', { location: `${host.url}/pkg/mod.zip//other` })
    expect((await run(call('m', 'example.com/ns/mod/sys'))).said).toEqual([
      'example.com/ns/mod/sys 1.2.0 for m',
      'm in .terraform/modules/m/other',
    ])
  })

  test.each<[what: string, version: string, spoil: () => void, want: string]>([
    [
      'no version fits',
      '~> 9.0',
      () => undefined,
      'Unresolvable module version constraint: There is no available version of module "example.com/ns/mod/sys" (main.tf:1) which matches the given version constraint. The newest available version is 1.2.0.',
    ],
    ['pre-releases only by their exact number', '>= 2.0.0-alpha', () => undefined, 'Unresolvable module version constraint: '],
    [
      'unknown',
      '1.0.0',
      () => host.routes.clear(),
      'Module not found: Module "m" (from main.tf:1) cannot be found in the module registry at example.com.',
    ],
    [
      'no download',
      '1.0.0',
      () => host.routes.delete('/v1/modules/ns/mod/sys/1.0.0/download'),
      'Error accessing remote module registry: Failed to retrieve a download URL for example.com/ns/mod/sys 1.0.0 from example.com: module "example.com/ns/mod/sys" version "1.0.0" not found',
    ],
    [
      'a failing registry',
      '1.0.0',
      () => host.routes.set('/v1/modules/ns/mod/sys/versions', { status: 500 }),
      'Error accessing remote module registry: Failed to retrieve available versions for module "m" (main.tf:1) from example.com: the registry answered 500',
    ],
    [
      'a file of this machine',
      '1.0.0',
      () => host.routes.set('/v1/modules/ns/mod/sys/1.0.0/download', { status: 204, headers: { 'x-terraform-get': 'file:///etc' } }),
      'Invalid package location from module registry',
    ],
    [
      'another registry module',
      '1.0.0',
      () => host.routes.set('/v1/modules/ns/mod/sys/1.0.0/download', { status: 204, headers: { 'x-terraform-get': 'a/b/c' } }),
      'Invalid package location from module registry',
    ],
  ])('%s', async (_, version, spoil, want) => {
    publishModule()
    spoil()
    const { told } = await run(call('m', 'example.com/ns/mod/sys', version))
    expect(told).toEqual([expect.stringContaining(want)])
    expect(leftOver()).toEqual([])
  })

  test('an exact pre-release', async () => {
    publishModule()
    expect((await run(call('m', 'example.com/ns/mod/sys', '2.0.0-beta'))).said[0]).toBe('example.com/ns/mod/sys 2.0.0-beta for m')
  })
})

describe('modules of servers', () => {
  const main = { name: 'main.tf', content: output, mode: 0o100644 }

  test.each<[what: string, path: string, body: Buffer]>([
    ['zip', '/m.zip', zip([main])],
    ['tar.gz', '/m.tar.gz', tarGz([main])],
    ['tgz', '/m.tgz', tarGz([main])],
    ['tar by query', '/m?archive=tar', tar([main])],
    ['checksum', `/m.zip?checksum=sha256:${sha256(zip([main]))}`, zip([main])],
    ['a folder by pattern', '/m.zip//*', zip([{ ...main, name: 'repo-1.0/main.tf' }])],
  ])('%s', async (_, path, body) => {
    host.routes.set(path.replace(/\?.*|\/\/\*/, ''), { body })
    expect((await run(call('m', `${host.url}${path}`))).told).toEqual([])
    expect(recorded()).toContain('"Key":"m"')
  })

  test.each<[what: string, headers: Record<string, string>, body: string]>([
    ['in a header', { 'x-terraform-get': './m.zip//d' }, ''],
    ['in a page', {}, '<html><head><META NAME="terraform-get" content="URL/get/m.zip//d"></head></html>'],
  ])('the real place %s; only the folder that it names is kept', async (_, headers, body) => {
    host.routes.set('/get/page', { headers, body: body.replace('URL', host.url) })
    host.routes.set('/get/m.zip', {
      body: zip([
        { ...main, name: 'd/main.tf' },
        { ...main, name: 'e/main.tf' },
      ]),
    })
    expect((await run(call('m', `${host.url}/get/page`))).told).toEqual([])
    expect(readdirSync('.terraform/modules/m')).toEqual(['main.tf'])
    expect(host.requests[0]).toBe('/get/page?terraform-get=1')
  })

  test('user names and passwords, from the address or .netrc, are sent and not shown', async () => {
    host.routes.set('/m.zip', (request, response) => {
      if (request.headers.authorization === undefined) response.writeHead(401).end()
      else response.end(zip([main]))
    })
    const url = host.url.replace('://', '://me:s3cret@')
    const { told, said } = await run(call('m', `${url}/m.zip`))
    expect(told).toEqual([])
    expect(said[0]).toBe(`${host.url.replace('://', '://***@')}/m.zip for m`)
    write({ '.netrc': 'machine other login a password b\nmachine localhost login me password s3cret\n' }, dir)
    expect((await run(call('n', `${host.url}/m.zip`))).told).toEqual([])
    expect(host.requests).toEqual(Array(2).fill(`/m.zip Basic ${Buffer.from('me:s3cret').toString('base64')}`))
    const failed = await run(call('o', `${url}/gone.zip`))
    expect(failed.told[0]).toContain('404')
    expect(failed.told.join()).not.toContain('s3cret')
  })

  test.each<[what: string, source: (url: string) => string, want: string]>([
    ['nothing there', (url) => `${url}/none`, 'bad response code: 404'],
    ['no place named', (url) => `${url}/empty`, 'no source URL was returned'],
    ['wrong checksum', (url) => `${url}/m.zip?checksum=sha256:00`, 'the checksum of the archive is not the expected one'],
    ['several folders', (url) => `${url}/two.zip//*`, 'subdir "*" matches multiple paths'],
    ['no such folder', (url) => `${url}/m.zip//none`, 'subdir "none" not found'],
    ['an attacking archive', (url) => `${url}/evil.zip`, 'the archive is refused'],
    ['a file of this machine', (url) => `${url}/local`, 'a file of this machine, as the place of the module'],
    ['a repository of this machine', (url) => `${url}/localgit`, 'a file of this machine, as the place of the module'],
    ['the address where clouds keep secrets', (url) => `${url}/metadata`, 'the link-local address 169.254.169.254'],
    ['a circle', (url) => `${url}/circle`, 'stopped after 10 hops'],
    ['unknown', () => 'foo::http://x', "download not supported for scheme 'foo'"],
  ])('%s', async (_, source, want) => {
    const to = (location: string): { headers: Record<string, string> } => ({ headers: { 'x-terraform-get': location } })
    host.routes.set('/m.zip', { body: zip([main]) })
    host.routes.set('/two.zip', {
      body: zip([
        { ...main, name: 'a/main.tf' },
        { ...main, name: 'b/main.tf' },
      ]),
    })
    host.routes.set('/evil.zip', { body: zip([{ ...main, name: '../main.tf' }]) })
    host.routes.set('/empty', { body: '<html></html>' })
    host.routes.set('/local', to('file:///etc'))
    host.routes.set('/localgit', to('git::file:///etc'))
    host.routes.set('/metadata', to('http://169.254.169.254/latest.zip'))
    host.routes.set('/circle', to('./circle'))
    const { told } = await run(call('m', source(host.url)))
    expect(told).toEqual([expect.stringContaining(want)])
    expect(leftOver()).toEqual([])
  })

  test('a package that is used several times is fetched once', async () => {
    host.routes.set('/m.zip', { body: zip([main]) })
    await run(call('a', `${host.url}/m.zip`) + call('b', `${host.url}/m.zip`) + call('c', `${host.url}/m.zip`))
    expect(host.requests).toEqual(['/m.zip'])
    expect(['a', 'b', 'c'].every((name) => existsSync(`.terraform/modules/${name}/main.tf`))).toBe(true)
  })

  test('what could be had is kept when another module fails, and the next run goes on from there', async () => {
    host.routes.set('/m.zip', { body: zip([main]) })
    const config = call('a', `${host.url}/m.zip`) + call('b', `${host.url}/late.zip`)
    expect((await run(config)).told).toHaveLength(1)
    expect(recorded()).toContain('"Key":"a"')
    host.routes.set('/late.zip', { body: zip([main]) })
    host.requests.length = 0
    expect((await run(config)).told).toEqual([])
    expect(host.requests).toEqual(['/late.zip'])
  })
})

describe('modules of folders and archives of this machine', () => {
  test('a folder by its absolute path is linked', async () => {
    write({ 'a/main.tf': call('up', '../b'), 'b/main.tf': output }, join(dir, 'elsewhere'))
    expect((await run(call('m', `${dir}/elsewhere//a`))).told).toEqual([])
    expect(lstatSync('.terraform/modules/m').isSymbolicLink()).toBe(true)
    expect(recorded()).toContain(`{"Key":"m","Source":"file://${dir}/elsewhere//a","Dir":".terraform/modules/m/a"}`)
    expect((await run(undefined, true)).told).toEqual([])
    expect(readdirSync(join(dir, 'elsewhere'))).toEqual(['a', 'b'])
  })

  test('a module must not leave its package', async () => {
    write({ 'a/main.tf': call('up', '../../oops') }, join(dir, 'elsewhere'))
    expect((await run(call('m', `${dir}/elsewhere//a`))).told).toEqual([
      `Local module path escapes module package: The given source directory for module.m.module.up would be outside of its containing package "file://${dir}/elsewhere". Local source addresses starting with "../" must stay within the same package that the calling module belongs to.`,
    ])
  })

  test('a path that is not there, and no archive', async () => {
    expect((await run(call('m', `${dir}/none`))).told[0]).toContain('no such file or directory')
    write({ 'x.txt': '' }, dir)
    expect((await run(call('m', `${dir}/x.txt`))).told[0]).toContain('neither a directory nor an archive')
    expect((await run(call('m', 'http://'))).told[0]).toContain('no host in the address')
  })

  test('an archive without anything in it', async () => {
    writeFileSync(join(dir, 'a.zip'), zip([]))
    expect((await run(call('m', `${dir}/a.zip`))).told[0]).toContain('the archive is refused: it is empty')
  })

  test('the folder within a package has to be there', async () => {
    write({ 'a/main.tf': output }, join(dir, 'elsewhere'))
    expect((await run(call('m', `${dir}/elsewhere//b`))).told).toEqual(['Failed to expand subdir globs: subdir "b" not found'])
  })

  test.each([
    ['sha256:0000000000000000000000000000000000000000000000000000000000000000', 'the checksum of the archive is not the expected one'],
    ['sha256:abc', 'the checksum of the archive is not the expected one'],
    ['nope:abc', 'the checksum of the archive is not the expected one'],
  ])('an archive with another checksum than %s', async (checksum, problem) => {
    writeFileSync(join(dir, 'm.zip'), zip([{ name: 'main.tf', content: output }]))
    expect((await run(call('m', `${dir}/m.zip?checksum=${checksum}`))).told[0]).toContain(problem)
    expect(leftOver()).toEqual([])
  })

  test('an archive with its checksum; a folder has none', async () => {
    const bytes = zip([{ name: 'main.tf', content: output }])
    writeFileSync(join(dir, 'm.zip'), bytes)
    const sum = sha256(bytes)
    expect((await run(call('m', `${dir}/m.zip?checksum=sha256:${sum}`))).told).toEqual([])
    write({ 'main.tf': output }, join(dir, 'elsewhere'))
    expect((await run(call('m', `${dir}/elsewhere?checksum=sha256:${sum}`), true)).told[0]).toContain('directory download')
  })
})

function hasGit(): boolean {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('a module as the beginning of a folder', () => {
  async function copy(source: string): Promise<readonly string[]> {
    const diags = new Diagnostics()
    await copyModule(source, readSettings({ HOME: dir }, dir), diags)
    return diags.items.map((d) => `${d.summary}: ${d.detail}`)
  }

  test('is copied into it, and into no other', async () => {
    write({ 'a/main.tf': output, 'a/b/x.txt': 'x', 'a/.terraform/y': '' }, join(dir, 'elsewhere'))
    expect(await copy(`${dir}/elsewhere//a`)).toEqual([])
    expect(readdirSync('.', { recursive: true }).sort()).toEqual(['b', 'b/x.txt', 'main.tf'])
    expect((await copy(`${dir}/elsewhere//a`))[0]).toContain("Can't populate non-empty directory")
    expect(readdirSync(join(dir, 'elsewhere/a')).sort()).toEqual(['.terraform', 'b', 'main.tf'])
  })

  test('from a server; what cannot be had leaves the folder empty', async () => {
    host.routes.set('/m.zip', { body: zip([{ name: 'd/main.tf', content: output, mode: 0o100644 }]) })
    expect((await copy(`${host.url}/gone.zip//d`))[0]).toContain('404 Not Found')
    expect((await copy(`${host.url}/m.zip//none`))[0]).toContain('Unreadable module directory')
    expect((await copy('foo'))[0]).toContain('Invalid module source address')
    expect(readdirSync('.')).toEqual([])
    expect(await copy(`${host.url}/m.zip//d`)).toEqual([])
    expect(readdirSync('.')).toEqual(['main.tf'])
  })
})

describe.skipIf(!hasGit())('modules of repositories (skipped without git)', () => {
  const git = (...args: string[]): void => {
    execFileSync('git', ['-C', join(dir, 'repo'), '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { stdio: 'ignore' })
  }
  const repo = (): string => `git::file://${dir}/repo`

  function commit(files: Readonly<Record<string, string>>, tag?: string): void {
    const isNew = !existsSync(join(dir, 'repo'))
    write(files, join(dir, 'repo'))
    if (isNew) git('init', '-q', '-b', 'main')
    git('add', '.')
    git('commit', '-q', '-m', 'x')
    if (tag !== undefined) git('tag', tag)
  }

  test('another branch, and a commit', async () => {
    commit({ 'main.tf': output })
    const first = execFileSync('git', ['-C', join(dir, 'repo'), 'rev-parse', 'HEAD'])
      .toString()
      .trim()
    git('checkout', '-q', '-b', 'feature/x')
    commit({ 'main.tf': `${output}# feature\n` })
    git('checkout', '-q', 'main')
    commit({ 'main.tf': `${output}# later\n` })
    const { told } = await run(call('b', `${repo()}?ref=feature/x`) + call('c', `${repo()}?ref=${first}`))
    expect(told).toEqual([])
    expect(readFileSync('.terraform/modules/b/main.tf', 'utf8')).toContain('# feature')
    expect(readFileSync('.terraform/modules/c/main.tf', 'utf8')).toBe(output)
  })

  test('default branch, tag, folder, shallow', async () => {
    commit({ 'a/main.tf': output, 'a/b/main.tf': output }, 'v1')
    commit({ 'a/main.tf': `${output}# two\n` })
    const { told, said } = await run(
      call('deep', `${repo()}//a/b`) +
        call('shallow', `${repo()}//a?ref=v1&depth=1`) +
        call('tagged', `${repo()}//a?ref=v1`) +
        call('top', `${repo()}//a`),
    )
    expect(told).toEqual([])
    expect(said.at(-1)).toBe('top in .terraform/modules/top/a')
    const text = (name: string): string => readFileSync(`.terraform/modules/${name}/a/main.tf`, 'utf8')
    expect([text('tagged'), text('shallow')]).toEqual([output, output])
    expect(text('top')).toContain('# two')
    expect(recorded()).toContain(`${repo()}//a?ref=v1\\u0026depth=1`)
  })

  test.each<[query: string, want: string]>([
    ['?ref=--upload-pack=touch%20x', 'is not a valid name of a branch, tag or commit'],
    ['?ref=-x', 'is not a valid name of a branch, tag or commit'],
    ['?ref=nope', 'nope'],
    ['?sshkey=%25', 'is not base64'],
  ])('%s', async (query, want) => {
    commit({ 'main.tf': output })
    expect((await run(call('m', repo() + query))).told).toEqual([expect.stringContaining(want)])
    expect(leftOver()).toEqual([])
  })

  test.each([
    ['git::ext::sh -c touch% pwned', 'is not allowed'],
    ['git::--upload-pack=touch pwned', 'is not allowed'],
    ['git::fd::17', 'is not allowed'],
    ['git::file:///nonexistent-repository', 'does not appear to be a git repository'],
  ])('%s', async (source, want) => {
    expect((await run(call('m', source))).told.join()).toMatch(new RegExp(`${want}|Invalid module source address`))
    expect(existsSync('pwned')).toBe(false)
  })

  test('a repository with a link to a file of this machine is refused', async () => {
    mkdirSync(join(dir, 'repo'))
    symlinkSync('/etc/passwd', join(dir, 'repo/main.tf'))
    git('init', '-q', '-b', 'main')
    commit({ 'other.tf': output })
    expect((await run(call('m', repo()))).told[0]).toContain('its link "main.tf" leads out of the package')
    expect(existsSync('.terraform/modules/m')).toBe(false)
  })
})

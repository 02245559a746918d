import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { currentPlatform, platformToString } from '../../src/registry/index.ts'
import { certificateFile, type Host, publish, startHost } from '../registry/_hosts.ts'
import { newSigningKey } from '../registry/_openpgp-sign.ts'
import { zip } from '../registry/_zip.ts'
import { ensureBuilt, executable, terraform } from './_cli.ts'

beforeAll(ensureBuilt, 120_000)

const platform = currentPlatform()
const content = Buffer.alloc(3_000_000, 'provider ')
const archive = zip([{ name: 'terraform-provider-big_v1.0.0', content }])
const file = `/files/big/1.0.0/terraform-provider-big_1.0.0_${platformToString(platform)}.zip`

let host: Host
let dir: string
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'landform-interrupted-'))
  host = await startHost({ tls: true })
  publish(host, [{ namespace: 'test', type: 'big', version: '1.0.0', platform, archive, key: newSigningKey('t') }])
  // About a second for the whole.
  host.routes.set(file, (_, response) => {
    response.writeHead(200, { 'content-length': archive.length })
    let at = 0
    const timer = setInterval(() => {
      response.write(archive.subarray(at, (at += 100_000)))
      if (at < archive.length) return
      clearInterval(timer)
      response.end()
    }, 30)
    response.on('close', () => clearInterval(timer))
  })
})
afterEach(async () => {
  await host.close()
  rmSync(dir, { recursive: true, force: true })
})

function start(
  folder: string,
  env: Record<string, string> = {},
  program = executable,
): { child: ChildProcess; ended: Promise<{ code: number | null; err: string }> } {
  const cwd = join(dir, folder)
  mkdirSync(cwd, { recursive: true })
  writeFileSync(
    join(cwd, 'main.tf'),
    `terraform {\n  required_providers {\n    big = {\n      source = "${host.host}/test/big"\n    }\n  }\n}\n`,
  )
  const isOurs = program === executable
  const child = spawn(isOurs ? process.execPath : program, isOurs ? [program, 'init', '-no-color'] : ['init', '-no-color'], {
    cwd,
    env: { PATH: process.env.PATH, HOME: dir, SSL_CERT_FILE: certificateFile, ...env },
  })
  let err = ''
  child.stderr!.on('data', (chunk) => (err += chunk))
  child.stdout!.resume()
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, err }))) }
}

/** Files below a folder that are no directories, links not followed. */
function files(at: string, prefix = ''): readonly string[] {
  if (!existsSync(at)) return []
  return readdirSync(at, { withFileTypes: true })
    .filter((e) => e.name !== 'verified-packages.json')
    .flatMap((e) => (e.isDirectory() ? files(join(at, e.name), `${prefix}${e.name}/`) : [prefix + e.name]))
    .sort()
}

const wanted = (): string => join('providers', host.host, 'test/big/1.0.0', platformToString(platform), 'terraform-provider-big_v1.0.0')

describe('init that is interrupted', () => {
  test('by kill -9 at any moment: the next one heals', async () => {
    for (const waitMs of [100, 300, 600, 900, 1200, 1500, 1800]) {
      const { child, ended } = start('work')
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      child.kill('SIGKILL')
      await ended
      const lock = join(dir, 'work/.terraform.lock.hcl')
      if (existsSync(lock)) expect(readFileSync(lock, 'utf8')).toMatch(/\n}\n$/)
      if (existsSync(join(dir, 'work/.terraform', wanted()))) {
        expect(readFileSync(join(dir, 'work/.terraform', wanted())).equals(content)).toBe(true)
      }
    }
    expect(await start('work').ended).toEqual({ code: 0, err: '' })
    expect(files(join(dir, 'work/.terraform'))).toEqual([wanted()])
  })

  test('two at once share a cache, one of them being killed', async () => {
    const cache = join(dir, 'cache')
    mkdirSync(cache)
    const env = { TF_PLUGIN_CACHE_DIR: cache }
    const [first, second, third] = [start('a', env), start('b', env), start('c', env)]
    setTimeout(() => third.child.kill('SIGKILL'), 900)
    expect([await first.ended, await second.ended]).toEqual([
      { code: 0, err: '' },
      { code: 0, err: '' },
    ])
    await third.ended
    expect((await start('c', env).ended).code).toBe(0)
    expect(files(cache)).toEqual([wanted().replace('providers/', '')])
    expect(
      readFileSync(
        join(dir, 'b/.terraform/providers', files(join(dir, 'b/.terraform/providers'))[0]!, 'terraform-provider-big_v1.0.0'),
      ).equals(content),
    ).toBe(true)
    expect(new Set(['a', 'b', 'c'].map((name) => readFileSync(join(dir, name, '.terraform.lock.hcl'), 'utf8'))).size).toBe(1)
  })

  test.skipIf(terraform === undefined)('terraform goes on from what we leave', async () => {
    expect((await start('work').ended).code).toBe(0)
    const lock = readFileSync(join(dir, 'work/.terraform.lock.hcl'), 'utf8')
    expect((await start('work', {}, terraform!).ended).code).toBe(0)
    expect(readFileSync(join(dir, 'work/.terraform.lock.hcl'), 'utf8')).toBe(lock)
  })
})

const mirror = process.env.LANDFORM_PEER_MIRROR

describe.skipIf(terraform === undefined || !mirror)('the real hashicorp/aws (skipped without terraform and LANDFORM_PEER_MIRROR)', () => {
  const main = 'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n    }\n  }\n}\n'

  function run(folder: string, program: string, args: readonly string[]): Promise<{ code: number | null; out: string }> {
    const isOurs = program === executable
    writeFileSync(join(dir, 'rc'), `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`)
    const child = spawn(isOurs ? process.execPath : program, isOurs ? [program, ...args] : args, {
      cwd: join(dir, folder),
      env: { PATH: process.env.PATH, HOME: dir, TF_CLI_CONFIG_FILE: join(dir, 'rc') },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    return new Promise((resolve) => child.on('close', (code) => resolve({ code, out: Buffer.concat(chunks).toString('utf8') })))
  }

  test('lock file and schemas are those of terraform, byte for byte', async () => {
    for (const folder of ['theirs', 'ours']) {
      mkdirSync(join(dir, folder))
      writeFileSync(join(dir, folder, 'main.tf'), main)
    }
    expect((await run('theirs', terraform!, ['init'])).code).toBe(0)
    expect((await run('ours', executable, ['init'])).code).toBe(0)
    const lock = (folder: string): string => readFileSync(join(dir, folder, '.terraform.lock.hcl'), 'utf8')
    expect(lock('ours')).toBe(lock('theirs'))
    const [theirs, ours] = [
      await run('theirs', terraform!, ['providers', 'schema', '-json']),
      await run('ours', executable, ['providers', 'schema', '-json']),
    ]
    expect([ours.code, ours.out.length, ours.out === theirs.out]).toEqual([0, theirs.out.length, true])
  }, 180_000)
})

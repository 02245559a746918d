import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { splitSubdir } from '../../src/config/index.ts'
import { type Bucket, bucketOf, fetchModulePackage, parseGcsAddress, parseS3Address } from '../../src/registry/modules/index.ts'
import { openRegistryAccess } from '../../src/workdir/registry-access.ts'

let dir: string
let server: Server | undefined

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-buckets-'))
})
afterEach(() => {
  server?.close()
  rmSync(dir, { recursive: true, force: true })
})

test.each([
  ['https://s3.amazonaws.com/b/x/y', { bucket: 'b', key: 'x/y', region: 'us-east-1', endpoint: undefined }],
  ['https://s3-eu-west-1.amazonaws.com/b/x.zip', { bucket: 'b', key: 'x.zip', region: 'eu-west-1', endpoint: undefined }],
  ['https://s3.eu-central-1.amazonaws.com/b/x.zip', { bucket: 'b', key: 'x.zip', region: 'eu-central-1', endpoint: undefined }],
  ['https://b.s3-eu-west-1.amazonaws.com/x/y.zip', { bucket: 'b', key: 'x/y.zip', region: 'eu-west-1', endpoint: undefined }],
  ['https://b.s3.eu-west-1.amazonaws.com/x.zip', { bucket: 'b', key: 'x.zip', region: 'eu-west-1', endpoint: undefined }],
  [
    'http://127.0.0.1:9000/b/x%20y?region=eu-west-2&aws_access_key_id=k&aws_access_key_secret=s',
    { bucket: 'b', key: 'x y', region: 'eu-west-2', endpoint: 'http://127.0.0.1:9000', accessKey: 'k', secretKey: 's' },
  ],
])('%s', (address, want) => {
  expect(parseS3Address(address)).toMatchObject(want)
})

test.each(['https://s3.amazonaws.com/b', 'https://s3.amazonaws.com/', 'http://127.0.0.1/'])('%s names nothing', (address) => {
  expect(() => parseS3Address(address)).toThrow('names no bucket and path')
})

test('an address in Google Cloud Storage', () => {
  expect(parseGcsAddress('https://www.googleapis.com/storage/v1/b/x/y.zip')).toEqual({ bucket: 'b', key: 'x/y.zip' })
  expect(() => parseGcsAddress('https://example.com/storage/v1/b/x')).toThrow('is named as')
})

test.each([
  ['s3::https://s3.amazonaws.com/b/%zz.zip', 'the address has a percent sign'],
  ['gcs::https://www.googleapis.com/storage/v1/b/%e4', 'the address has a percent sign'],
  ['https://%zz:secret@127.0.0.1:1/x.zip', 'the user name in the address has a percent sign'],
  ['https://me:%zzsecret@127.0.0.1:1/x.zip', 'the password in the address has a percent sign'],
])('%s cannot be decoded', async (address, problem) => {
  const refused = fetchFrom(address, {}, storeOf({}))
  await expect(refused).rejects.toThrow(problem)
  await expect(refused).rejects.not.toThrow('secret')
})

function storeOf(objects: Readonly<Record<string, string | Buffer>>): Bucket {
  return bucketOf({
    list: async (prefix) => Object.keys(objects).filter((key) => key.startsWith(prefix)),
    get: async (key) => (objects[key] === undefined ? undefined : { body: Buffer.from(objects[key]) }),
  })
}

function fetchFrom(address: string, environment: Readonly<Record<string, string>>, bucket?: Bucket): Promise<void> {
  const { http } = openRegistryAccess({ HOME: dir, ...environment })
  return fetchModulePackage(address, join(dir, 'out'), { http, environment, openS3: bucket && (async () => bucket) }, splitSubdir)
}

describe('objects', () => {
  test('below a key are a package', async () => {
    const bucket = storeOf({ 'm/main.tf': 'a', 'm/sub/x.tf': 'b', 'm/dir/': '', 'mm/other.tf': 'c' })
    await fetchFrom('s3::https://s3.amazonaws.com/b/m', {}, bucket)
    expect(readdirSync(join(dir, 'out'), { recursive: true }).sort()).toEqual(['main.tf', 'sub', 'sub/x.tf'])
  })

  test('that are archives are unpacked', async () => {
    writeFileSync(join(dir, 'main.tf'), 'a')
    execFileSync('tar', ['-czf', join(dir, 'a.tgz'), '-C', dir, 'main.tf'])
    const bucket = storeOf({ 'x/a.tgz': readFileSync(join(dir, 'a.tgz')) })
    await fetchFrom('s3::https://s3.amazonaws.com/b/x/a.tgz', {}, bucket)
    expect(readFileSync(join(dir, 'out', 'main.tf'), 'utf8')).toBe('a')
  })

  test('that vanish meanwhile are missed', async () => {
    const bucket: Bucket = { list: async () => ['m/main.tf'], download: async () => false }
    await expect(fetchFrom('s3::https://s3.amazonaws.com/b/m', {}, bucket)).rejects.toThrow('"m/main.tf" was removed while')
  })

  test.each([
    ['nothing there', { other: '' }, 'there are no objects below "m/"'],
    ['a way out', { 'm/../../x': '' }, 'is no path within the package'],
  ])('%s', async (_, objects, problem) => {
    await expect(fetchFrom('s3::https://s3.amazonaws.com/b/m', {}, storeOf(objects as Record<string, string>))).rejects.toThrow(problem)
    expect(existsSync(join(dir, 'x'))).toBe(false)
  })

  test('a missing archive', async () => {
    await expect(fetchFrom('s3::https://s3.amazonaws.com/b/x.zip', {}, storeOf({}))).rejects.toThrow('there is no object "x.zip"')
  })

  test('of Google Cloud Storage come page by page, with the token', async () => {
    const seen: string[] = []
    server = createServer((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization}`)
      response.setHeader('content-type', 'application/json; charset=UTF-8')
      if (request.url!.includes('alt=media')) response.end(`content of ${decodeURIComponent(request.url!.split(/[/?]/)[6]!)}`)
      else if (request.url!.includes('pageToken=2')) response.end(JSON.stringify({ items: [{ name: 'm/b.tf' }] }))
      else response.end(JSON.stringify({ items: [{ name: 'm/a.tf' }], nextPageToken: '2' }))
    })
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve))
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    await fetchFrom('gcs::https://www.googleapis.com/storage/v1/b/m', { STORAGE_EMULATOR_HOST: host, GOOGLE_OAUTH_ACCESS_TOKEN: 't' })
    expect(readFileSync(join(dir, 'out', 'b.tf'), 'utf8')).toBe('content of m/b.tf')
    expect(seen).toHaveLength(4)
    expect(seen.every((line) => line.endsWith('Bearer t'))).toBe(true)
  })
})

describe('Mercurial', () => {
  test.each([
    ['hg::https://example.com/x?rev=--config', 'is not a valid name'],
    ['hg::ssh://-oProxyCommand=x/y', 'is not one of a repository'],
  ])('%s', async (address, problem) => {
    await expect(fetchFrom(address, {})).rejects.toThrow(problem)
  })

  test('without the program', async () => {
    await expect(fetchFrom('hg::https://example.com/x', { PATH: dir })).rejects.toThrow('hg must be available')
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSession, type S3Store, s3ObjectStore } from '../../src/aws/index.ts'
import { type Moto, motoProgram, startMoto } from '../aws/_moto.ts'
import { ensureBuilt, terraform, Workspace } from './_cli.ts'

const bucket = 'states'

function config(backend = '', input = 'one'): string {
  return `
terraform {
  backend "s3" {
    bucket       = "${bucket}"
    key          = "a/b.tfstate"
    region       = "eu-central-1"
    use_lockfile = true
    encrypt      = true
    use_path_style = true
    ${backend}
  }
}
resource "terraform_data" "x" {
  input = "${input}"
}
`
}

describe.skipIf(motoProgram === undefined)('states in S3 (skipped without moto_server)', () => {
  let moto: Moto
  let env: Record<string, string>
  let store: S3Store
  beforeAll(async () => {
    ensureBuilt()
    moto = await startMoto()
    env = {
      AWS_ENDPOINT_URL: moto.url,
      AWS_ENDPOINT_URL_S3: moto.url,
      AWS_ENDPOINT_URL_STS: moto.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
    }
    const session = await openSession({ region: 'eu-central-1' }, { env })
    await session.call('s3', 'CreateBucket', { Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } })
    store = s3ObjectStore({ session, bucket })
  }, 120_000)
  afterAll(() => moto?.stop())

  /** Objects of the bucket as they are. */
  async function object(key: string): Promise<string | undefined> {
    const found = await store.get(key)
    return found === undefined ? undefined : Buffer.from(found.body).toString()
  }

  test('from init to destroy, with the lock', async () => {
    const w = new Workspace({ 'main.tf': config() })
    try {
      expect(w.run(['plan'], { env }).stderr).toContain('Backend initialization required')
      expect(w.run(['init', '-no-color'], { env })).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('Successfully configured the backend "s3"!'),
      })
      expect(w.run(['init', '-no-color'], { env }).stdout).not.toContain('Successfully configured')
      const applied = w.run(['apply', '-no-color', '-auto-approve'], { env })
      expect(applied).toMatchObject({ code: 0, stderr: '' })
      const state = JSON.parse((await object('a/b.tfstate'))!)
      expect(state).toMatchObject({ version: 4, serial: 1, resources: [{ type: 'terraform_data' }] })
      expect(await object('a/b.tfstate.tflock')).toBeUndefined()
      expect(w.run(['state', 'list'], { env }).stdout).toBe('terraform_data.x\n')
      expect(w.run(['plan', '-no-color', '-detailed-exitcode'], { env })).toMatchObject({ code: 0 })

      w.write({ 'main.tf': config('', 'two') })
      expect(w.run(['plan', '-no-color', '-out=p'], { env })).toMatchObject({ code: 0 })
      expect(w.run(['apply', '-no-color', 'p'], { env })).toMatchObject({ code: 0 })
      expect(JSON.parse((await object('a/b.tfstate'))!).serial).toBe(2)

      const holder = {
        ID: 'held',
        Operation: 'OperationTypeApply',
        Info: '',
        Who: 'alice@ops',
        Version: '1.11.4',
        Created: '2026-01-02T03:04:05Z',
        Path: `${bucket}/a/b.tfstate`,
      }
      await store.put('a/b.tfstate.tflock', Buffer.from(JSON.stringify(holder)), { contentType: 'application/json' })
      const locked = w.run(['apply', '-no-color', '-auto-approve'], { env })
      expect(locked.code).toBe(1)
      expect(locked.stderr).toMatch(/Error acquiring the state lock[\s\S]*alice@ops/)
      await store.delete('a/b.tfstate.tflock')
      expect(w.run(['destroy', '-no-color', '-auto-approve'], { env })).toMatchObject({ code: 0 })
      expect(JSON.parse((await object('a/b.tfstate'))!).resources).toEqual([])
    } finally {
      w.remove()
    }
  }, 60_000)

  test.skipIf(terraform === undefined)(
    'terraform finds the same state and record',
    () => {
      const w = new Workspace({ 'main.tf': config().replace('a/b', 'shared') })
      const own = { ...env, TF_IN_AUTOMATION: '1' }
      try {
        expect(w.run(['init', '-no-color'], { env })).toMatchObject({ code: 0 })
        expect(w.run(['apply', '-no-color', '-auto-approve'], { env })).toMatchObject({ code: 0 })
        const plan = w.runProgram(terraform!, ['plan', '-no-color', '-detailed-exitcode'], { env: own })
        expect(plan).toMatchObject({ code: 0, stderr: '' })
        w.write({ 'main.tf': config('', 'three').replace('a/b', 'shared') })
        expect(w.runProgram(terraform!, ['apply', '-no-color', '-auto-approve'], { env: own })).toMatchObject({ code: 0 })
        expect(w.run(['plan', '-no-color', '-detailed-exitcode'], { env })).toMatchObject({ code: 0, stderr: '' })
      } finally {
        w.remove()
      }
    },
    60_000,
  )

  test.each([
    ['dynamodb_table = "locks"', 'api error ResourceNotFoundException: Requested resource not found'],
    ['nonsense = 1', 'An argument named "nonsense" is not expected here'],
    ['acl = var.x', 'Undefined variable'],
    ['allowed_account_ids = ["210987654321"]', 'AWS account ID not allowed: 123456789012'],
  ])('%s', (line, text) => {
    const w = new Workspace({ 'main.tf': config(line) })
    try {
      const init = w.run(['init', '-no-color'], { env })
      const outcome = init.code === 0 ? w.run(['plan', '-no-color'], { env }) : init
      expect(outcome.code).toBe(1)
      expect(outcome.stderr.replace(/\n\s*│?\s*/g, ' ')).toContain(text)
    } finally {
      w.remove()
    }
  })

  test('buckets that are not there, and nobody who answers', () => {
    const gone = new Workspace({ 'main.tf': config().replace(`"${bucket}"`, '"no-such-bucket"') })
    const silent = new Workspace({ 'main.tf': config('endpoints = { s3 = "http://127.0.0.1:1" }\n    max_retries = 0') })
    try {
      for (const args of [['init'], ['init', '-input=false', '-reconfigure']]) {
        const missing = gone.run([...args, '-no-color'], { env })
        expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('Failed to get existing workspaces')])
        expect(missing.stderr).toContain('S3 bucket "no-such-bucket" does not exist.')
        const none = silent.run([...args, '-no-color'], { env })
        expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('Failed to get existing workspaces')])
        expect(missing.stderr + none.stderr).not.toContain('bug in Landform')
      }
    } finally {
      gone.remove()
      silent.remove()
    }
  })

  test('another description of the same objects is taken over although their lock is one', () => {
    const w = new Workspace({ 'main.tf': config().replace('a/b', 'same') })
    try {
      expect(w.run(['init', '-no-color'], { env })).toMatchObject({ code: 0 })
      expect(w.run(['apply', '-no-color', '-auto-approve'], { env })).toMatchObject({ code: 0 })
      expect(w.run(['workspace', 'new', 'other'], { env })).toMatchObject({ code: 0 })
      expect(w.run(['apply', '-no-color', '-auto-approve'], { env })).toMatchObject({ code: 0 })
      w.write({ 'main.tf': config('retry_mode = "standard"').replace('a/b', 'same') })
      expect(w.run(['init', '-no-color', '-force-copy'], { env })).toMatchObject({ code: 0, stderr: '' })
      // The other one moves with its lineage.
      w.write({ 'main.tf': config('workspace_key_prefix = "elsewhere"').replace('a/b', 'same') })
      expect(w.run(['init', '-no-color', '-force-copy'], { env })).toMatchObject({ code: 0, stderr: '' })
      expect(w.run(['plan', '-no-color', '-detailed-exitcode'], { env })).toMatchObject({ code: 0, stderr: '' })
    } finally {
      w.remove()
    }
  })

  test('a role of the backend block is assumed', () => {
    const role = 'assume_role = { role_arn = "arn:aws:iam::123456789012:role/states", session_name = "us" }'
    const w = new Workspace({ 'main.tf': config(role).replace('a/b', 'role') })
    try {
      expect(w.run(['init', '-no-color'], { env })).toMatchObject({ code: 0, stderr: '' })
      expect(w.run(['apply', '-no-color', '-auto-approve'], { env })).toMatchObject({ code: 0, stderr: '' })
    } finally {
      w.remove()
    }
  })
})

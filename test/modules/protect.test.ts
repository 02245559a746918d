import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket/index.js'
import { App } from 'cdktf'
import { expect, test } from 'vitest'
import { ops } from '../../environments/accounts.ts'
import { Environment } from '../../modules/environment/index.ts'
import { PrivateBucket } from '../../modules/private-bucket/index.ts'
import { protect } from '../../modules/protect/index.ts'
import { Protections, protectionsOfStack } from '../../src/ops/protection.ts'
import { backendOf } from '../../state/index.ts'

function stack(make: (env: Environment) => void) {
  const env = new Environment(new App({ outdir: '/nonexistent', skipValidation: true }), { account: ops, backend: backendOf(ops) })
  make(env)
  return protectionsOfStack(JSON.stringify(env.toTerraform()))
}

test('a resource', () => {
  const rules = stack((env) => {
    const bucket = new S3Bucket(env, 'bucket', { bucket: 'b' })
    protect(bucket, { on: 'replace', reason: 'holds the orders', approvers: ['@acme/dba'] })
    protect(bucket, { on: 'change', reason: 'twice' })
    new S3Bucket(env, 'other', { bucket: 'c' })
  })
  expect(rules).toEqual([
    { address: 'aws_s3_bucket.bucket', on: 'replace', reason: 'holds the orders', approvers: ['@acme/dba'] },
    { address: 'aws_s3_bucket.bucket', on: 'change', reason: 'twice', approvers: [] },
  ])
})

test('a module with all its resources, and a stack', () => {
  const rules = stack((env) => {
    protect(new PrivateBucket(env, 'audit', { bucket: 'audit' }), { on: 'destroy', reason: 'the auditors want it' })
    protect(env, { on: 'destroy', reason: 'people work here' })
  })
  expect(rules.map((rule) => rule.address).sort()).toEqual([
    '**',
    'aws_s3_bucket.audit_bucket',
    'aws_s3_bucket_public_access_block.audit_access',
    'aws_s3_bucket_server_side_encryption_configuration.audit_encryption',
    'aws_s3_bucket_versioning.audit_versioning',
  ])
})

test('nothing to protect, or no reason', () => {
  expect(() =>
    stack((env) =>
      protect(new Environment(env, { account: { ...ops, name: 'x' }, backend: backendOf(ops) }), { on: 'destroy', reason: ' ' }),
    ),
  ).toThrow('needs a reason')
})

test.each([
  ['aws_db.a', 'destroy', 'aws_db.a', 'delete', true],
  ['aws_db.a', 'destroy', 'aws_db.a', 'replace', false],
  ['aws_db.a', 'destroy', 'aws_db.a', 'forget', true],
  ['aws_db.a', 'replace', 'aws_db.a', 'replace', true],
  ['aws_db.a', 'replace', 'aws_db.a', 'update', false],
  ['aws_db.a', 'change', 'aws_db.a', 'update', true],
  ['aws_db.a', 'change', 'aws_db.a', 'create', false],
  ['aws_db.a', 'change', 'aws_db.a["x"]', 'update', true],
  ['aws_db.a["x"]', 'change', 'aws_db.a["y"]', 'update', false],
  ['aws_db.*', 'change', 'aws_db.b', 'update', true],
  ['aws_db.*', 'change', 'module.m.aws_db.b', 'update', false],
  ['**.aws_db.*', 'change', 'module.m["a.b"].aws_db.b[0]', 'update', true],
  ['module.m', 'change', 'module.m.aws_db.b', 'update', true],
  ['module.m', 'change', 'module.m[0].aws_db.b', 'update', true],
  ['module.*.**', 'change', 'module.m[0].aws_db.b', 'update', true],
  ['aws_db.a', 'change', 'aws_db.ab', 'update', false],
  ['aws_db.a', 'change', 'aws_dbxa', 'update', false],
  ['**', 'destroy', 'anything.at_all[3]', 'delete', true],
] as const)('%s on %s minds %s of %s: %s', (pattern, on, address, action, want) => {
  const found = new Protections([{ address: pattern, on, reason: 'r', approvers: [] }]).find(address, action)
  expect(found !== undefined).toBe(want)
})

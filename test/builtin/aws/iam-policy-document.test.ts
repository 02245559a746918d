import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { policyDocument } from '../../../src/builtin/aws/iam/policy-document.ts'
import type { PlainObject } from '../../../src/builtin/aws/resource.ts'

interface Case {
  readonly name: string
  readonly config: PlainObject
  readonly id: string
  readonly json: string
  readonly minified_json: string
}

/** Configurations and what hashicorp/aws 5.100.0 made of them. */
const cases = JSON.parse(readFileSync(new URL('./testdata/policy-documents.json', import.meta.url), 'utf8')) as readonly Case[]

const read = (config: PlainObject) => policyDocument.read(undefined as never, config)

describe('the text of a policy is that of hashicorp/aws', () => {
  test.each(cases)('$name', async ({ config, id, json, minified_json }) => {
    const found = await read(config)
    expect(found.minified_json).toBe(minified_json)
    expect(found.json).toBe(json)
    expect(found.id).toBe(id)
  })
})

describe('documents that are refused', () => {
  const source = (...documents: object[]) => ({ source_policy_documents: documents.map((document) => JSON.stringify(document)) })
  test.each<[config: PlainObject, message: string]>([
    [
      { statement: [{ sid: 'a' }, { sid: 'a' }] },
      'writing IAM Policy Document: duplicate Sid (a). Remove the Sid or ensure the Sid is unique.',
    ],
    [
      source({ Statement: [{ Sid: 'a' }] }, { Statement: [{ Sid: 'a' }] }),
      'writing IAM Policy Document: merging source document 1: duplicate Sid (a) in source_policy_documents (statement 0). Remove the Sid or ensure Sids are unique.',
    ],
    [
      source({ Statement: [{ Sid: 'a' }, { Sid: 'a' }] }),
      'writing IAM Policy Document: merging source document 0: duplicate Sid (a) in source_policy_documents (statement 1). Remove the Sid or ensure Sids are unique.',
    ],
    [
      { version: '2008-10-17', statement: [{ resources: ['&{aws:username}'] }] },
      'reading resources: found &{ sequence in (&{aws:username}), which is not supported in document version 2008-10-17',
    ],
    [
      { version: '2008-10-17', statement: [{ principals: [{ type: 'AWS', identifiers: ['&{x}'] }] }] },
      'reading principals: reading identifiers: found &{ sequence in (&{x}), which is not supported in document version 2008-10-17',
    ],
    [
      { version: '2008-10-17', statement: [{ condition: [{ test: 'S', variable: 'v', values: ['&{x}'] }] }] },
      'reading condition: reading values: found &{ sequence in (&{x}), which is not supported in document version 2008-10-17',
    ],
    [source({ Statement: { Effect: 'Allow' } }), 'writing IAM Policy Document: merging source document 0: its Statement must be a list'],
  ])('%j', async (config, message) => {
    await expect(read(config)).rejects.toThrow(message)
  })
})

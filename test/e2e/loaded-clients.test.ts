import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Workspace } from './_cli.ts'
import { ServedSandbox } from './_sandbox.ts'

/** SDK packages of which a run has loaded any code, as V8's coverage tells. */
function loadedClients(dir: string): string[] {
  const found = new Set<string>()
  for (const file of readdirSync(dir)) {
    const { result } = JSON.parse(readFileSync(join(dir, file), 'utf8')) as { result: { url: string }[] }
    for (const { url } of result) {
      const match = /client-([a-z0-9-]+?)-[A-Z0-9]{8}\.cjs$/.exec(url)
      if (match !== null) found.add(match[1]!)
    }
  }
  return [...found].sort()
}

const provider = `
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}
provider "aws" {}
`

describe('SDK clients are loaded where they are used, and nowhere else', () => {
  let sandbox: ServedSandbox
  beforeAll(async () => {
    sandbox = await ServedSandbox.start()
  }, 120_000)
  afterAll(async () => {
    await sandbox?.stop()
    sandbox?.workspace.remove()
  })

  test.each([
    ['nothing of AWS', 'resource "terraform_data" "x" {}', [], []],
    ['a plan that creates', 'resource "aws_vpc" "v" {\n  cidr_block = "10.0.0.0/16"\n}', ['sts'], ['ec2', 'sts']],
    ['a bucket', 'resource "aws_s3_bucket" "b" {\n  bucket = "loaded-clients"\n}', ['sts'], ['s3', 'sts']],
  ])(
    '%s',
    (_name, text, planned, applied) => {
      const w = new Workspace({ 'main.tf': text.includes('aws_') ? provider + text : text })
      try {
        const run = (dir: string, ...args: string[]): string[] => {
          const coverage = join(w.dir, dir)
          const env = { ...sandbox.environment(), LANDFORM_BUILTIN_PROVIDERS: 'aws', NODE_V8_COVERAGE: coverage }
          const outcome = w.run(args, { env })
          expect(outcome).toMatchObject({ code: 0, stderr: '' })
          return loadedClients(coverage)
        }
        expect(run('plan', 'plan', '-no-color')).toEqual(planned)
        expect(run('apply', 'apply', '-no-color', '-auto-approve')).toEqual(applied)
        expect(run('again', 'plan', '-no-color')).toEqual(applied)
      } finally {
        w.remove()
      }
    },
    60_000,
  )
})

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { absResourceInstanceToString } from '../../../src/addrs/index.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts'
import { stateInstances } from '../../../src/states/index.ts'
import { differences, knownPart } from './_differences.ts'
import { fixture, mergeUnknown, normalizeIds, type Recorded, recorded } from './_recorded.ts'
import { prelude, Stack } from './_stack.ts'

let sandbox: Sandbox
beforeAll(async () => {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'
  sandbox = await startSandbox({ seed: 'service', maxPageSize: 3 })
})
afterAll(() => sandbox.close())

/** Names that carry numbers of their own. */
function normalized<T>(document: T): T {
  const text = JSON.stringify(normalizeIds(document)).replace(/-\d+(\.eu-central-1\.elb\.)/g, '-N$1')
  return JSON.parse(text) as T
}

/** Places that differ from the recording, and why. */
const exceptions: readonly (readonly [where: RegExp, why: string])[] = [
  [/: \["\(unknown\)"\], recorded "\(unknown\)"$/, 'the JSON of a plan has no unknown elements of sets'],
  [/^aws_instance\./, 'compared among instances'],
  [/\.(driver_opts|labels): null, recorded \{\}$/, 'an empty map in a block of a set'],
  [/: "\(unknown\)", recorded "unknown"$/, 'a slip of the provider: the word in place of the value'],
]

describe('the compute types, minimal and full', () => {
  test('are planned and stored as by hashicorp/aws 5.100.0', { timeout: 600_000 }, async () => {
    if (process.env.LANDFORM_RECORD !== undefined) await record('service')
    const want = recorded('service')
    const stack = new Stack(sandbox.url).config(fixture('service'))
    const { plan } = await stack.plan()
    const planned = Object.fromEntries(plan.changes.map((c) => [absResourceInstanceToString(c.address), knownPart(c.after)]))
    expect(unexplained(differences(normalized(planned), normalized(want.planned)))).toEqual([])

    await stack.apply()
    const stored = Object.fromEntries(stack.addresses().map((address) => [address, stack.attributes(address)]))
    expect(unexplained(differences(normalized(stored), normalized(want.stored)))).toEqual([])
    const kept: Record<string, string | null> = {}
    for (const [address, , object] of stateInstances(stack.state))
      kept[absResourceInstanceToString(address)] = object.private === undefined ? null : Buffer.from(object.private).toString()
    expect(differences(kept, want.private)).toEqual([])

    expect((await stack.plan()).actions).toEqual([])
    await stack.destroy()
    expect(stack.addresses()).toEqual([])
  })

  test('with version 6', { timeout: 600_000 }, async () => {
    const stack = new Stack(sandbox.url, 6).config(fixture('service'))
    await stack.apply()
    expect((await stack.plan()).actions).toEqual([])
    await stack.destroy()
    expect(stack.addresses()).toEqual([])
  })
})

function unexplained(found: readonly string[]): string[] {
  return found.filter((text) => !exceptions.some(([where]) => where.test(text)))
}

/** Makes the recording anew: terraform with hashicorp/aws 5.100.0 on the sandbox, which moto is no match for here. */
async function record(name: string): Promise<void> {
  const own = await startSandbox({ seed: 'record' })
  const dir = mkdtempSync(join(tmpdir(), 'landform-record-'))
  try {
    writeFileSync(join(dir, 'main.tf'), `${prelude}${fixture(name)}`)
    writeFileSync(
      join(dir, 'rc'),
      `provider_installation {\n  filesystem_mirror {\n    path = "${process.env.LANDFORM_PEER_MIRROR}"\n  }\n}\n`,
    )
    const terraform = async (...args: string[]): Promise<string> => {
      const env = { ...process.env, TF_CLI_CONFIG_FILE: join(dir, 'rc'), AWS_ENDPOINT_URL: own.url, AWS_EC2_METADATA_DISABLED: 'true' }
      return (await promisify(execFile)(process.env.LANDFORM_PEER_TERRAFORM!, args, { cwd: dir, env, maxBuffer: 1 << 28 })).stdout
    }
    await terraform('init', '-no-color')
    await terraform('plan', '-no-color', '-out=p')
    const plan = JSON.parse(await terraform('show', '-json', 'p')) as {
      resource_changes: { address: string; change: { after: object; after_unknown: object } }[]
    }
    await terraform('apply', '-no-color', 'p')
    const state = JSON.parse(readFileSync(join(dir, 'terraform.tfstate'), 'utf8')) as {
      resources: { mode: string; type: string; name: string; instances: { attributes: object; private?: string }[] }[]
    }
    const objects = state.resources.flatMap(({ mode, type, name: label, instances }) =>
      instances.map((i) => [`${mode === 'data' ? 'data.' : ''}${type}.${label}`, i] as const),
    )
    const result: Recorded = {
      planned: Object.fromEntries(
        plan.resource_changes.map(({ address, change }) => [address, mergeUnknown(change.after, change.after_unknown)]),
      ),
      stored: Object.fromEntries(objects.map(([address, i]) => [address, i.attributes])),
      private: Object.fromEntries(objects.map(([address, i]) => [address, i.private === undefined ? null : atob(i.private)])),
    }
    const file = new URL(`./testdata/${name}.recorded.json`, import.meta.url)
    writeFileSync(file, `${JSON.stringify({ ...normalized(result), private: result.private }, undefined, 2)}\n`)
  } finally {
    await own.close()
    rmSync(dir, { recursive: true })
  }
}

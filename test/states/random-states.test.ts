import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AbsResourceInstance, InstanceKey } from '../../src/addrs/index.ts'
import { attributeStep, indexStep, intVal, objectVal, type Path, stringVal, tupleVal, type Value } from '../../src/cty/index.ts'
import {
  type CheckResult,
  emptyState,
  type ObjectState,
  type OutputState,
  StateBuilder,
  type StateFile,
  stateContentEquals,
  stateInstances,
  withCheckResults,
  withOutputs,
  writeStateFile,
} from '../../src/states/index.ts'
import { nullProvider, readOk } from './_support.ts'

const terraform = process.env.LANDFORM_PEER_TERRAFORM

const name = fc.constantFrom('a', 'b_c', 'd-e', 'x1')
/** Strings of the language are in NFC. */
const text = fc
  .string({
    unit: fc.oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
      fc.constantFrom('<', '&', '"', '\\', '\n', '\u2028', '😀', '\uff5e'),
    ),
    maxLength: 6,
  })
  .map((t) => t.normalize('NFC'))
const key: fc.Arbitrary<InstanceKey> = fc.oneof(
  fc.constant(undefined),
  fc.nat(12),
  text.filter((t) => !/[\u0000-\u001f\u007f]/.test(t)),
)

const address: fc.Arbitrary<AbsResourceInstance> = fc.record({
  module: fc.array(fc.record({ name, key }), { maxLength: 2 }),
  resource: fc.record({
    kind: fc.constant('resource' as const),
    mode: fc.constantFrom('managed' as const, 'data' as const),
    type: name,
    name,
  }),
  key,
})

const path: fc.Arbitrary<Path> = fc.array(
  fc.oneof(
    name.map(attributeStep),
    fc.nat(3).map((n) => indexStep(intVal(n))),
    text.map((t) => indexStep(stringVal(t))),
  ),
  { minLength: 1, maxLength: 3 },
)

const object: fc.Arbitrary<ObjectState> = fc.record({
  status: fc.constantFrom('ready' as const, 'tainted' as const),
  schemaVersion: fc.nat(3),
  attributesJson: fc.oneof(
    fc.json({ stringUnit: 'grapheme' }).map((j) => `{"a":${compactJson(j)}}`),
    fc.constant('{"n":123456789012345678901234567890.10,"e":1e400}'),
  ),
  sensitivePaths: fc.array(path, { maxLength: 2 }),
  private: fc.oneof(fc.constant(undefined), fc.uint8Array({ minLength: 1, maxLength: 5 })),
  dependencies: fc.uniqueArray(fc.constantFrom('a.b', 'data.a.b', 'module.m.a.b', 'module.m.module.n.data.x-y.z'), { maxLength: 2 }),
  createBeforeDestroy: fc.boolean(),
})

/** Without white space and with the escapes of Go, as `encodeObject` gives. */
function compactJson(json: string): string {
  return JSON.stringify(JSON.parse(json)).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const output: fc.Arbitrary<OutputState> = fc
  .tuple(
    fc.oneof(
      text.map(stringVal),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }).map((n) => intVal(n)),
      fc.array(text.map(stringVal), { maxLength: 3 }).map((a): Value => tupleVal(a)),
      fc.dictionary(name, text.map(stringVal), { maxKeys: 3 }).map((o): Value => objectVal(o)),
    ),
    fc.boolean(),
  )
  .map(([value, sensitive]) => ({ value, type: value.type, sensitive }))

const check: fc.Arbitrary<CheckResult> = fc.record({
  objectKind: fc.constant('check' as const),
  configAddr: fc.nat(99).map((n) => `check.c${n}`),
  status: fc.constantFrom('pass' as const, 'fail' as const, 'error' as const, 'unknown' as const),
  objects: fc.array(
    fc.record({
      objectAddr: fc.constant('check.c'),
      status: fc.constant('fail' as const),
      failureMessages: fc.array(text, { maxLength: 2 }),
    }),
    { maxLength: 1 },
  ),
})

const file: fc.Arbitrary<StateFile> = fc
  .record({
    objects: fc.array(fc.tuple(address, fc.option(fc.stringMatching(/^[0-9a-f]{8}$/)), object), { maxLength: 8 }),
    outputs: fc.array(fc.tuple(name, output), { maxLength: 3 }),
    checks: fc.uniqueArray(check, { maxLength: 1 }),
    serial: fc.nat(),
  })
  .map(({ objects, outputs, checks, serial }) => {
    const builder = new StateBuilder(withCheckResults(withOutputs(emptyState, new Map(outputs)), checks.length === 0 ? undefined : checks))
    for (const [where, deposed, o] of objects) {
      if (deposed === null) builder.setInstance(where, nullProvider, o)
      else builder.setDeposed(where, deposed, nullProvider, o)
    }
    return { terraformVersion: '1.11.4', serial, lineage: 'l', state: builder.snapshot() }
  })

describe('random states', () => {
  test('come back as they were', () => {
    fc.assert(
      fc.property(file, (given) => {
        const written = writeStateFile(given)
        const back = readOk(written)
        expect(writeStateFile(back)).toBe(written)
        expect(stateContentEquals(given.state, back.state)).toBe(true)
        const objects = (f: StateFile) =>
          [...stateInstances(f.state)].map(([a, d, o]) => [
            a,
            d,
            { ...o, attributesJson: String(o.attributesJson), sensitivePaths: o.sensitivePaths.length, extra: 0 },
          ])
        expect(objects(back)).toEqual(objects(given))
      }),
      { numRuns: 200 },
    )
  })

  test.skipIf(!terraform)(
    'are written by Terraform as they are by us',
    () => {
      const directory = mkdtempSync(join(tmpdir(), 'landform-lockstep-'))
      const env = { ...process.env, TF_CLI_CONFIG_FILE: '/dev/null', CHECKPOINT_DISABLE: '1' }
      fc.assert(
        fc.property(file, (given) => {
          // Terraform's order of whole numbers among strings differs from run to run, so the two are not mixed here.
          fc.pre([...given.state.resources.values()].every((r) => new Set([...r.instances.values()].map((i) => typeof i.key)).size === 1))
          const written = writeStateFile(given)
          // Without indentation, so that Terraform has something to do.
          writeFileSync(join(directory, 'terraform.tfstate'), written.replace(/\n */g, ''))
          const { stdout, stderr } = spawnSync(terraform!, ['state', 'pull'], { cwd: directory, env, encoding: 'utf8' })
          expect(stderr).toBe('')
          const version = /"terraform_version": "[^"]*"/
          expect(stdout.replace(version, '').trimEnd()).toBe(written.replace(version, '').trimEnd())
        }),
        { numRuns: 25, interruptAfterTimeLimit: 20_000 },
      )
    },
    120_000,
  )
})

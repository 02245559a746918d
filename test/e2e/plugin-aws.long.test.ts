import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { motoProgram, startMoto } from '../aws/_moto.ts'
import { differences } from '../builtin/aws/_differences.ts'
import { normalizeIds } from '../builtin/aws/_recorded.ts'
import { ensureBuilt, type Outcome, Workspace } from './_cli.ts'
import { fixtures, ServedSandbox, terraformWithAws } from './_sandbox.ts'

/** The AWS provider waits ten seconds at a time for things that take no time here. */
const MINUTES = 60_000

interface Cloud {
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

const clouds: Readonly<Record<string, () => Promise<Cloud>>> = {
  async moto() {
    const moto = await startMoto()
    const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_EC2_METADATA_DISABLED: 'true' }
    return { environment: { AWS_ENDPOINT_URL: moto.url, AWS_REGION: 'eu-central-1', ...keys }, stop: () => moto.stop() }
  },
  async 'the sandbox'() {
    const sandbox = await ServedSandbox.start()
    return {
      environment: sandbox.environment('123456789012', 'eu-central-1'),
      async stop() {
        await sandbox.stop()
        sandbox.workspace.remove()
      },
    }
  },
}

/** One tool with the real provider from a mirror, in a folder and a cloud of its own. */
class Tool {
  readonly name: 'landform' | 'terraform'
  readonly #workspace = new Workspace({})
  readonly #cloud: Cloud

  constructor(name: Tool['name'], cloud: Cloud, fixture: string) {
    this.name = name
    this.#cloud = cloud
    cpSync(join(fixtures, fixture), this.#workspace.dir, { recursive: true })
    this.#workspace.write({ rc: `provider_installation {\n  filesystem_mirror {\n    path = "${terraformWithAws!.mirror}"\n  }\n}\n` })
  }

  run(args: readonly string[], expected: readonly number[] = [0]): Outcome {
    const env = {
      ...this.#cloud.environment,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      TF_CLI_CONFIG_FILE: join(this.#workspace.dir, 'rc'),
      TF_CLI_ARGS: '-no-color',
      // What Landform prints under its own name is for readers of both tools.
      LANDFORM_DIALECT: 'terraform',
    }
    const outcome =
      this.name === 'landform' ? this.#workspace.run(args, { env }) : this.#workspace.runProgram(terraformWithAws!.terraform, args, { env })
    if (outcome.code === null || !expected.includes(outcome.code)) {
      throw new Error(`${this.name} ${args.join(' ')} ended with ${outcome.code}:\n${outcome.stdout}${outcome.stderr}`)
    }
    return outcome
  }

  /** The plan as JSON, with what differs from run to run put aside. */
  plan(...args: string[]): unknown {
    this.run(['plan', '-out=p', ...args])
    const plan = JSON.parse(this.run(['show', '-json', 'p']).stdout) as Record<string, unknown>
    delete plan.timestamp
    plan.relevant_attributes = sorted(plan.relevant_attributes)
    plan.resource_drift = sorted(plan.resource_drift)
    return normal(plan)
  }

  state(): unknown {
    const state = JSON.parse(this.read('terraform.tfstate')) as Record<string, unknown> & {
      resources: { instances: { dependencies?: string[] }[] }[]
    }
    for (const key of ['lineage', 'serial']) delete state[key]
    return normal(state)
  }

  write(files: Readonly<Record<string, string>>): void {
    this.#workspace.write(files)
  }

  read(name: string): string {
    return readFileSync(join(this.#workspace.dir, name), 'utf8')
  }

  remove(): void {
    this.#workspace.remove()
  }
}

function sorted(items: unknown): unknown {
  return Array.isArray(items) ? [...items].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items
}

/** What is made up anew each time by its kind; elements of collections in an order of their own. */
function normal(document: unknown): unknown {
  // Before all others: it may look like the id of something else.
  const named = JSON.stringify(document).replace(/("unique_id":)"[A-Za-z0-9]{10,}"/g, '$1"<unique>"')
  const text = JSON.stringify(normalizeIds(JSON.parse(named)))
    .replace(/\b(?:[0-9a-f]{2}:){15}[0-9a-f]{2}\b/g, '<fingerprint>')
    .replace(/\bZ[A-Z0-9]{8,20}\b/g, '<zone>')
  return JSON.parse(text, (_key, value: unknown) => (Array.isArray(value) && value.every(isScalar) ? [...value].sort() : value))
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null
}

const cases = [
  { fixture: 'bastion', objects: 27, change: '-var=instance_type=t3.small', replace: '-var=name=other' },
  { fixture: 'wide', objects: 40, change: '-var=retention=30', replace: '-var=zone=other.example.net' },
] as const

/** What moto makes up anew each time, or does not keep, by place in the document; see reference aws.md, section 6. */
const exceptions: Readonly<Record<string, readonly RegExp[]>> = {
  moto: [],
  'the sandbox': [],
}

// Needs LANDFORM_PEER_TERRAFORM and LANDFORM_PEER_MIRROR.
describe.skipIf(terraformWithAws === undefined)('the real AWS provider is driven as terraform drives it', () => {
  beforeAll(ensureBuilt, 2 * MINUTES)

  describe.each(Object.keys(clouds))('on %s', (cloudName) => {
    describe.skipIf(cloudName === 'moto' && motoProgram === undefined).each(cases)('$fixture', ({ fixture, objects, change, replace }) => {
      const here: Cloud[] = []
      let ours: Tool
      let theirs: Tool
      const same = (a: unknown, b: unknown): string[] =>
        differences(a, b).filter((line) => !exceptions[cloudName]!.some((pattern) => pattern.test(line)))

      beforeAll(async () => {
        here.push(await clouds[cloudName]!(), await clouds[cloudName]!())
        ours = new Tool('landform', here[0]!, fixture)
        theirs = new Tool('terraform', here[1]!, fixture)
        if (cloudName === 'moto' && fixture === 'bastion') {
          // It has no MonitorInstances and forgets the setting; its images are older; hosts in names of buckets are not found.
          for (const tool of [ours, theirs]) {
            tool.write({
              'bastion.tf': tool.read('bastion.tf').replace(/monitoring( *)= true/, 'monitoring$1= false'),
              'path-style_override.tf': 'provider "aws" {\n  s3_use_path_style = true\n}\n',
            })
            for (const name of ['main.tf', 'network.tf']) {
              tool.write({ [name]: tool.read(name).replace('al2023-ami-2023.*-x86_64', 'amzn2-ami-hvm-*-x86_64-gp2') })
            }
          }
        }
        ours.run(['init'])
        theirs.run(['init'])
      }, 3 * MINUTES)
      afterAll(async () => {
        for (const tool of [ours, theirs]) tool?.remove()
        for (const cloud of here) await cloud.stop()
      })

      test(
        'the same plan, and the same state once it is applied',
        () => {
          expect(same(ours.plan(), theirs.plan())).toEqual([])
          expect(ours.run(['apply', 'p']).stdout).toContain(`Apply complete! Resources: ${objects} added, 0 changed, 0 destroyed.`)
          theirs.run(['apply', 'p'])
          expect(same(ours.state(), theirs.state())).toEqual([])
        },
        10 * MINUTES,
      )

      test(
        'a second plan is empty',
        () => {
          expect(ours.run(['plan', '-detailed-exitcode'], [0, 2]).stdout).toContain('No changes.')
        },
        3 * MINUTES,
      )

      test(
        'the same change, the same replacement',
        () => {
          expect(same(ours.plan(change), theirs.plan(change))).toEqual([])
          expect(ours.run(['apply', '-auto-approve', change]).stdout).toMatch(/Resources: 0 added, [1-9]\d* changed, 0 destroyed/)
          theirs.run(['apply', '-auto-approve', change])
          expect(same(ours.plan(replace), theirs.plan(replace))).toEqual([])
        },
        10 * MINUTES,
      )

      test(
        'what is forgotten is imported',
        () => {
          ours.run(['state', 'rm', 'aws_vpc.main'])
          const id = /vpc-[0-9a-f]+/.exec(ours.run(['output', '-raw', 'vpc_id']).stdout)![0]
          ours.write({ 'import.tf': `import {\n  to = aws_vpc.main\n  id = "${id}"\n}\n` })
          const { stdout } = ours.run(['apply', '-auto-approve', change])
          expect(stdout).toContain('Resources: 1 imported, 0 added')
        },
        5 * MINUTES,
      )

      test(
        'and all is destroyed',
        () => {
          expect(ours.run(['destroy', '-auto-approve']).stdout).toMatch(/Destroy complete! Resources: \d\d destroyed\./)
          expect(ours.run(['state', 'list']).stdout).toBe('')
        },
        10 * MINUTES,
      )
    })
  })
})

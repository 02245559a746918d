import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMoto } from '../../aws/_moto.ts'

const testdata = new URL('./testdata/', import.meta.url)

/** What terraform with hashicorp/aws 5.100.0 did with a fixture against moto. */
export interface Recorded {
  /** Planned attributes by address; those that are not known are `(unknown)`. */
  readonly planned: Readonly<Record<string, unknown>>
  /** Stored attributes by address. */
  readonly stored: Readonly<Record<string, unknown>>
  /** What the provider keeps beside them, as text. */
  readonly private: Readonly<Record<string, string | null>>
}

export function fixture(name: string): string {
  return readFileSync(new URL(`${name}.tf`, testdata), 'utf8')
}

export function recorded(name: string): Recorded {
  return JSON.parse(readFileSync(new URL(`${name}.recorded.json`, testdata), 'utf8')) as Recorded
}

interface PlannedChange {
  readonly address: string
  readonly change: { readonly after: Record<string, unknown>; readonly after_unknown: Record<string, unknown> }
}

interface StoredResource {
  readonly mode: string
  readonly type: string
  readonly name: string
  readonly instances: readonly { readonly attributes: Record<string, unknown>; readonly private?: string }[]
}

/** Makes a recording anew. Needs terraform, the mirror with the provider, and moto. */
export async function record(name: string, provider: string): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'landform-record-'))
  const moto = await startMoto()
  try {
    writeFileSync(join(dir, 'main.tf'), `${provider}${fixture(name)}`)
    const mirror = process.env.LANDFORM_PEER_MIRROR
    writeFileSync(join(dir, 'rc'), `provider_installation {\n  filesystem_mirror {\n    path = "${mirror}"\n  }\n}\n`)
    const terraform = (...args: string[]): string => {
      const { status, stdout, stderr } = spawnSync(process.env.LANDFORM_PEER_TERRAFORM!, args, {
        cwd: dir,
        env: { ...process.env, TF_CLI_CONFIG_FILE: join(dir, 'rc'), AWS_ENDPOINT_URL: moto.url, AWS_EC2_METADATA_DISABLED: 'true' },
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      })
      if (status !== 0) throw new Error(`terraform ${args.join(' ')}:\n${stdout}${stderr}`)
      return stdout
    }
    terraform('init', '-no-color')
    terraform('plan', '-no-color', '-out=p')
    const plan = JSON.parse(terraform('show', '-json', 'p')) as { resource_changes: PlannedChange[] }
    terraform('apply', '-no-color', 'p')
    const state = JSON.parse(readFileSync(join(dir, 'terraform.tfstate'), 'utf8')) as { resources: StoredResource[] }
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
    writeFileSync(
      new URL(`${name}.recorded.json`, testdata),
      `${JSON.stringify({ ...normalizeIds(result), private: result.private }, undefined, 2)}\n`,
    )
  } finally {
    await moto.stop()
    rmSync(dir, { recursive: true })
  }
}

/** `(unknown)` at the places that `unknown` marks with true, as in the JSON of a plan. */
export function mergeUnknown(value: unknown, unknown: unknown): unknown {
  if (unknown === true) return '(unknown)'
  if (typeof unknown !== 'object' || unknown === null) return value
  if (Array.isArray(unknown)) return unknown.map((u, i) => mergeUnknown((value as unknown[] | undefined)?.[i], u))
  const own = (value ?? {}) as Record<string, unknown>
  const names = new Set([...Object.keys(own), ...Object.keys(unknown)])
  return Object.fromEntries([...names].sort().map((n) => [n, mergeUnknown(own[n] ?? null, (unknown as Record<string, unknown>)[n])]))
}

/** Ids, addresses and times by the order in which they are met, so that two runs can be compared. */
export function normalizeIds<T>(document: T): T {
  const names = new Map<string, string>()
  const pattern =
    /\br-rtb-[0-9a-f]+|\b([a-z]{1,10})-[0-9a-f]{8,17}\b|\bterraform-\d{18}[0-9a-f]{8}\b|(?<=-)\d{18}[0-9a-f]{8}\b|\d{4}-\d\d-\d\dT[\d:.]+Z|\b\d+\.\d+\.\d+\.\d+\b(?!\/)|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b\d+-\d+-\d+-\d+\b|\b(?=[A-Z]*\d)(?=\d*[A-Z])[0-9A-Z]{13,}(?![a-z])|\bns-\d+\.awsdns-\d+\.[a-z.]+/g
  const text = JSON.stringify(document).replace(pattern, (found, kind: string | undefined) => {
    let name = names.get(found)
    if (name === undefined) {
      const of =
        kind ??
        (/^[\d.-]{1,25}$/.test(found) ? 'address' : /^\d*[A-Z][0-9A-Z]*$/.test(found) ? 'zone' : /^ns-/.test(found) ? 'server' : 'time')
      name = `<${of}>`
      names.set(found, name)
    }
    return name
  })
  return JSON.parse(text) as T
}

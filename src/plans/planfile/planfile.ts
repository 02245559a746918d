import { randomBytes } from 'node:crypto'
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import { open, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Diagnosed, DiagnosticError, Diagnostics } from '../../diags/index.ts'
import { looksSealed, type Seal } from '../../encryption/index.ts'
import { readStateFile, type State, writeStateFile } from '../../states/index.ts'
import type { Plan } from '../plan.ts'
import { planFromJson, planToJson } from './_plan-json.ts'
import { PlanJsonError } from './_values.ts'
import { readZip, writeZip, ZipError } from './_zip.ts'

/** A saved plan with everything that applying exactly it needs. */
export interface PlanFile {
  readonly plan: Plan
  /** Of the snapshot that was planned from; empty and 0 when there was none. Apply compares them: a plan that is not of the current snapshot is stale. */
  readonly stateLineage: string
  readonly stateSerial: number
  /** Text of every configuration file by its path relative to the root module. */
  readonly configFiles: ReadonlyMap<string, string>
  /** Where the state lives: the backend's type, its settings as JSON and the workspace. */
  readonly backend: PlanBackend
  /** Text of the dependency lock file, if there is one. */
  readonly lockFile: string | undefined
  readonly landformVersion: string
}

export interface PlanBackend {
  readonly type: string
  /** Plain JSON; may hold secrets, as the whole file may. */
  readonly config: unknown
  readonly workspace: string
}

const formatVersion = 1
const planEntry = 'tfplan'
const stateEntry = 'tfstate'
const previousStateEntry = 'tfstate-prev'
const configPrefix = 'tfconfig/'
const lockEntry = '.terraform.lock.hcl'

/**
 * Writes a plan file: a zip with the names of Terraform's entries, but content of Landform's own, which no other program reads.
 * Unless it is sealed the file holds sensitive values in clear, so only its owner may read it. It is there completely or not at all.
 *
 * @param seal how the file is encrypted; undefined: not at all
 * @throws Error of the file system
 */
export async function writePlanFile(path: string, file: PlanFile, seal?: Seal): Promise<void> {
  const entries = new Map<string, string>()
  entries.set(planEntry, planText(file))
  const state = (s: State) =>
    writeStateFile({ terraformVersion: file.landformVersion, serial: file.stateSerial, lineage: file.stateLineage, state: s })
  entries.set(stateEntry, state(file.plan.priorState))
  entries.set(previousStateEntry, state(file.plan.previousState))
  for (const [name, text] of file.configFiles) entries.set(configPrefix + name, text)
  if (file.lockFile !== undefined) entries.set(lockEntry, file.lockFile)
  const archive = writeZip(entries)
  await replaceFile(path, seal === undefined ? archive : await seal.seal(archive))
}

function planText(file: PlanFile): string {
  return `{"landform_plan":${formatVersion},"landform_version":${JSON.stringify(file.landformVersion)},"backend":${JSON.stringify(file.backend)},"plan":${planToJson(file.plan)}}`
}

/**
 * Reads a plan file. The value is undefined with errors. A plan of another version of Landform is refused when `landformVersion`
 * is given: what a plan leaves unsaid may mean something else there.
 */
export async function readPlanFile(
  path: string,
  options: { readonly landformVersion?: string; readonly seal?: Seal | undefined } = {},
): Promise<Diagnosed<PlanFile | undefined>> {
  const diags = new Diagnostics()
  const value = await read(path, options.landformVersion, options.seal, diags)
  return { value: diags.hasErrors ? undefined : value, diags: diags.items }
}

const unreadable = 'Failed to read plan file'

async function read(
  path: string,
  wantedVersion: string | undefined,
  seal: Seal | undefined,
  diags: Diagnostics,
): Promise<PlanFile | undefined> {
  const fail = (detail: string): undefined => {
    diags.error(unreadable, detail)
  }
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    return fail(`The file ${path} cannot be read: ${(error as Error).message}`)
  }
  if (bytes.length === 0) return fail(`The file ${path} is empty. Create the plan again with "plan -out".`)
  if (seal === undefined && looksSealed(bytes)) {
    return fail(
      `The file ${path} is encrypted. It can be read only with the "encryption" block that it was written with, in the configuration or in TF_ENCRYPTION, with "plan" in it.`,
    )
  }
  if (seal !== undefined) {
    try {
      bytes = Buffer.from((await seal.open(bytes)).plain)
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      diags.addAll(error.diags)
      return undefined
    }
  }
  if (bytes.readUInt8(0) === 0x7b)
    return fail(`The file ${path} holds JSON, as state files do, and not a plan. Plans are created with "plan -out".`)
  if (!startsLikeZip(bytes)) return fail(`The file ${path} is not a plan file. Plans are created with "plan -out".`)
  try {
    return unpack(readZip(bytes), path, wantedVersion, diags)
  } catch (error) {
    if (error instanceof ZipError)
      return fail(`The plan file ${path} is damaged: ${error.message}. Create the plan again with "plan -out".`)
    throw error
  }
}

function unpack(
  entries: ReadonlyMap<string, Buffer>,
  path: string,
  wantedVersion: string | undefined,
  diags: Diagnostics,
): PlanFile | undefined {
  const again = 'Create the plan again with "plan -out".'
  const fail = (detail: string): undefined => {
    diags.error(unreadable, detail)
  }
  const planBytes = entries.get(planEntry)
  if (planBytes === undefined) return fail(`The file ${path} is an archive, but not one with a plan in it.`)
  // Terraform's and OpenTofu's entry of this name is no JSON.
  if (planBytes[0] !== 0x7b) {
    return fail(
      `The plan file ${path} was created by Terraform or OpenTofu, whose plans no other program can apply. Create the plan with "landform plan -out".`,
    )
  }
  const previous = readState(entries, previousStateEntry, diags)
  const prior = readState(entries, stateEntry, diags)
  try {
    const root = JSON.parse(planBytes.toString('utf8')) as Record<string, unknown>
    const version = String(root.landform_version)
    if (root.landform_plan !== formatVersion || (wantedVersion !== undefined && version !== wantedVersion)) {
      const reader = wantedVersion === undefined ? '' : `, but this is ${wantedVersion}`
      return fail(
        `The plan file ${path} was created by Landform ${version}${reader}. A plan can be applied only by the version that made it. ${again}`,
      )
    }
    if (previous === undefined || prior === undefined) {
      if (!diags.hasErrors) fail(`The plan file ${path} lacks the state it was made from. ${again}`)
      return undefined
    }
    const backend = root.backend as PlanBackend
    if (typeof backend?.type !== 'string' || typeof backend.workspace !== 'string') throw new PlanJsonError('the backend is missing')
    const configFiles = new Map<string, string>()
    for (const [name, content] of entries) {
      if (name.startsWith(configPrefix)) configFiles.set(name.slice(configPrefix.length), content.toString('utf8'))
    }
    return {
      plan: planFromJson(root.plan, previous.state, prior.state),
      stateLineage: prior.lineage,
      stateSerial: prior.serial,
      configFiles,
      backend: { type: backend.type, config: backend.config, workspace: backend.workspace },
      lockFile: entries.get(lockEntry)?.toString('utf8'),
      landformVersion: version,
    }
  } catch (error) {
    // JSON and value errors alike: the checksums are right, so a program wrote it so.
    if (!(error instanceof Error)) throw error
    return fail(`The plan file ${path} does not hold what a plan must hold: ${error.message}. ${again}`)
  }
}

function readState(entries: ReadonlyMap<string, Buffer>, name: string, diags: Diagnostics) {
  const { value, diags: problems } = readStateFile(entries.get(name) ?? new Uint8Array(), { name: `The entry ${name} of the plan file` })
  diags.addAll(problems)
  return value
}

function startsLikeZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5)
}

/** Whether a file is a plan rather than a state, judged by its first bytes, or by what stands around it when it is encrypted; false when it cannot be read. */
export function looksLikePlanFile(path: string): boolean {
  try {
    const file = openSync(path, 'r')
    try {
      const head = new Uint8Array(4)
      if (readSync(file, head) < 4) return false
      return startsLikeZip(head) || (head[0] === 0x7b && isSealedPlan(readFileSync(path)))
    } finally {
      closeSync(file)
    }
  } catch {
    return false
  }
}

/** States say in clear which one they are. */
function isSealedPlan(bytes: Buffer): boolean {
  return looksSealed(bytes) && !Object.hasOwn(JSON.parse(bytes.toString('utf8')) as object, 'lineage')
}

/** A plan is no record of anything, unlike a state: so it is synced, but an older plan of the name need not survive a power loss. */
async function replaceFile(path: string, content: Uint8Array): Promise<void> {
  const existing = await stat(path).catch(() => undefined)
  // What is no file, such as `/dev/null`, is written to as it is, and stays what it is.
  if (existing !== undefined && !existing.isFile() && !existing.isDirectory()) return writeFile(path, content)
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await unlink(temporary).catch(() => undefined)
    throw error
  }
}

import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'
import { type Diagnostic, Diagnostics } from '../diags/index.ts'
import { readCache, replaceFile, writeCache } from './_cache.ts'
import { type BundleFrame, bundleFrames, FrameMap, type SourceFrame } from './_frames.ts'
import { Packages } from './_packages.ts'
import { isReproducible, readSources, type Sources } from './_sources.ts'
import { bundleEnvironments } from './bundle.ts'
import { checkTypes } from './check-types.ts'
import { type Organization, readOrganization } from './organization.ts'
import type { Project } from './project.ts'

/** Environments ready to be synthesised: checked, bundled, and what they say about the accounts. */
export interface Prepared {
  readonly project: Project
  readonly digest: string
  readonly bundle: string
  readonly organization: Organization
  /** Stacks made of the same sources are the same. */
  readonly reproducible: boolean
  /** What the type check finds; it goes on while stacks are made of what may turn out to be wrong. */
  readonly typeErrors: Promise<readonly Diagnostic[]>
}

/** A stack as configuration of Terraform. */
export interface SynthesisedStack {
  /** The environment, or what else it is made by. */
  readonly environment: string
  /** Its own name: that of the environment as long as there is one only. */
  readonly name: string
  /** Text of `cdk.tf.json`. */
  readonly text: string
  /** Construct path below the stack by address, in the order in which they were made: `aws_elb.api_load_balancer_elb` is `api/load-balancer/elb`. */
  readonly constructs: Readonly<Record<string, string>>
  /** Where each was made, and each input variable (`var.x`) and output value (`output.x`), by address: places in the bundle, innermost first. */
  readonly frames: Readonly<Record<string, readonly BundleFrame[]>>
}

const organizationCache = 'organization.json'

/**
 * Bundles what changed, begins to type-check it and reads the accounts. Undefined with diagnostics when something is wrong with the sources;
 * what the types say is known when `typeErrors` is.
 */
export async function prepareEnvironments(
  project: Project,
  diags: Diagnostics,
  options: { readonly checkTypes: boolean } = { checkTypes: true },
): Promise<Prepared | undefined> {
  const sources = readSources(project)
  const typeErrors = options.checkTypes ? findTypeErrors(project, sources) : Promise.resolve([])
  // Some callers only want to know the accounts.
  typeErrors.catch(() => {})
  const own = new Diagnostics()
  const bundle = await bundleEnvironments(project, sources, own)
  const reproducible = isReproducible(sources)
  const organization = bundle === undefined ? undefined : findOrganization(project, bundle, sources.digest, reproducible, own)
  if (bundle !== undefined && organization !== undefined) {
    return { project, digest: sources.digest, bundle, organization, reproducible, typeErrors }
  }
  // The compiler says it better when both found the same.
  const said = await typeErrors
  diags.addAll(said.length > 0 ? said : own.items)
  return undefined
}

async function findTypeErrors(project: Project, sources: Sources): Promise<readonly Diagnostic[]> {
  const found = new Diagnostics()
  await checkTypes(project, sources, found)
  return found.items
}

function findOrganization(
  project: Project,
  bundle: string,
  digest: string,
  reproducible: boolean,
  diags: Diagnostics,
): Organization | undefined {
  const kept = reproducible ? readCache<Organization>(project, organizationCache, digest) : undefined
  if (kept !== undefined) return kept
  const loaded = attempt(project, bundle, diags, () => loadBundle(bundle, digest, project))
  const organization = loaded === undefined ? undefined : readOrganization(loaded.exports.accounts, diags)
  if (reproducible && organization !== undefined) writeCache(project, organizationCache, digest, organization)
  return organization
}

/**
 * The stacks of an environment, from the cache when the same sources gave them before. Also written to `.landform/synth`.
 * What is thrown while they are made becomes a diagnostic at the line of TypeScript that caused it.
 *
 * @param types `pending`: not to wait for the type check, which is for callers that look at `typeErrors` themselves before they show or keep anything
 */
export async function synthesise(
  prepared: Prepared,
  name: string,
  diags: Diagnostics,
  types: 'checked' | 'pending' = 'checked',
): Promise<readonly SynthesisedStack[] | undefined> {
  const own = new Diagnostics()
  const stacks = stacksOf(prepared, name, own)
  if (types === 'pending' && stacks !== undefined && !own.hasErrors) {
    diags.addAll(own.items)
    return stacks
  }
  const typeErrors = await prepared.typeErrors
  // What is thrown is often what the types forbid, said less well.
  diags.addAll(typeErrors.length > 0 ? typeErrors : own.items)
  return typeErrors.length > 0 ? undefined : stacks
}

function stacksOf(prepared: Prepared, name: string, diags: Diagnostics): readonly SynthesisedStack[] | undefined {
  const { project, bundle, digest } = prepared
  const cacheName = `stacks-${name}.json`
  const kept = prepared.reproducible ? readCache<readonly SynthesisedStack[]>(project, cacheName, digest) : undefined
  if (kept !== undefined) return kept
  const stacks = attempt(project, bundle, diags, () => {
    const { exports, packages } = loadBundle(bundle, digest, project)
    const made = makeStacks(exports, bundle, name, diags)
    packages.keepCode()
    return made
  })
  if (stacks === undefined) return undefined
  for (const stack of stacks) {
    const path = synthPath(project, stack)
    mkdirSync(join(path, '..'), { recursive: true })
    replaceFile(path, stack.text)
  }
  if (prepared.reproducible) writeCache(project, cacheName, digest, stacks)
  return stacks
}

/** Where the configuration of a stack is written for whoever wants to read it. */
export function synthPath(project: Project, { environment, name }: Pick<SynthesisedStack, 'environment' | 'name'>): string {
  return join(project.dataDir, 'synth', environment, ...(environment === name ? [] : [name]), 'cdk.tf.json')
}

/** The bundle's exports; see `entry` in bundle.ts. */
interface Bundle {
  readonly accounts: unknown
  readonly cdktf: () => Cdktf
  readonly constructs: () => {
    readonly Node: { readonly prototype: { addMetadata: (this: ConstructNode, type: string, ...rest: unknown[]) => void } }
  }
  readonly stacks: Readonly<Record<string, () => unknown>>
}

interface Cdktf {
  /** It makes the folder `outdir` as soon as there is one. */
  readonly App: new (config: {
    outdir: string
  }) => object
}

interface ConstructNode {
  readonly path: string
}

/** The part of cdktf's TerraformStack that is used here. Recognised by cdktf's symbol, so that a fork's stacks are ones too. */
interface Stack {
  readonly node: ConstructNode & { readonly id: string }
  /** Resolves every reference, which may add to stacks: what others refer to becomes an output. */
  prepareStack(): void
  runAllValidations(): void
  toTerraform(): StackJson
}

type Blocks = Record<string, Record<string, { '//'?: { metadata?: { path?: string } } }>>
type StackJson = Record<string, unknown> & { resource?: Blocks; data?: Blocks; variable?: object; output?: object }

const stackSymbol = Symbol.for('cdktf/TerraformStack')
/** The bundle that was loaded last; another digest means that its file is another one by now. */
let last: { readonly path: string; readonly digest: string; readonly exports: Bundle; readonly packages: Packages } | undefined

function loadBundle(path: string, digest: string, project: Project): NonNullable<typeof last> {
  if (last?.path === path && last.digest === digest) return last
  const packages = Packages.load(project)
  const code = `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, 'utf8')}\n})`
  const run = new Script(code, { filename: path }).runInThisContext() as (...args: unknown[]) => void
  const module = { exports: {} }
  run(module.exports, packages.require, module, path, join(path, '..'))
  last = { path, digest, exports: module.exports as Bundle, packages }
  return last
}

function makeStacks(bundle: Bundle, path: string, name: string, diags: Diagnostics): readonly SynthesisedStack[] | undefined {
  const make = bundle.stacks[name]!()
  if (typeof make !== 'function') {
    diags.error('Invalid environment', `environments/${name}.ts must export a function by default: (app: App) => TerraformStack[].`)
    return undefined
  }
  const traces = new Map<ConstructNode, Error>()
  const restore = recordTraces(bundle, traces)
  try {
    const outdir = join(dirname(path), 'cdktf.out')
    const returned: unknown = make(new (bundle.cdktf().App)({ outdir }))
    const stacks = (Array.isArray(returned) ? returned : [returned]).filter(
      (s): s is Stack => typeof s === 'object' && s !== null && stackSymbol in s,
    )
    if (stacks.length === 0) {
      diags.error(
        'Invalid environment',
        `An environment is one stack for its account, or several of them, but the function of environments/${name}.ts returned none.`,
      )
      return undefined
    }
    const ids = new Set(stacks.map((stack) => stack.node.id))
    if (ids.size < stacks.length || [...ids].some((id) => !/^[A-Za-z0-9][\w.-]*$/.test(id))) {
      diags.error(
        'Invalid environment',
        `The stacks of environments/${name}.ts are called ${[...ids].join(', ')}. Each needs a name of its own, of letters, digits, dots and dashes.`,
      )
      return undefined
    }
    // References between stacks add outputs and data sources to them: all have to be there before any is read.
    if (stacks.length > 1) for (const stack of stacks) stack.prepareStack()
    return stacks.map((stack) => readStack(stack, path, name, stacks.length === 1, traces))
  } finally {
    restore()
  }
}

/** @param only the environment has no other stack, and so its name is enough */
function readStack(
  stack: Stack,
  path: string,
  environment: string,
  only: boolean,
  traces: ReadonlyMap<ConstructNode, Error>,
): SynthesisedStack {
  stack.runAllValidations()
  const json = stack.toTerraform()
  const addresses = new Map<string, string>()
  for (const [address, block] of blocksOf(json)) addresses.set(block['//']?.metadata?.path ?? '', address)
  const constructs: Record<string, string> = {}
  const frames: Record<string, readonly BundleFrame[]> = {}
  for (const [node, trace] of traces) {
    if (!node.path.startsWith(`${stack.node.id}/`) && node.path !== stack.node.id) continue
    const resource = addresses.get(node.path)
    if (resource !== undefined) constructs[resource] = node.path.slice(stack.node.id.length + 1)
    const address = resource ?? plainAddress(node, json)
    if (address !== undefined) frames[address] = bundleFrames(trace.stack ?? '', path)
  }
  const text = `${JSON.stringify(json, undefined, 2)}\n`
  return { environment, name: only ? environment : stack.node.id, text, constructs, frames }
}

/**
 * Remembers the stack of calls for each element of a stack while it is made. Elements announce themselves by a metadata entry, which is where
 * this listens; the stacks become text only when they are asked for.
 *
 * @returns what undoes it.
 */
function recordTraces(bundle: Bundle, traces: Map<ConstructNode, Error>): () => void {
  const { prototype } = bundle.constructs().Node
  const original = prototype.addMetadata
  const { stackTraceLimit, captureStackTrace } = Error
  Error.stackTraceLimit = 40
  // cdktf takes down the whole stack for each of its many tokens, for messages that name no line of anybody's.
  Error.captureStackTrace = () => {}
  prototype.addMetadata = function (type, ...rest) {
    if (type === 'stacktrace') traces.set(this, new Error())
    original.call(this, type, ...rest)
  }
  return () => {
    prototype.addMetadata = original
    Error.stackTraceLimit = stackTraceLimit
    Error.captureStackTrace = captureStackTrace
  }
}

/** Input variables and output values tell nothing of their construct in the JSON; they go by the name it gave them. */
function plainAddress(node: ConstructNode, json: StackJson): string | undefined {
  const name = (node as { host?: { friendlyUniqueId?: unknown } }).host?.friendlyUniqueId
  if (typeof name !== 'string') return undefined
  if (Object.hasOwn(json.variable ?? {}, name)) return `var.${name}`
  return Object.hasOwn(json.output ?? {}, name) ? `output.${name}` : undefined
}

function* blocksOf(json: StackJson): Iterable<[address: string, block: Blocks[string][string]]> {
  for (const [type, byName] of Object.entries(json.resource ?? {})) {
    for (const [name, block] of Object.entries(byName)) yield [`${type}.${name}`, block]
  }
  for (const [type, byName] of Object.entries(json.data ?? {})) {
    for (const [name, block] of Object.entries(byName)) yield [`data.${type}.${name}`, block]
  }
}

/** The boundary between what users wrote and us: what they throw is told at the line where it was thrown. */
function attempt<T>(project: Project, bundle: string, diags: Diagnostics, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Error)) {
      diags.error('Environment failed', `It threw ${JSON.stringify(error)}, which is no Error.`)
      return undefined
    }
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND' && bundleFrames(error.stack ?? '', bundle).length > 0) {
      diags.error('Packages are not installed', `${error.message.split('\n')[0]}. Install the packages of this repository:\n    npm ci`)
      return undefined
    }
    const map = new FrameMap(project.root, bundle)
    const frames = map.own(bundleFrames(error.stack ?? '', bundle))
    // What breaks a module's rule was written by its caller.
    const subject = (error.name === 'ModuleError' ? frames.find((f) => !f.path.startsWith('modules/')) : undefined) ?? frames[0]
    diags.error(
      'Environment failed',
      `${error.message.trim()}${calledFrom(frames, subject)}`,
      subject === undefined ? {} : { subject: map.range(subject) },
    )
    return undefined
  }
}

/** The other lines on the way, as a paragraph. */
export function calledFrom(frames: readonly SourceFrame[], subject: SourceFrame | undefined): string {
  const others = frames.filter((f) => f !== subject)
  return others.length === 0 ? '' : `\n\nBy way of:\n${others.map((f) => `  ${f.path}:${f.line}`).join('\n')}`
}

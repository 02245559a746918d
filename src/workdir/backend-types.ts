import type { Diagnostics, SourceRange } from '../diags/index.ts'
import type { Seal } from '../encryption/index.ts'
import type { BlockSchema } from '../schema/index.ts'
import type { StateManager } from '../statemgr/index.ts'
import { httpBackend } from './http-backend.ts'
import { localBackend } from './local-backend.ts'
import { pgBackend } from './pg-backend.ts'
import { s3Backend } from './s3-backend.ts'
import type { Environment } from './settings.ts'

/** Arguments of a backend as JSON; null for what is not set. */
export type BackendConfig = Readonly<Record<string, unknown>>

/** What is in the way of using a configuration. */
export type BackendProblem = (summary: string, detail: string) => void

/** A place for the states of all workspaces, opened. Problems of the place are thrown as DiagnosticError. */
export interface StateStore {
  /** @param seal how the state is encrypted; undefined: not at all */
  stateManager(workspace: string, seal?: Seal): StateManager
  /** `default` first, the others ascending; undefined where there are no workspaces but `default`. */
  workspaces(): Promise<readonly string[] | undefined>
  /** Removes the state of a workspace. Only where there are workspaces. */
  deleteWorkspace(workspace: string): Promise<void>
}

/** A kind of backend. Nothing is asked of a network before a method of the store is called. */
export interface BackendType {
  /** All arguments, none of them required: some may come from elsewhere. */
  readonly schema: BlockSchema
  /** Of these, those that Terraform does not have. Where they are not set the record of `init` is as Terraform's is. */
  readonly openTofuOnly?: readonly string[]
  /** Arguments that must be given, with what people are asked for. */
  readonly required: Readonly<Record<string, string>>
  /** Arguments that have been replaced by others, with those. */
  readonly deprecated?: Readonly<Record<string, string>>
  /** Has workspaces besides `default`. */
  readonly hasWorkspaces: boolean
  check(config: BackendConfig, environment: Environment, problem: BackendProblem): void
  open(config: BackendConfig, environment: Environment): StateStore
}

const backendTypes: Readonly<Record<string, BackendType>> = {
  http: httpBackend,
  local: localBackend,
  pg: pgBackend,
  s3: s3Backend,
}

/** Those of Terraform and OpenTofu that states can be brought over from. */
const others: ReadonlySet<string> = new Set(['azurerm', 'consul', 'cos', 'gcs', 'inmem', 'kubernetes', 'oci', 'oss', 'remote'])

const removed: Readonly<Record<string, string>> = {
  artifactory: 'v1.3',
  azure: 'v0.12',
  etcd: 'v1.3',
  etcdv3: 'v1.3',
  manta: 'v1.3',
  swift: 'v1.3',
}

export function tryBackendType(name: string): BackendType | undefined {
  return Object.hasOwn(backendTypes, name) ? backendTypes[name] : undefined
}

/** The arguments of a backend; of those that are not supported any, and undefined where there is and was none of this name. */
export function backendArguments(name: string): readonly string[] | 'any' | undefined {
  const type = tryBackendType(name)
  if (type !== undefined) return Object.keys(type.schema.attributes)
  return others.has(name) || Object.hasOwn(removed, name) ? 'any' : undefined
}

/**
 * The kind of backend of this name; what is not supported is reported with what to do about it.
 *
 * @param summary of a name that is nobody's: Terraform has other words for it once `init` is over.
 */
export function backendType(
  name: string,
  diags: Diagnostics,
  subject?: SourceRange,
  summary = 'Unsupported backend type',
): BackendType | undefined {
  const type = tryBackendType(name)
  if (type !== undefined) return type
  const place = subject === undefined ? {} : { subject }
  if (name === 'cloud') {
    diags.error(
      'HCP Terraform is not supported',
      'The configuration has a "cloud" block: its states are kept and its operations are run by HCP Terraform, which Landform does not work with. Landform keeps states in local files, in S3, in PostgreSQL and behind HTTP addresses.\n\nTo bring the state over, fetch it once with Terraform, replace the "cloud" block by a backend, and store it there:\n    terraform state pull > old.tfstate\n    landform init\n    landform state push old.tfstate',
      place,
    )
  } else if (others.has(name)) {
    const what = `The "${name}" backend is not supported by Landform, which keeps states in local files ("local"), in S3 ("s3"), in PostgreSQL ("pg") and behind HTTP addresses ("http").`
    const bring =
      name === 'inmem'
        ? ''
        : '\n\nTo bring the state over, fetch it once with Terraform, put one of these in the place of the backend, and store it there:\n    terraform state pull > old.tfstate\n    landform init -reconfigure\n    landform state push old.tfstate'
    diags.error('Backend not supported', `${what}${bring}`, place)
  } else {
    const since = Object.hasOwn(removed, name) ? removed[name] : undefined
    diags.error(
      summary,
      since === undefined
        ? `There is no backend type named "${name}".`
        : `The "${name}" backend is not supported in Terraform ${since} or later.`,
      place,
    )
  }
  return undefined
}

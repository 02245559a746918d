import { join } from 'node:path'
import { defaultHost, parseProviderSource } from '../addrs/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { MaybePromise, Provider } from '../providers/index.ts'
import { builtinProviderNames, type Environment, type PlannedStates, readSettings, type Settings } from '../workdir/index.ts'
import type { RunEvent } from './events.ts'

/** A provider that the caller brings along; it wins over all others of its source. */
export interface GivenProvider {
  /** `[hostname/][namespace/]type`. */
  readonly source: string
  /** Makes a fresh one for each configuration of it. */
  provider(): MaybePromise<Provider>
}

/** What planning and applying have in common. */
export interface RunOptions {
  readonly providers?: readonly GivenProvider[] | undefined
  /** Names of providers, such as `aws`, that Landform's own ones serve. Default: all that it has. */
  readonly builtin?: readonly string[] | undefined
  /**
   * Variables by which providers find credentials and endpoints (for a sandbox its `AWS_ENDPOINT_URL` and an access key), and `TF_VAR_...`. Default:
   * none, whatever this process has.
   */
  readonly environment?: Environment | undefined
  /** What `terraform.workspace` gives; `default` when not given. */
  readonly workspace?: string | undefined
  /** Concurrent calls of providers; 10 when not given. */
  readonly parallelism?: number | undefined
  /** Outputs of states that are planned in the same run, for `terraform_remote_state`; all others are read where they are stored. */
  readonly plannedStates?: PlannedStates | undefined
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  /** Once aborted no new operation starts; running ones finish. */
  readonly stop?: AbortSignal | undefined
}

/** Settings of a run in `baseDir`, which has a data directory only if `init` was run there. */
export function settingsFor(options: RunOptions, baseDir: string, dataDir: string, diags: Diagnostics): Settings {
  const environment = options.environment ?? {}
  const base = readSettings({ ...environment, TF_DATA_DIR: dataDir, TF_WORKSPACE: options.workspace ?? 'default' }, baseDir)
  const given = (options.providers ?? []).flatMap(({ source: text, provider }) => {
    const source = parseProviderSource(text, defaultHost, diags)
    return source === undefined ? [] : [{ source, versions: ['1.0.0'], file: 'given by the caller', open: async () => provider() }]
  })
  return {
    ...base,
    lockPath: join(baseDir, '.terraform.lock.hcl'),
    environment,
    providers: {
      ...base.providers,
      builtin: new Set(options.builtin ?? builtinProviderNames()),
      injected: [...given, ...base.providers.injected],
      environment,
      plannedStates: options.plannedStates,
    },
  }
}

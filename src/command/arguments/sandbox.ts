import { resolve } from 'node:path'
import { type Diagnostic, Diagnostics } from '../../diags/index.ts'
import { flag, optionalFlag, parseFlags } from './flags.ts'

/** Where a sandbox listens when nothing is said and nobody else listens there. */
export const defaultSandboxPort = 4577

export interface SandboxArguments {
  /** Absent: the port by default, or any free one when that is taken. */
  readonly port?: number
  readonly host: string
  /** Absolute; absent: that of the repository. */
  readonly dir?: string
  /** Absent: as the accounts of the sandbox ask for. */
  readonly iam?: 'open' | 'enforce'
  /** How long things take compared with AWS. */
  readonly delays: number
  /** How long each call is on its way. Absent: LANDFORM_SANDBOX_LATENCY_MS says, or not at all. */
  readonly latencyMs?: number
  readonly seed?: string
  /** The address of an emulator that answers what the sandbox does not implement. */
  readonly fallback?: string
  readonly log: boolean
  readonly colour: boolean
  readonly diags: readonly Diagnostic[]
}

/** Arguments of `sandbox serve`, and of `sandbox reset`, which has no others than -dir. */
export function parseSandboxArguments(argv: readonly string[], base: string, command: 'serve' | 'reset'): SandboxArguments {
  const parsed = parseFlags(argv, {
    dir: { kind: 'string' },
    'no-color': { kind: 'bool' },
    ...(command === 'reset'
      ? {}
      : {
          port: { kind: 'int' },
          host: { kind: 'string' },
          iam: { kind: 'string' },
          delays: { kind: 'string' },
          latency: { kind: 'int' },
          seed: { kind: 'string' },
          fallback: { kind: 'string' },
          log: { kind: 'bool' },
        }),
  } as const)
  const diags = new Diagnostics()
  diags.addAll(parsed.diags)
  if (parsed.positional.length > 0)
    diags.error(
      'Too many command line arguments',
      `The command "sandbox ${command}" takes no argument ${JSON.stringify(parsed.positional[0])}.`,
    )
  const port = optionalFlag<number>(parsed, 'port')
  if (port !== undefined && (port < 0 || port > 65_535))
    diags.error('Invalid port', `The option -port needs a number between 0 and 65535, not ${port}. With 0 any free port is used.`)
  const iam = optionalFlag<string>(parsed, 'iam')
  if (iam !== undefined && iam !== 'open' && iam !== 'enforce')
    diags.error('Invalid mode', `The option -iam is "open" or "enforce", not ${JSON.stringify(iam)}.`)
  const delaysText = flag<string>(parsed, 'delays', '0')
  const delays = Number(delaysText)
  if (delaysText.trim() === '' || !(delays >= 0) || !Number.isFinite(delays))
    diags.error('Invalid delays', `The option -delays needs a number such as 0, 0.1 or 1, not ${JSON.stringify(delaysText)}.`)
  const latencyMs = optionalFlag<number>(parsed, 'latency')
  if (latencyMs !== undefined && (latencyMs < 0 || latencyMs > 60_000))
    diags.error('Invalid latency', `The option -latency needs a number of milliseconds between 0 and 60000, not ${latencyMs}.`)
  const fallback = optionalFlag<string>(parsed, 'fallback')
  if (fallback !== undefined && !(/^https?:\/\//.test(fallback) && URL.canParse(fallback)))
    diags.error('Invalid fallback', `The option -fallback needs an address such as http://127.0.0.1:5000, not ${JSON.stringify(fallback)}.`)
  const dir = optionalFlag<string>(parsed, 'dir')
  return {
    port,
    host: flag(parsed, 'host', '127.0.0.1'),
    dir: dir === undefined || dir === '' ? undefined : resolve(base, dir),
    iam: iam as SandboxArguments['iam'],
    delays,
    latencyMs,
    seed: optionalFlag<string>(parsed, 'seed'),
    fallback,
    log: flag(parsed, 'log', false),
    colour: !flag(parsed, 'no-color', false),
    diags: diags.items,
  }
}

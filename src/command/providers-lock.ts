import { formatProviderSource } from '../addrs/index.ts'
import { Diagnostics } from '../diags/index.ts'
import {
  authenticationText,
  compareLocks,
  isBuiltinSource,
  type LockEvent,
  LockPlatformError,
  lockFileName,
  lockFileToString,
  lockPlatforms,
  type ProviderLock,
  type ProviderToInstall,
  platformToString,
  readLockFile,
} from '../registry/index.ts'
import { lockInProcess } from '../workdir/init-providers.ts'
import { selectLocal } from '../workdir/providers.ts'
import { namedSource, openRegistryAccess } from '../workdir/registry-access.ts'
import { writeFileAtomically } from '../workdir/write-file.ts'
import { chosenPlatforms, configuredProviders } from './_provider-packages.ts'
import { allFlags, optionalFlag, parseFlags } from './arguments/flags.ts'
import { viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'
import type { View } from './views/view.ts'

/** Completes the lock file with checksums for other platforms. */
export async function providersLockCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    {
      ...viewFlags,
      platform: { kind: 'string', repeatable: true },
      'fs-mirror': { kind: 'string' },
      'net-mirror': { kind: 'string' },
      'enable-plugin-cache': { kind: 'bool' },
      'test-directory': { kind: 'string' },
    },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  const fsMirror = optionalFlag<string>(parsed, 'fs-mirror')
  const netMirror = optionalFlag<string>(parsed, 'net-mirror')
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  if (fsMirror !== undefined && netMirror !== undefined) {
    usage.error('Invalid installation method options', 'The -fs-mirror and -net-mirror command line options are mutually-exclusive.')
  }
  if (netMirror !== undefined && !/^https:\/\/[^/]+/.test(netMirror)) {
    usage.error('Invalid network mirror URL', 'The -net-mirror option requires a valid https: URL as the mirror base URL.')
  }
  const platforms = chosenPlatforms(allFlags(parsed, 'platform'), usage)
  if (usage.hasErrors) return failUsage(view, usage.items, 'providers lock')
  const diags = new Diagnostics()
  const { needed, settings } = configuredProviders(parsed.positional, context, diags)
  const before = readLockFile(diags)
  if (diags.hasErrors) return finish(view, diags.items)
  const access = openRegistryAccess(settings.environment)
  const kept = new Map<string, ProviderLock>()
  const wanted: ProviderToInstall[] = []
  for (const one of needed) {
    if (isBuiltinSource(one.source)) continue
    const local = selectLocal(one.source, [], settings)
    if (local === undefined) wanted.push(one)
    else if (local.kind === 'builtin' || local.kind === 'injected') lockInProcess(one, local.version, before, false, kept)
  }
  const mirror = netMirror === undefined || netMirror.endsWith('/') ? netMirror : `${netMirror}/`
  const base = new Map([...before, ...kept])
  try {
    const after = await lockPlatforms({
      needed: wanted,
      locks: base,
      platforms,
      sourceFor: (platform) => namedSource(access, { fsMirror, netMirror: mirror }, platform, settings.environment),
      http: access.http,
      on: (event) => view.print(eventText(event)),
    })
    if (compareLocks(before, after) === 'same') {
      view.print(`\n${succeeded(view, 'validated the lock file and found no need for changes.')}\n`)
    } else {
      writeFileAtomically(lockFileName, lockFileToString(after, context.dialect.kind))
      view.print(
        `\n${succeeded(view, 'updated the lock file.')}\n\nReview the changes in ${lockFileName} and then commit to your\nversion control system to retain the new checksums.\n\n`,
      )
    }
  } catch (error) {
    if (!(error instanceof LockPlatformError)) throw error
    diags.error(
      'Could not retrieve providers for locking',
      `${context.dialect.product} failed to fetch the requested providers for ${platformToString(error.platform)} in order to calculate their checksums: ${error.message}`,
    )
  }
  return finish(view, diags.items)
}

function succeeded(view: View, what: string): string {
  return `${view.palette.bold(view.palette.green('Success!'))} ${view.palette.bold(`${view.dialect.product} has ${what}`)}`
}

const changes: Readonly<Record<Extract<LockEvent, { kind: 'obtained' }>['change'], string>> = {
  newProvider: 'This was a new provider and the checksums for this platform are now tracked in the lock file',
  newHashes: 'Additional checksums for this platform are now tracked in the lock file',
  nothing: 'All checksums for this platform were already tracked in the lock file',
}

function eventText(event: LockEvent): string {
  const platform = platformToString(event.platform)
  const name = formatProviderSource(event.source)
  switch (event.kind) {
    case 'fetching':
      return `- Fetching ${name} ${event.version} for ${platform}...\n`
    case 'retrieved':
      return `- Retrieved ${name} ${event.version} for ${platform} (${authenticationText(event.authentication)})\n`
    case 'obtained':
      return `- Obtained ${name} checksums for ${platform}; ${changes[event.change]}\n`
  }
}

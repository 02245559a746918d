import { resolve } from 'node:path'
import { formatProviderSource, providerSourceToString } from '../addrs/index.ts'
import { compareStrings, versionToString } from '../base/index.ts'
import { Diagnostics } from '../diags/index.ts'
import {
  type Authentication,
  chooseVersion,
  type DependencyLocks,
  directSource,
  findByTwin,
  indexMirror,
  isBuiltinSource,
  isInstallError,
  mirrorPackage,
  type ProviderToInstall,
  platformToString,
  providerConstraintsToString,
  readLockFile,
} from '../registry/index.ts'
import { openRegistryAccess } from '../workdir/registry-access.ts'
import { chosenPlatforms, configuredProviders } from './_provider-packages.ts'
import { allFlags, flag, parseFlags } from './arguments/flags.ts'
import { viewArguments, viewFlags } from './arguments/operation.ts'
import { type CommandContext, failUsage, finish, makeView } from './context.ts'

/** Copies the packages of the providers that are needed from their registries into a folder that serves as a mirror. */
export async function providersMirrorCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseFlags(
    argv,
    {
      ...viewFlags,
      platform: { kind: 'string', repeatable: true },
      'lock-file': { kind: 'bool' },
      'test-directory': { kind: 'string' },
    },
    context.dialect,
  )
  const view = makeView(context, viewArguments(parsed))
  const usage = new Diagnostics()
  usage.addAll(parsed.diags)
  if (parsed.positional.length !== 1) {
    usage.error('No output directory specified', 'The providers mirror command requires an output directory as a command-line argument.')
  }
  const platforms = chosenPlatforms(allFlags(parsed, 'platform'), usage)
  if (usage.hasErrors) return failUsage(view, usage.items, 'providers mirror')
  const mirror = resolve(parsed.positional[0]!)
  const diags = new Diagnostics()
  const { needed, settings } = configuredProviders([], context, diags)
  const locks: DependencyLocks = flag(parsed, 'lock-file', true) ? readLockFile(diags) : new Map()
  if (diags.hasErrors) return finish(view, diags.items)
  const access = openRegistryAccess(settings.environment)
  const from = directSource(access.hosts, settings.environment)
  for (const one of needed.toSorted((a, b) => compareStrings(providerSourceToString(a.source), providerSourceToString(b.source)))) {
    if (isBuiltinSource(one.source)) continue
    await mirrorProvider(one)
  }
  return finish(view, diags.items)

  async function mirrorProvider(one: ProviderToInstall): Promise<void> {
    const lock = findByTwin(locks, one.source)
    const source = lock?.source ?? one.source
    const name = formatProviderSource(source)
    view.print(`- Mirroring ${name}...\n`)
    try {
      const version = await chooseVersion(one, source, lock, from)
      const number = versionToString(version)
      view.print(`  - Selected v${number} to ${reason(one, lock !== undefined && versionToString(lock.version) === number)}\n`)
      for (const platform of platforms) {
        view.print(`  - Downloading package for ${platformToString(platform)}...\n`)
        const offer = await orReason(() => from.offer(source, version, platform))
        if (typeof offer === 'string') {
          diags.error(
            'Provider release not available',
            `Failed to download ${name} v${number} for ${platformToString(platform)}: ${offer}.`,
          )
          continue
        }
        const authentication = await mirrorPackage(mirror, { source, version, platform, offer }, access.http)
        view.print(`  - Package authenticated: ${authenticatedText(authentication)}\n`)
      }
      await indexMirror(mirror, source)
    } catch (error) {
      if (!isInstallError(error)) throw error
      diags.error('Provider not available', `Failed to mirror ${name}: ${error.message}.`)
    }
  }
}

/** An answer, or why there is none. */
async function orReason<T>(ask: () => Promise<T>): Promise<T | string> {
  try {
    return await ask()
  } catch (error) {
    if (isInstallError(error)) return error.message
    throw error
  }
}

function reason(one: ProviderToInstall, isLocked: boolean): string {
  if (isLocked) return 'match dependency lock file'
  const constraints = providerConstraintsToString(one.constraints)
  return constraints === '' ? 'with no constraints' : `meet constraints ${constraints}`
}

function authenticatedText(authentication: Authentication): string {
  switch (authentication.kind) {
    case 'official':
      return 'signed by HashiCorp'
    case 'partner':
      return 'signed by a HashiCorp partner'
    case 'selfSigned':
      return 'self-signed'
    case 'checksum':
      return 'verified checksum'
    case 'unauthenticated':
      return 'unauthenticated'
  }
}

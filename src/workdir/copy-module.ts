import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { versionToString } from '../base/index.ts'
import { parseModuleSource, splitSubdir } from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import { isFolder } from '../registry/files.ts'
import { expandSubdir, fetchModulePackage, isFetchError, joinSubdirs, ModuleRegistry, redact } from '../registry/modules/index.ts'
import { s3Opener } from './module-buckets.ts'
import { openRegistryAccess } from './registry-access.ts'
import type { Settings } from './settings.ts'

/** Copies the module behind a source address, without its history, into the working directory, which must be empty. What is wrong is reported. */
export async function copyModule(text: string, settings: Settings, diags: Diagnostics): Promise<void> {
  if (readdirSync('.').length > 0) {
    diags.error(
      "Can't populate non-empty directory",
      'The working directory already contains files. The -from-module option requires an empty directory into which a copy of the referenced module will be placed.\n\nTo initialize the configuration already in this working directory, omit the -from-module option.',
    )
    return
  }
  const source = parseModuleSource(text, false)
  if (!('kind' in source)) {
    diags.error(source.summary, source.detail)
    return
  }
  const temporary = mkdtempSync(join(tmpdir(), 'landform-module-'))
  try {
    let dir = source.kind === 'local' ? source.path : join(temporary, 'package')
    if (source.kind !== 'local') {
      const access = openRegistryAccess(settings.environment)
      const context = {
        http: access.http,
        environment: settings.environment,
        oci: access.config.oci,
        openS3: s3Opener(settings.environment),
      }
      let place = { address: '', subdir: '' }
      if (source.kind === 'remote') place = source
      else {
        const registry = new ModuleRegistry(access.hosts)
        const newest = (await registry.versions(source)).filter((version) => version.prerelease === '').at(-1)
        if (newest === undefined) {
          diags.error('Module not found', `The module registry at ${source.host} has no version of ${text}.`)
          return
        }
        const parsed = parseModuleSource(await registry.location(source, newest), false)
        if (!('kind' in parsed) || parsed.kind !== 'remote' || /^(?:[A-Za-z0-9]+::)?file:/i.test(parsed.address)) {
          diags.error(
            'Invalid package location from module registry',
            `Module registry ${source.host} returned an invalid source location for ${text} ${versionToString(newest)}.`,
          )
          return
        }
        place = { address: parsed.address, subdir: joinSubdirs(parsed.subdir, source.subdir) }
      }
      await fetchModulePackage(place.address, dir, context, splitSubdir)
      dir = join(dir, expandSubdir(dir, place.subdir))
    }
    if (!isFolder(dir)) {
      diags.error('Unreadable module directory', `The folder of the module ${JSON.stringify(redact(text))} does not exist.`)
      return
    }
    const isWanted = (path: string): boolean => !['.git', '.terraform'].includes(basename(path))
    for (const name of readdirSync(dir)) {
      if (isWanted(name)) cpSync(join(realpathSync(dir), name), name, { recursive: true, verbatimSymlinks: true, filter: isWanted })
    }
  } catch (error) {
    if (!isFetchError(error)) throw error
    diags.error(
      'Failed to download module',
      `Could not download module source code from ${JSON.stringify(redact(text))}: ${redact(error.message)}`,
    )
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

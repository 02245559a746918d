import { compareVersions, parseVersion } from '../../base/index.ts'

/** What the versions of the provider differ in. */
export interface Flavour {
  /** `email_address` of subjects, from 4.1.0 on. */
  readonly emailAddress: boolean
  /** The ephemeral types, from 4.1.0 on. */
  readonly ephemerals: boolean
  /** `max_path_length`, from 4.2.0 on. */
  readonly pathLength: boolean
  /** 4.2.0 alone stores -1 where nothing is configured. */
  readonly pathLengthDefault: boolean
  /** Private keys that are not stored, from 4.4.0 on. */
  readonly writeOnlyKeys: boolean
}

/** @param version of the plugin that is followed */
export function flavourOf(version: string): Flavour {
  const given = parseVersion(version)!
  const since = (first: string): boolean => compareVersions(given, parseVersion(first)!) >= 0
  return {
    emailAddress: since('4.1.0'),
    ephemerals: since('4.1.0'),
    pathLength: since('4.2.0'),
    pathLengthDefault: version === '4.2.0',
    writeOnlyKeys: since('4.4.0'),
  }
}

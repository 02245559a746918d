import { compareVersions, parseVersion } from '../../base/index.ts'
import type { Provider } from '../../providers/index.ts'
import { defineSimpleProvider } from '../../providers/simple/index.ts'
import { commandData, ephemeralCommand } from './command.ts'
import { fileData, sensitiveFileData } from './data.ts'
import { localFile, localSensitiveFile } from './file.ts'
import { directoryExists } from './functions.ts'

export interface LocalProviderOptions {
  /**
   * Of the plugin that is followed; the newest known one when not given. Before 2.4.0 only the id told the content, and `local_file` had
   * the argument `sensitive_content`.
   */
  readonly version?: string
}

/** The built-in provider `hashicorp/local`. */
export function localProvider({ version = '2.9.0' }: LocalProviderOptions = {}): Provider {
  const since = (first: string): boolean => compareVersions(parseVersion(version)!, parseVersion(first)!) >= 0
  const checksums = since('2.4.0')
  return defineSimpleProvider({
    resources: { local_file: localFile(checksums), local_sensitive_file: localSensitiveFile(checksums) },
    dataSources: {
      local_file: fileData(checksums),
      local_sensitive_file: sensitiveFileData(checksums),
      ...(since('2.6.0') ? { local_command: commandData } : {}),
    },
    ...(since('2.7.0') ? { ephemerals: { local_command: ephemeralCommand } } : {}),
    ...(since('2.5.0') ? { functions: { direxists: directoryExists } } : {}),
    configure: () => undefined,
  })
}

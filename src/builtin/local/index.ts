import type { Provider } from '../../providers/index.ts'
import { defineSimpleProvider } from '../../providers/simple/index.ts'
import { fileData, sensitiveFileData } from './data.ts'
import { localFile, localSensitiveFile } from './file.ts'
import { directoryExists } from './functions.ts'

export interface LocalProviderOptions {
  /** As in version 2.2.3: only the id tells the content, and `local_file` has the argument `sensitive_content`. */
  readonly withoutChecksums?: boolean
}

/** The built-in provider `hashicorp/local`. */
export function localProvider({ withoutChecksums = false }: LocalProviderOptions = {}): Provider {
  const checksums = !withoutChecksums
  return defineSimpleProvider({
    resources: { local_file: localFile(checksums), local_sensitive_file: localSensitiveFile(checksums) },
    dataSources: { local_file: fileData(checksums), local_sensitive_file: sensitiveFileData(checksums) },
    ...(checksums ? { functions: { direxists: directoryExists } } : {}),
    configure: () => undefined,
  })
}

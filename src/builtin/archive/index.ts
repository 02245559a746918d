import type { Provider } from '../../providers/index.ts'
import { defineSimpleProvider } from '../../providers/simple/index.ts'
import { archiveData, archiveFile } from './file.ts'

/** The built-in provider `hashicorp/archive`. */
export function archiveProvider(): Provider {
  return defineSimpleProvider({
    resources: { archive_file: archiveFile },
    dataSources: { archive_file: archiveData },
    configure: () => undefined,
  })
}

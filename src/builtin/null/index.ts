import type { Provider } from '../../providers/index.ts'
import { defineSimpleProvider } from '../../providers/simple/index.ts'
import { nullDataSource } from './data-source.ts'
import { nullResource } from './resource.ts'

/** The built-in provider `hashicorp/null`. */
export function nullProvider(): Provider {
  return defineSimpleProvider({
    resources: { null_resource: nullResource },
    dataSources: { null_data_source: nullDataSource },
    configure: () => undefined,
  })
}

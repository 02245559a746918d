import type { Provider } from '../../providers/index.ts'
import { defineSimpleProvider } from '../../providers/simple/index.ts'
import { externalData } from './data.ts'

/** The built-in provider `hashicorp/external`. */
export function externalProvider(): Provider {
  return defineSimpleProvider({ resources: {}, dataSources: { external: externalData }, configure: () => undefined })
}

import type { Provider } from '../../providers/index.ts'
import { defineSimpleProvider } from '../../providers/simple/index.ts'
import { httpData } from './data.ts'

/** The built-in provider `hashicorp/http`. */
export function httpProvider(): Provider {
  return defineSimpleProvider({ resources: {}, dataSources: { http: httpData }, configure: () => undefined })
}

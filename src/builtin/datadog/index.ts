export type { DatadogApi } from './api.ts'
export { type DatadogProviderOptions, datadogProvider, datadogProviderSchema, datadogProviderVersion } from './provider.ts'

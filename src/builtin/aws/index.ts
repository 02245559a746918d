export type { AwsApi, Flavour } from './api.ts'
export { type AwsProviderOptions, awsProvider, awsProviderSchema, flavourVersions } from './provider.ts'

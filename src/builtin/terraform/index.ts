export {
  type RemoteStateReader,
  type RemoteStateRequest,
  type TerraformProviderOptions,
  terraformDataSchema,
  terraformProvider,
  terraformProviderSchema,
} from './provider.ts'

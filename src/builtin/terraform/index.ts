export { type TerraformProviderOptions, terraformDataSchema, terraformProvider, terraformProviderSchema } from './provider.ts'

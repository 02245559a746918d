import { awsProvider } from '../../../src/builtin/aws/index.ts'
import { datadogProvider } from '../../../src/builtin/datadog/index.ts'
import { terraformProvider } from '../../../src/builtin/terraform/index.ts'
import { providerContract } from './_contract.ts'

const surroundings = { env: {} }

providerContract('terraform', { open: () => terraformProvider() })
providerContract('aws 5', { open: () => awsProvider({ flavour: 5, surroundings }) })
providerContract('aws 6', { open: () => awsProvider({ flavour: 6, surroundings }) })
providerContract('datadog', { open: () => datadogProvider() })

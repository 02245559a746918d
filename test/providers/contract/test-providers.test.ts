import { mockProvider } from '../../../test-providers/_mock-provider.ts'
import { testProvider } from '../../../test-providers/_test-provider.ts'
import { providerContract } from './_contract.ts'

providerContract('test', { open: () => testProvider() })
providerContract('test with an identity', { open: () => testProvider({ identity: true }) })
providerContract('tfcoremock', { open: () => mockProvider() })

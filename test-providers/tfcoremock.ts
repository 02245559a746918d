import { mockProvider } from './_mock-provider.ts'

export default { source: 'hashicorp/tfcoremock', versions: ['0.1.1'], provider: () => mockProvider() }

import { testProvider } from './_test-provider.ts'

export default { source: 'hashicorp/test', versions: ['1.2.3'], provider: () => testProvider() }

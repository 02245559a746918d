import { randomProvider } from '../src/builtin/random/index.ts'

export default { source: 'hashicorp/random', versions: ['3.7.2', '3.4.3'], provider: () => randomProvider() }

import { localProvider } from '../src/builtin/local/index.ts'

export default { source: 'hashicorp/local', versions: ['2.2.3'], provider: () => localProvider({ version: '2.2.3' }) }

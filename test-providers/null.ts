import { nullProvider } from '../src/builtin/null/index.ts'

export default { source: 'hashicorp/null', versions: ['3.2.4', '3.1.1'], provider: () => nullProvider() }

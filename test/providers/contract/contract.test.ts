import { archiveProvider } from '../../../src/builtin/archive/index.ts'
import { awsProvider } from '../../../src/builtin/aws/index.ts'
import { datadogProvider } from '../../../src/builtin/datadog/index.ts'
import { externalProvider } from '../../../src/builtin/external/index.ts'
import { httpProvider } from '../../../src/builtin/http/index.ts'
import { localProvider } from '../../../src/builtin/local/index.ts'
import { nullProvider } from '../../../src/builtin/null/index.ts'
import { randomProvider } from '../../../src/builtin/random/index.ts'
import { terraformProvider } from '../../../src/builtin/terraform/index.ts'
import { timeProvider } from '../../../src/builtin/time/index.ts'
import { tlsProvider } from '../../../src/builtin/tls/index.ts'
import { providerContract } from './_contract.ts'

const surroundings = { env: {} }

providerContract('terraform', { open: () => terraformProvider() })
providerContract('aws 5', { open: () => awsProvider({ flavour: 5, surroundings }) })
providerContract('aws 6', { open: () => awsProvider({ flavour: 6, surroundings }) })
providerContract('datadog', { open: () => datadogProvider() })
providerContract('null', { open: nullProvider })
providerContract('random', { open: randomProvider })
providerContract('local 2.5', { open: () => localProvider() })
providerContract('local 2.2', { open: () => localProvider({ version: '2.2.3' }) })
providerContract('archive', {
  open: () => archiveProvider(),
  exceptions: { 'data.archive_file': 'one of several sources must be given, none of which is required by itself' },
})
providerContract('external', { open: () => externalProvider() })
providerContract('http', { open: () => httpProvider() })
providerContract('time', { open: () => timeProvider() })
providerContract('tls', {
  open: () => tlsProvider(),
  exceptions: {
    'data.tls_certificate': 'one of url and content must be given',
    'data.tls_public_key': 'one of two notations must be given',
  },
})

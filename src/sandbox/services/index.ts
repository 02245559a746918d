import type { Service } from '../kernel/service.ts'
import type { WireRequest } from '../protocols/index.ts'

/** A service that the sandbox has. Its file, and the SDK package with its shapes, are loaded at its first call. */
export interface ServiceEntry {
  readonly name: string
  /** The service's name in credential scopes and host names. */
  readonly signingName: string
  /** For services that share a signing name. */
  readonly serves?: (request: WireRequest) => boolean
  readonly load: () => Promise<Service>
}

export const services: readonly ServiceEntry[] = [
  { name: 'iam', signingName: 'iam', load: async () => (await import('./iam/index.ts')).iam },
  { name: 'sts', signingName: 'sts', load: async () => (await import('./sts/index.ts')).sts },
  { name: 'ec2', signingName: 'ec2', load: async () => (await import('./ec2/index.ts')).ec2 },
]

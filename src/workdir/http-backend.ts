import { boolType, mapType, numberType, stringType, type Type } from '../cty/index.ts'
import type { AttributeSchema } from '../schema/index.ts'
import { HttpStateManager, type HttpStateOptions } from '../statemgr/index.ts'
import type { BackendConfig, BackendType } from './backend-types.ts'
import type { Environment } from './settings.ts'
import { terraformVersion } from './versions.ts'

const optional = (type: Type): AttributeSchema => ({ type, optional: true })
const text = optional(stringType)

/** One state behind an HTTP address, which has no workspaces. Arguments may come from `TF_HTTP_...` variables. */
export const httpBackend: BackendType = {
  schema: {
    attributes: {
      address: text,
      client_ca_certificate_pem: text,
      client_certificate_pem: text,
      client_private_key_pem: text,
      headers: optional(mapType(stringType)),
      lock_address: text,
      lock_method: text,
      password: text,
      retry_max: optional(numberType),
      retry_wait_max: optional(numberType),
      retry_wait_min: optional(numberType),
      skip_cert_verification: optional(boolType),
      unlock_address: text,
      unlock_method: text,
      update_method: text,
      username: text,
    },
    blockTypes: {},
  },
  openTofuOnly: ['headers'],
  required: {},
  hasWorkspaces: false,
  check(config, environment, problem) {
    const given = readable(config, environment)
    if (given.text('address') === undefined)
      problem('address argument is required', 'Set "address" in the backend block, or the environment variable TF_HTTP_ADDRESS.')
    for (const name of ['address', 'lock_address', 'unlock_address'] as const) {
      const address = given.text(name)
      if (address === undefined) continue
      if (!URL.canParse(address)) problem(`failed to parse ${name} URL`, `The argument "${name}" is no URL.`)
      else if (!/^https?:$/.test(new URL(address).protocol))
        problem(`${name} must be HTTP or HTTPS`, 'Other protocols have no such requests.')
    }
    for (const name of Object.keys(given.headers)) {
      if (/^content-(type|md5)$/i.test(name)) problem('Invalid header', `The header "${name}" is set by the backend itself.`)
      if (/^authorization$/i.test(name) && given.text('username') !== undefined)
        problem('Invalid header', 'The header "Authorization" and the argument "username" exclude each other.')
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) problem('Invalid header', `${JSON.stringify(name)} is no name of a header.`)
    }
    if ((given.text('client_certificate_pem') === undefined) !== (given.text('client_private_key_pem') === undefined))
      problem('client_certificate_pem is set but client_private_key_pem is not', 'A certificate and its key are needed together.')
  },
  open(config, environment) {
    return {
      stateManager: (_workspace, seal) => new HttpStateManager({ ...optionsOf(config, environment), seal }),
      workspaces: async () => undefined,
      deleteWorkspace: async () => {},
    }
  },
}

function optionsOf(config: BackendConfig, environment: Environment): HttpStateOptions {
  const given = readable(config, environment)
  const url = (name: string): URL | undefined => {
    const address = given.text(name)
    return address === undefined ? undefined : new URL(address)
  }
  return {
    address: url('address')!,
    environment,
    updateMethod: given.text('update_method') ?? 'POST',
    lockAddress: url('lock_address'),
    lockMethod: given.text('lock_method') ?? 'LOCK',
    unlockAddress: url('unlock_address'),
    unlockMethod: given.text('unlock_method') ?? 'UNLOCK',
    username: given.text('username'),
    password: given.text('password'),
    headers: given.headers,
    skipCertVerification: config.skip_cert_verification === true,
    clientCaPem: given.text('client_ca_certificate_pem'),
    clientCertificatePem: given.text('client_certificate_pem'),
    clientKeyPem: given.text('client_private_key_pem'),
    retryMax: given.number('retry_max', 2),
    retryWaitMinMs: given.number('retry_wait_min', 1) * 1000,
    retryWaitMaxMs: given.number('retry_wait_max', 30) * 1000,
    terraformVersion,
  }
}

function readable(config: BackendConfig, environment: Environment) {
  const text = (name: string): string | undefined => {
    const value = config[name]
    return (typeof value === 'string' && value !== '' ? value : environment[`TF_HTTP_${name.toUpperCase()}`]) || undefined
  }
  return {
    text,
    number(name: string, otherwise: number): number {
      const value = config[name] ?? text(name)
      const number = value == null ? otherwise : Number(value)
      return Number.isFinite(number) && number >= 0 ? number : otherwise
    },
    headers: (config.headers ?? {}) as Readonly<Record<string, string>>,
  }
}

import { type ProviderSource, providerSourceToString } from '../addrs/index.ts'
import type { Config } from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { Environment } from './settings.ts'

/**
 * What this run refuses, for configurations that are not trusted, such as those of a pull request from a fork: planning them
 * already runs what they name. LANDFORM_POLICY lists it, separated by commas.
 */
export interface Policy {
  /** `no-local-exec`: no programs on this machine by provisioners. */
  readonly noLocalExec: boolean
  /** `no-external`: no programs on this machine by `hashicorp/external`. */
  readonly noExternal: boolean
  /** `signed-plugins`: no plugins whose publisher is not known. */
  readonly signedPlugins: boolean
  /** Words that mean nothing. */
  readonly unknown: readonly string[]
}

const words = ['no-local-exec', 'no-external', 'signed-plugins']

export function readPolicy(environment: Environment): Policy {
  const given = (environment.LANDFORM_POLICY ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
  return {
    noLocalExec: given.includes('no-local-exec'),
    noExternal: given.includes('no-external'),
    signedPlugins: given.includes('signed-plugins'),
    unknown: given.filter((word) => !words.includes(word)),
  }
}

/** Why a provider may not be used at all; undefined when it may. */
export function refusedProvider(source: ProviderSource, policy: Policy): string | undefined {
  if (!policy.noExternal || source.type !== 'external') return undefined
  return `The provider ${providerSourceToString(source)} runs programs on this machine, which LANDFORM_POLICY refuses (no-external).`
}

/** Reports what a configuration does that the policy refuses. A policy that is not understood refuses everything. */
export function checkPolicy(config: Config | undefined, policy: Policy, diags: Diagnostics): void {
  for (const word of policy.unknown) {
    diags.error('Invalid policy', `The environment variable LANDFORM_POLICY has the word "${word}". Known are ${words.join(', ')}.`)
  }
  if (policy.noLocalExec && config !== undefined) reportLocalExec(config, diags)
}

function reportLocalExec(config: Config, diags: Diagnostics): void {
  const { resources, removed } = config.module
  const provisioners = [...[...resources.values()].flatMap((r) => r.provisioners), ...removed.flatMap((r) => r.provisioners)]
  for (const { type, range } of provisioners) {
    if (type !== 'local-exec') continue
    diags.error(
      'Provisioner refused',
      'The provisioner "local-exec" runs programs on this machine, which LANDFORM_POLICY refuses (no-local-exec).',
      { subject: range },
    )
  }
  for (const child of config.children.values()) reportLocalExec(child, diags)
}

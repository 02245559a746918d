import {
  type CliConfig,
  configuredSource,
  currentPlatform,
  directSource,
  filesystemMirror,
  Hosts,
  HttpClient,
  networkMirror,
  type PackageSource,
  type Platform,
  readCliConfig,
} from '../registry/index.ts'
import { dialectOf, type Environment, type Settings } from './settings.ts'
import { landformVersion, terraformVersion } from './versions.ts'

/** The way to registries and mirrors, as the user's CLI configuration and environment say. */
export interface RegistryAccess {
  readonly config: CliConfig
  readonly http: HttpClient
  readonly hosts: Hosts
}

/** Reads the CLI configuration; nothing is asked of any host yet. */
export function openRegistryAccess(environment: Environment): RegistryAccess {
  const config = readCliConfig(environment, dialectOf(environment))
  const http = new HttpClient({
    environment,
    timeoutMs: positive(environment.TF_REGISTRY_CLIENT_TIMEOUT, 10) * 1000,
    retries: positive(environment.TF_REGISTRY_DISCOVERY_RETRY, 1),
    userAgent: [
      'Terraform/',
      terraformVersion,
      ' Landform/',
      landformVersion,
      environment.TF_APPEND_USER_AGENT ? ` ${environment.TF_APPEND_USER_AGENT}` : '',
    ].join(''),
  })
  return { config, http, hosts: new Hosts(http, config, environment, terraformVersion) }
}

function positive(text: string | undefined, otherwise: number): number {
  const number = Number(text)
  return text !== undefined && text !== '' && Number.isFinite(number) && number >= 0 ? number : otherwise
}

/** Where `init` takes providers from. */
export function sourceOfProviders(
  access: RegistryAccess,
  settings: Settings,
  pluginDirs: readonly string[] | undefined,
  platform: Platform = currentPlatform(),
): PackageSource {
  const { config, hosts } = access
  const { environment } = settings
  return configuredSource({ config, hosts, environment, dialect: dialectOf(environment), platform, pluginDirs })
}

/** Where `providers lock` takes packages from: one mirror where one is named, else the registries themselves. */
export function namedSource(
  access: RegistryAccess,
  named: { readonly fsMirror?: string | undefined; readonly netMirror?: string | undefined },
  platform: Platform,
  environment: Environment,
): PackageSource {
  if (named.fsMirror !== undefined) return filesystemMirror(named.fsMirror, platform)
  return named.netMirror === undefined ? directSource(access.hosts, environment) : networkMirror(named.netMirror, access.hosts)
}

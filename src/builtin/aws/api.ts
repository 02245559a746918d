import type { InputOf, OperationOf, OutputOf, ServiceName, Session } from '../../aws/index.ts'
import type { Lookup } from '../../providers/kit/index.ts'

/** Tags that belong to all objects of a provider configuration. Undefined where they are not known yet. */
export interface TagSettings {
  readonly defaults: Readonly<Record<string, string>> | undefined
  readonly ignoreKeys: readonly string[]
  readonly ignorePrefixes: readonly string[]
}

/** Major version of hashicorp/aws whose schemas and states are followed. */
export type Flavour = 5 | 6

/** What resource types need of a provider configuration: how to call AWS in one region, and its settings. */
export class AwsApi {
  readonly session: Session
  readonly region: string
  readonly flavour: Flavour
  readonly tags: TagSettings
  /** Empty when `skip_requesting_account_id` is set. */
  readonly account: string
  readonly #regions: Map<string, AwsApi>
  readonly #lookups = new Map<string, Lookup<unknown>>()

  constructor(
    facts: { session: Session; region: string; flavour: Flavour; tags: TagSettings; account: string },
    regions = new Map<string, AwsApi>(),
  ) {
    this.session = facts.session
    this.region = facts.region
    this.flavour = facts.flavour
    this.tags = facts.tags
    this.account = facts.account
    this.#regions = regions
    regions.set(facts.region, this)
  }

  /** The same configuration in another region. */
  inRegion(region: string): AwsApi {
    return (
      this.#regions.get(region) ??
      new AwsApi({ session: this.session, region, flavour: this.flavour, tags: this.tags, account: this.account }, this.#regions)
    )
  }

  call<S extends ServiceName, Op extends OperationOf<S>>(service: S, operation: Op, input: InputOf<S, Op>): Promise<OutputOf<S, Op>> {
    return this.session.call(service, operation, input, { region: this.region })
  }

  /** `arn:aws:ec2:REGION:ACCOUNT:RESOURCE`. */
  arn(service: string, resource: string, account = this.account, region = this.region): string {
    return `arn:${this.session.partition.id}:${service}:${region}:${account}:${resource}`
  }

  /** One look-up of each name for this region, so that reads of all objects meet in it. */
  lookup<V>(name: string, make: () => Lookup<V>): Lookup<V> {
    let found = this.#lookups.get(name)
    if (found === undefined) {
      found = make() as Lookup<unknown>
      this.#lookups.set(name, found)
    }
    return found as Lookup<V>
  }

  forgetExpected(): void {
    for (const api of this.#regions.values()) for (const lookup of api.#lookups.values()) lookup.clear()
  }
}

import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js'
import { DatadogProvider } from '@cdktf/provider-datadog/lib/provider/index.js'
import { S3Backend, type S3BackendConfig, type TerraformElement, TerraformStack, TerraformVariable } from 'cdktf'
import type { Construct } from 'constructs'
import { symbolOf } from '../module.ts'

/** An AWS account and what others need to know of it. */
export interface Account {
  /** What the account and its environment are called, such as `stage`. First part of the names of its resources. */
  readonly name: string
  /** Twelve digits. */
  readonly id: string
  /** Root user's address; unique in AWS. */
  readonly email: string
  readonly region: string
  /** Public DNS name below which services get their names. */
  readonly domain: string
  /** Names of the roles that `landform env` assumes from the hub: one that reads, one that changes. */
  readonly roles: { readonly plan: string; readonly apply: string }
}

/** Whom an alarm is sent to, as handles of Datadog. */
export interface Alerts {
  /** Someone who is at work should look. Example: `@slack-ops`. */
  readonly warning: string
  /** Someone is woken up. Example: `@pagerduty-ops`. */
  readonly critical: string
}

export interface EnvironmentProps {
  readonly account: Account
  /** Where the state is kept, from `state/`. */
  readonly backend: S3BackendConfig
  /** Default receivers of monitors. Default: none; monitors then tell nobody. */
  readonly alerts?: Alerts
  /** What the stack is called, where an account has several. Default: as the account. */
  readonly stack?: string
  /** Tags of every resource besides Environment and ManagedBy. */
  readonly tags?: Readonly<Record<string, string>>
  /** Assume the account's role. Default true; false for the stack that runs before there are roles. */
  readonly assumeRole?: boolean
}

const kind = 'environment'

/**
 * A stack of one account: state backend, AWS provider held to that account.
 *
 * The role that the provider assumes is an ephemeral input variable `role`: no plan keeps it, so a plan is made with the role that reads and
 * applied with the role that changes. Names of resources are the ids of their constructs joined by `_`: `aws_elb.api_load_balancer`.
 */
export class Environment extends TerraformStack {
  readonly account: Account
  readonly alerts: Alerts | undefined
  readonly #names = new Map<string, string>()
  #datadog: DatadogProvider | undefined

  constructor(scope: Construct, props: EnvironmentProps) {
    super(scope, props.stack ?? props.account.name)
    Object.defineProperty(this, symbolOf(kind), { value: true })
    const { account } = props
    this.account = account
    this.alerts = props.alerts
    new S3Backend(this, props.backend)
    new AwsProvider(this, 'aws', {
      region: account.region,
      allowedAccountIds: [account.id],
      ...(props.assumeRole === false ? {} : { assumeRole: [{ roleArn: this.#role(account), sessionName: `landform-${account.name}` }] }),
      defaultTags: [{ tags: { Environment: account.name, ManagedBy: 'landform', ...props.tags } }],
    })
  }

  /** Declares the provider of Datadog, whose keys come from its environment variables. Only environments with monitors need them. */
  useDatadog(): void {
    this.#datadog ??= new DatadogProvider(this, 'datadog', {})
  }

  /** What the environment is called. */
  get environmentName(): string {
    return this.account.name
  }

  /** The environment that a construct is part of. @throws Error when it is in none */
  static override of(construct: Construct): Environment {
    const found = construct.node.scopes.find((scope) => symbolOf(kind) in scope)
    if (found === undefined) throw new Error(`${construct.node.path}: modules need an Environment around them; pass it as first argument.`)
    return found as Environment
  }

  static isEnvironment(x: unknown): x is Environment {
    return typeof x === 'object' && x !== null && symbolOf(kind) in x
  }

  #role(account: Account): string {
    const role = new TerraformVariable(this, 'role', {
      type: 'string',
      description: 'ARN of the role that is assumed in the account.',
      default: `arn:aws:iam::${account.id}:role/${account.roles.plan}`,
    })
    role.addOverride('ephemeral', true)
    return role.stringValue
  }

  protected override allocateLogicalId(element: TerraformElement): string {
    const path = element.node.path
    const name = element.node.scopes
      .slice(this.node.scopes.length)
      // What other stacks refer to is an output named after the reference, dots and all.
      .map((scope) => scope.node.id.replaceAll('-', '_').replace(/[^\w]/g, ''))
      .join('_')
    // `a_b` in `c` and `b_c` in `a` would meet: the second one gets a digest as cdktf gives it.
    const owner = this.#names.get(name)
    if (owner !== undefined && owner !== path) return super.allocateLogicalId(element)
    this.#names.set(name, path)
    return name
  }
}

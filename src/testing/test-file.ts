import type { LocalProviderConfig, Target } from '../addrs/index.ts'
import type { CheckRule, PassedProvider, ProviderConfig } from '../config/index.ts'
import type { SourceRange } from '../diags/index.ts'
import type { Attribute } from '../hcl/index.ts'

/** One `*.tftest.hcl` file or its JSON form. */
export interface TestFile {
  /** Relative to the working directory, with forward slashes. */
  readonly name: string
  readonly runs: readonly TestRun[]
  readonly variables: ReadonlyMap<string, Attribute>
  /** By local name, with the alias after a dot. */
  readonly providers: ReadonlyMap<string, TestProvider>
  readonly overrides: readonly Override[]
}

/** A provider that runs use in place of the one of the module under test. */
export type TestProvider = RealProvider | MockProvider

export interface RealProvider {
  readonly kind: 'real'
  readonly config: ProviderConfig
}

export interface MockProvider {
  readonly kind: 'mock'
  readonly name: LocalProviderConfig
  /** By type, for managed resources and for data sources. */
  readonly resources: ReadonlyMap<string, MockedType>
  readonly dataSources: ReadonlyMap<string, MockedType>
  readonly overrides: readonly Override[]
  /** Computed attributes are made up while planning already. */
  readonly duringPlan: boolean
  readonly range: SourceRange
}

/** What a mock answers for a type where a configuration says nothing. */
export interface MockedType {
  readonly type: string
  /** An object; nothing given: everything is made up. */
  readonly defaults: Attribute | undefined
  /** Undefined: as the provider says. */
  readonly duringPlan: boolean | undefined
  readonly range: SourceRange
}

/** What an address answers instead of being asked for. */
export interface Override {
  readonly kind: 'resource' | 'data' | 'module'
  /** Steps without a key stand for all instances. */
  readonly target: Target
  /** Attributes, or outputs of a module. */
  readonly values: Attribute | undefined
  readonly duringPlan: boolean | undefined
  readonly range: SourceRange
  readonly targetRange: SourceRange
}

export interface TestRun {
  readonly name: string
  readonly command: 'plan' | 'apply'
  readonly mode: 'normal' | 'refreshOnly'
  readonly refresh: boolean
  /** Texts of addresses. */
  readonly targets: readonly string[]
  readonly replace: readonly string[]
  readonly variables: ReadonlyMap<string, Attribute>
  /** Another module than the one in the working directory. */
  readonly module: TestModule | undefined
  readonly providers: readonly PassedProvider[] | undefined
  readonly asserts: readonly CheckRule[]
  readonly expectFailures: readonly ExpectedFailure[]
  readonly overrides: readonly Override[]
  /** Runs of one key work on the same state. */
  readonly stateKey: string | undefined
  readonly parallel: boolean
  readonly range: SourceRange
}

export interface TestModule {
  readonly source: string
  readonly version: string | undefined
  /** Of the header of the block. */
  readonly range: SourceRange
  readonly sourceRange: SourceRange
}

/** An object with conditions: `var.x`, `check.c`, `output.o`, `aws_instance.a[0]`. */
export interface ExpectedFailure {
  /** As written. */
  readonly text: string
  /** Undefined: what is named has no conditions. */
  readonly address: string | undefined
  readonly range: SourceRange
}

import { resourceFor } from '../../providers/kit/index.ts'
import type { AwsApi } from './api.ts'

export {
  type AnyResource,
  type ApiRequest,
  asRecord,
  blocks,
  bool,
  type Change,
  type ConfigProblem,
  type DataSourceSpec,
  type Draft,
  expandFields,
  isEquivalent,
  isZero,
  number,
  type Operation,
  type Plain,
  type PlainObject,
  plainEquals,
  type StateOf,
  setting,
  string,
  stringMap,
  strings,
  UNKNOWN,
  uniqueName,
} from '../../providers/kit/index.ts'
export type { AwsApi } from './api.ts'

/** Declares a resource type of AWS. */
export const defineResource = resourceFor<AwsApi>()

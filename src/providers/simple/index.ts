export type { SimpleAttribute, SimpleAttributes, SimpleBlock, SimpleBlocks } from './attributes.ts'
export type { SimpleDraft } from './plan.ts'
export {
  defineSimpleProvider,
  Failure,
  type SimpleContext,
  type SimpleDataSource,
  type SimpleEphemeral,
  type SimpleFunction,
  type SimpleProvider,
  type SimpleResource,
} from './provider.ts'

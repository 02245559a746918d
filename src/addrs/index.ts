export * from './addrs.ts'
export * from './format.ts'
export {
  absResourceFromTraversal,
  absResourceInstanceFromTraversal,
  configResourceFromTraversal,
  moduleInstanceFromTraversal,
  parseAbsResource,
  parseAbsResourceInstance,
  parseModuleInstance,
  parseTarget,
  targetFromTraversal,
} from './parse.ts'
export * from './provider-address.ts'
export * from './provider-key.ts'
export * from './reference.ts'
export * from './target.ts'
export * from './target-set.ts'

/**
 * What a provider in a file of its own may use of this program: values, schemas, diagnostics, the provider interface and the kits.
 * It is the package's export `landform/provider`, and the argument that injected providers are made with.
 */
export * from '../cty/index.ts'
export { type Diagnosed, type Diagnostic, Diagnostics, type Severity } from '../diags/index.ts'
export * from '../schema/index.ts'
export * from './index.ts'
export * from './kit/index.ts'
export * from './simple/index.ts'

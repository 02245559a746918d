import type { Diagnostics } from '../diags/index.ts'
import { type BodySchema, bodyContent } from '../hcl/index.ts'
import type { Config, Module } from './config.ts'
import { allModules } from './providers.ts'

/** What a module wants to be called with: its input variables, those without default being required. */
export function moduleCallSchema(module: Module): BodySchema {
  const attributes = [...module.variables.values()].map(({ name, default: value }) => ({ name, required: value === undefined }))
  return { attributes, blocks: [] }
}

/** Reports arguments of module calls that the called module does not declare, and those that it misses. */
export function checkModuleArguments(root: Config, diags: Diagnostics): void {
  for (const { module, children } of allModules(root)) {
    for (const [name, child] of children) {
      const call = module.moduleCalls.get(name)
      if (call !== undefined) bodyContent(call.body, moduleCallSchema(child.module), diags)
    }
  }
}

import { Construct } from 'constructs'

/**
 * A module: a construct that makes the resources of one idea. It is recognised by a registered symbol and not by its class, so that
 * modules of two copies of this code, or of a bundle of it, know each other.
 */
export abstract class Module extends Construct {
  /** @param kind the module's folder, such as `bastion`. */
  constructor(scope: Construct, id: string, kind: string) {
    super(scope, id)
    Object.defineProperty(this, symbolOf(kind), { value: true })
  }
}

/** Whether something is a module of this kind. */
export function isModule(x: unknown, kind: string): boolean {
  return typeof x === 'object' && x !== null && symbolOf(kind) in x
}

export function symbolOf(kind: string): symbol {
  return Symbol.for(`landform/${kind}`)
}

/** A prop that breaks a rule which types cannot say. The text begins with the construct's path. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError'

  constructor(scope: Construct, message: string) {
    super(`${scope.node.path}: ${message}`)
  }
}

import type { IConstruct } from 'constructs'

/** What is to need an explicit yes, and why. */
export interface ProtectProps {
  /**
   * `destroy`: when an object is destroyed or forgotten. `replace`: also when another one takes its place. `change`: whenever it is changed at all.
   */
  readonly on: 'destroy' | 'replace' | 'change'
  /** Told to whoever is asked. Example: `holds the orders of five years`. */
  readonly reason: string
  /** Who may agree, by a review in CI: users and teams as GitHub names them, such as `@acme/ops`. Default: everybody who may apply. */
  readonly approvers?: readonly string[]
}

const stackSymbol = Symbol.for('cdktf/TerraformStack')
const resourceSymbol = Symbol.for('cdktf/TerraformResource')

/**
 * Protects what a construct is made of: a resource, all resources below a module, or for a stack all that it will ever have. Nothing is locked: everything else is planned and applied as ever, and the
 * protected changes come first in what is shown, and wait for a yes of their own. Written to the `//` metadata of the resources, which no provider sees.
 *
 * @throws Error when there is nothing to protect yet: call it after the construct has made its resources.
 */
export function protect(construct: IConstruct, props: ProtectProps): void {
  if (props.reason.trim() === '') throw new Error(`${construct.node.path}: a protection needs a reason, for whoever is asked.`)
  const entry = { on: props.on, reason: props.reason, ...(props.approvers === undefined ? {} : { approvers: [...props.approvers] }) }
  const isA = (each: IConstruct, symbol: symbol): each is IConstruct & Overridable => symbol in each
  if (isA(construct, stackSymbol)) {
    add(construct, entry)
    return
  }
  const resources = construct.node.findAll().filter((each) => isA(each, resourceSymbol))
  if (resources.length === 0) throw new Error(`${construct.node.path}: there is no resource to protect in it.`)
  for (const resource of resources) add(resource, entry)
}

const listOf = new WeakMap<object, object[]>()

/** Stacks and resources of cdktf, known by their symbols. */
interface Overridable {
  addOverride(path: string, value: unknown): void
}

function add(target: Overridable, entry: object): void {
  const list = [...(listOf.get(target) ?? []), entry]
  listOf.set(target, list)
  target.addOverride('//.protect', list)
}

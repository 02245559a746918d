import type { Diagnostics } from '../diags/index.ts'
import type { AbsResourceInstance, ConfigResource, ModuleInstance, ModulePath } from './addrs.ts'
import { instanceKeyToString, resourceToString } from './format.ts'
import { parseTarget } from './parse.ts'
import type { Target } from './target.ts'

/**
 * Several targets, asked about one address at a cost that does not grow with their number. Answers are those of `targetContains` and
 * `targetContainsConfig` for each of them.
 */
export class TargetSet {
  /** By exact text, with a star where a last step of a module, or a whole resource, has any key. */
  readonly #byText = new Map<string, Target[]>()
  /** By text without keys. */
  readonly #byNames = new Map<string, Target[]>()

  constructor(targets: readonly Target[]) {
    for (const target of targets) {
      addTo(this.#byText, textOf(target), target)
      const names = moduleNames(target.module.map((step) => step.name))
      addTo(this.#byNames, target.kind === 'module' ? names : names + resourceToString(target.resource), target)
    }
  }

  /** The targets that cover an instance: those of modules first, outer ones before inner ones. */
  covering({ module, resource, key }: AbsResourceInstance): readonly Target[] {
    const found: Target[] = []
    let path = ''
    for (const { name, key: moduleKey } of module) {
      found.push(...(this.#byText.get(`${path}${name}*`) ?? none))
      path += `${name}${instanceKeyToString(moduleKey)}/`
      if (moduleKey !== undefined) found.push(...(this.#byText.get(path) ?? none))
    }
    const text = path + resourceToString(resource)
    found.push(...(this.#byText.get(`${text}*`) ?? none), ...(this.#byText.get(text + instanceKeyToString(key)) ?? none))
    return found
  }

  /** Whether a target covers an instance. */
  covers(instance: AbsResourceInstance): boolean {
    return this.covering(instance).length > 0
  }

  /** The targets that may cover instances of a resource block that has not been expanded: keys are not compared. */
  about({ module, resource }: ConfigResource): readonly Target[] {
    const found: Target[] = []
    for (let depth = 1; depth <= module.length; depth++) found.push(...(this.#byNames.get(moduleNames(module.slice(0, depth))) ?? none))
    found.push(...(this.#byNames.get(moduleNames(module) + resourceToString(resource)) ?? none))
    return found
  }
}

/** What `-target` and `-exclude` name; what is no target is reported and left out. */
export function parseTargets(texts: readonly string[], diags: Diagnostics): TargetSet {
  return new TargetSet(texts.map((text) => parseTarget(text, diags)).filter((target) => target !== undefined))
}

const none: readonly Target[] = []

function textOf(target: Target): string {
  if (target.kind !== 'module') {
    const text = moduleText(target.module) + resourceToString(target.resource)
    return target.kind === 'resource' ? `${text}*` : text + instanceKeyToString(target.key)
  }
  const last = target.module[target.module.length - 1]!
  return last.key === undefined ? `${moduleText(target.module.slice(0, -1))}${last.name}*` : moduleText(target.module)
}

function moduleText(module: ModuleInstance): string {
  return module.map(({ name, key }) => `${name}${instanceKeyToString(key)}/`).join('')
}

function moduleNames(path: ModulePath): string {
  return path.map((name) => `${name}/`).join('')
}

function addTo(lists: Map<string, Target[]>, text: string, target: Target): void {
  const list = lists.get(text)
  if (list === undefined) lists.set(text, [target])
  else list.push(target)
}

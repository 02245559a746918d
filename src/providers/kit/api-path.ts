/**
 * A place in a request or response: names separated by dots. `[]` after a name means every element of that list, so
 * `Groups[].GroupId` reads and writes a list of texts.
 */
export type ApiPath = string

export function readPath(from: unknown, path: ApiPath): unknown {
  const steps = path.split('.')
  return readSteps(from, steps, 0)
}

function readSteps(from: unknown, steps: readonly string[], at: number): unknown {
  let current = from
  for (let i = at; i < steps.length; i++) {
    if (current === null || current === undefined) return undefined
    const step = steps[i]!
    if (step.endsWith('[]')) {
      const list = (current as Record<string, unknown>)[step.slice(0, -2)]
      if (!Array.isArray(list)) return undefined
      const rest = i + 1
      return rest === steps.length ? list : list.map((e) => readSteps(e, steps, rest))
    }
    current = (current as Record<string, unknown>)[step]
  }
  return current
}

/** Sets a place, making the objects on the way. */
export function writePath(into: Record<string, unknown>, path: ApiPath, value: unknown): void {
  const steps = path.split('.')
  let current = into
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!
    const name = step.endsWith('[]') ? step.slice(0, -2) : step
    if (i === steps.length - 1) {
      current[name] = value
      return
    }
    if (step.endsWith('[]')) {
      const rest = steps.slice(i + 1).join('.')
      const list = (current[name] ??= []) as Record<string, unknown>[]
      for (const [n, element] of (value as readonly unknown[]).entries()) {
        list[n] ??= {}
        writePath(list[n]!, rest, element)
      }
      return
    }
    current = (current[name] ??= {}) as Record<string, unknown>
  }
}

/** A JSON document. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
type Container = { readonly [name: string]: Json }

/** Members whose keys are the user's own. */
const maps = new Set(['dockerLabels', 'options', 'driverOpts', 'labels'])

/** Undefined when the text is no JSON array of objects. */
export function parseContainerDefinitions(text: string): readonly Container[] | undefined {
  try {
    const parsed = JSON.parse(text) as Json
    if (!Array.isArray(parsed) || !parsed.every(isObject)) return undefined
    return (parsed as readonly Container[]).map((container) => named(container) as Container)
  } catch {
    return undefined
  }
}

function isObject(json: Json | undefined): json is Container {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

/** Members by the names of the API: the case of a member's first letter means nothing, and null is absent. */
function named(json: Json, isMap = false): Json {
  if (Array.isArray(json)) return (json as readonly Json[]).filter((element) => element !== null).map((element) => named(element))
  if (!isObject(json)) return json
  return Object.fromEntries(
    Object.entries(json)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => {
        const name = isMap ? key : key[0]!.toLowerCase() + key.slice(1)
        return [name, named(value, maps.has(name))]
      }),
  )
}

/** The same definitions in the order in which ECS and states have them: containers, variables and secrets by name, members by key. */
export function orderContainerDefinitions(containers: readonly Container[]): readonly Container[] {
  return byName(containers).map((container) => {
    const { cpu, ...rest } = container
    // No share of the CPU is what ECS gives to those that ask for none.
    const ordered: { [name: string]: Json } = cpu === undefined || cpu === 0 ? rest : container
    for (const list of ['environment', 'secrets'])
      if (Array.isArray(ordered[list])) ordered[list] = byName(ordered[list] as readonly Container[])
    return sorted(ordered) as Container
  })
}

function byName(list: readonly Container[]): readonly Container[] {
  const name = (one: Container) => String(one.name ?? '')
  return [...list].sort((a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : 0))
}

function sorted(json: Json): Json {
  if (Array.isArray(json)) return (json as readonly Json[]).map(sorted)
  if (!isObject(json)) return json
  return Object.fromEntries(
    Object.keys(json)
      .sort()
      .map((key) => [key, sorted(json[key]!)]),
  )
}

/** As states have them. Texts that cannot be read stay as they are. */
export function normalizeContainerDefinitions(text: string): string {
  const containers = parseContainerDefinitions(text)
  return containers === undefined ? text : JSON.stringify(orderContainerDefinitions(containers))
}

/**
 * Whether two texts define the same containers: what ECS fills in, order and empty members are no difference.
 *
 * @param hasOwnNetwork tasks have an interface of their own, so that the port of a host is that of the container
 */
export function sameContainerDefinitions(a: string, b: string, hasOwnNetwork: boolean): boolean {
  const reduced = (text: string) => {
    const containers = parseContainerDefinitions(text)
    return containers === undefined
      ? text
      : JSON.stringify(orderContainerDefinitions(containers).map((container) => withoutEmpty(reduce(container, hasOwnNetwork))))
  }
  return a === b || reduced(a) === reduced(b)
}

function reduce(container: Container, hasOwnNetwork: boolean): Container {
  const { essential, portMappings, cpu, ...rest } = container
  return {
    ...rest,
    ...(cpu === undefined || cpu === 0 ? {} : { cpu }),
    essential: essential ?? true,
    portMappings: (Array.isArray(portMappings) ? (portMappings as readonly Container[]) : []).map(({ protocol, hostPort, ...port }) => ({
      ...port,
      ...(protocol === undefined || protocol === 'tcp' ? {} : { protocol }),
      ...(hostPort === undefined || hostPort === 0 ? (hasOwnNetwork ? { hostPort: port.containerPort ?? 0 } : {}) : { hostPort }),
    })),
  }
}

function withoutEmpty(json: Json): Json {
  if (Array.isArray(json)) return (json as readonly Json[]).map(withoutEmpty)
  if (!isObject(json)) return json
  return sorted(
    Object.fromEntries(
      Object.entries(json)
        .map(([key, value]) => [key, withoutEmpty(value)] as const)
        .filter(([, value]) => value !== '' && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0)),
    ),
  )
}

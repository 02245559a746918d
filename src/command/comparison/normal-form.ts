/** Documents as parsed from JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

export type JsonObject = { readonly [name: string]: Json }

/** What differs from run to run, or from tool to tool without meaning anything. */
const dropped: ReadonlySet<string> = new Set(['timestamp', 'terraform_version', 'format_version', 'complete', 'applyable'])

/** The other default registry means the same provider. */
const otherHost = /^registry\.opentofu\.org\//

/**
 * A plan's JSON document without what two tools may say differently about the same plan: versions and times are left out, default registries are one, lists
 * whose order means nothing are sorted, and what is absent is absent however it was written.
 */
export function normalPlan(document: JsonObject): JsonObject {
  const normal = normalise(document, '') as JsonObject
  const { prior_state: prior, ...rest } = normal
  if (typeof prior !== 'object' || prior === null || Array.isArray(prior)) return normal
  // A state without anything in it is no state.
  return Object.keys(prior).length === 0 ? rest : normal
}

function normalise(json: Json, key: string): Json {
  if (typeof json === 'string')
    return key === 'provider_name' || key === 'full_name' || key === 'provider_config_key'
      ? json.replace(otherHost, 'registry.terraform.io/')
      : json
  if (Array.isArray(json)) {
    const items = (json as readonly Json[]).map((item) => normalise(item, ''))
    return key === 'relevant_attributes' || key === 'depends_on' ? sorted(items) : items
  }
  if (typeof json !== 'object' || json === null) return json
  const members: [string, Json][] = []
  for (const [name, member] of Object.entries(json as JsonObject)) {
    // Names of the user's own are never left out: below `values` and the like everything counts.
    if (isDocument(key) && dropped.has(name)) continue
    members.push([name, isValue(name) ? member : normalise(member, name)])
  }
  return Object.fromEntries(members)
}

/** The places whose members are the format's own: the document, and the state within it. */
function isDocument(key: string): boolean {
  return key === '' || key === 'prior_state'
}

/** Values of the configuration and of objects, whose member names are not the format's. */
function isValue(name: string): boolean {
  return ['before', 'after', 'values', 'value', 'constant_value', 'default'].includes(name)
}

function sorted(items: readonly Json[]): readonly Json[] {
  return items
    .map((item) => [JSON.stringify(item), item] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, item]) => item)
}

import { instanceKeyToString, moduleInstanceToString, parseAbsResourceInstance, resourceToString } from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import { Diagnostics } from '../../diags/index.ts'
import type { CheckResult } from '../../states/index.ts'
import type { JsonDocument } from './json-text.ts'

/** See reference/plan-json.md 5. */
export function checksJson(results: readonly CheckResult[]): JsonDocument {
  return [...results].sort((a, b) => compareStrings(a.configAddr, b.configAddr)).map(checkJson)
}

function checkJson(result: CheckResult): JsonDocument {
  const { module, rest } = splitModule(result.configAddr)
  const address: Record<string, JsonDocument> = { kind: kindName(result.objectKind) }
  if (result.objectKind === 'resource') {
    const data = rest.startsWith('data.')
    const [type, name] = (data ? rest.slice(5) : rest).split('.')
    address.mode = data ? 'data' : 'managed'
    address.name = name ?? ''
    address.type = type ?? ''
  } else address.name = rest.slice(rest.indexOf('.') + 1)
  address.to_display = result.configAddr
  if (module !== '') address.module = module
  const instances = [...result.objects]
    .sort((a, b) => compareStrings(a.objectAddr, b.objectAddr))
    .map((object) => ({
      address: instanceAddress(object.objectAddr, result.objectKind),
      status: object.status,
      problems:
        object.failureMessages.length === 0 ? undefined : [...object.failureMessages].sort(compareStrings).map((message) => ({ message })),
    }))
  return { address: sortMembers(address), status: result.status, instances: instances.length === 0 ? undefined : instances }
}

function kindName(kind: CheckResult['objectKind']): string {
  return kind === 'output' ? 'output_value' : kind
}

function instanceAddress(text: string, kind: CheckResult['objectKind']): JsonDocument {
  const address: Record<string, JsonDocument> = { to_display: text }
  if (kind !== 'resource') {
    const { module } = splitModule(text)
    if (module !== '') address.module = module
    return sortMembers(address)
  }
  const parsed = parseAbsResourceInstance(text, new Diagnostics())
  if (parsed === undefined) return address
  const plain = moduleInstanceToString(parsed.module)
  const own = `${resourceToString(parsed.resource)}${instanceKeyToString(parsed.key)}`
  if (own === '') return address
  if (parsed.key !== undefined) address.instance_key = parsed.key
  if (plain !== '') address.module = plain
  return sortMembers(address)
}

function sortMembers(members: Record<string, JsonDocument>): JsonDocument {
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => compareStrings(a, b)))
}

/** `module.a["k"].module.b` and what follows. */
function splitModule(text: string): { readonly module: string; readonly rest: string } {
  const match = /^((?:module\.[^.[]+(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\.)*)(.*)$/s.exec(text)
  return { module: match![1]!.replace(/\.$/, ''), rest: match![2]! }
}

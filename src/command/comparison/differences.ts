import type { Json, JsonObject } from './normal-form.ts'

/** Undefined: one of the documents has nothing there. */
export interface Difference {
  /** `resource_changes[aws_instance.a].change.after.ami`. */
  readonly path: string
  readonly ours: Json | undefined
  readonly theirs: Json | undefined
}

/** Shown in place of what a plan marks as sensitive. */
const withheld = '(sensitive value)'

/** Where two documents differ, as deep as possible; entries of lists of objects with addresses are told apart by these. */
export function differences(ours: JsonObject, theirs: JsonObject): readonly Difference[] {
  const found: Difference[] = []
  compare(ours, theirs, '', [undefined, undefined], found)
  return found
}

type Masks = readonly [ours: Json | undefined, theirs: Json | undefined]

function compare(ours: Json | undefined, theirs: Json | undefined, path: string, masks: Masks, found: Difference[]): void {
  if (ours !== undefined && theirs !== undefined) {
    if (isObject(ours) && isObject(theirs)) {
      for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
        const inner = path === '' ? name : `${path}.${/^[\w-]+$/.test(name) ? name : JSON.stringify(name)}`
        const next: Masks = [maskFor(ours, name, masks[0]), maskFor(theirs, name, masks[1])]
        compare(ours[name], theirs[name], inner, next, found)
      }
      return
    }
    if (Array.isArray(ours) && Array.isArray(theirs)) {
      compareLists(ours as readonly Json[], theirs as readonly Json[], path, masks, found)
      return
    }
  }
  if (equal(ours, theirs)) return
  const secret = isSecret(masks[0]) || isSecret(masks[1])
  const shown = (value: Json | undefined): Json | undefined => (secret && value !== undefined ? withheld : value)
  found.push({ path, ours: shown(ours), theirs: shown(theirs) })
}

function compareLists(ours: readonly Json[], theirs: readonly Json[], path: string, masks: Masks, found: Difference[]): void {
  const keys = [keysOf(ours), keysOf(theirs)]
  const [ourKeys, theirKeys] = keys
  if (ourKeys === undefined || theirKeys === undefined) {
    for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
      compare(ours[i], theirs[i], `${path}[${i}]`, [elementMask(masks[0], i), elementMask(masks[1], i)], found)
    }
    return
  }
  for (const key of new Set([...ourKeys.keys(), ...theirKeys.keys()])) {
    compare(ourKeys.get(key), theirKeys.get(key), `${path}[${key}]`, [undefined, undefined], found)
  }
  const order = (map: ReadonlyMap<string, Json>): string => [...map.keys()].join('\n')
  if (ours.length === theirs.length && [...ourKeys.keys()].every((key) => theirKeys.has(key)) && order(ourKeys) !== order(theirKeys)) {
    found.push({ path: `${path} (order)`, ours: [...ourKeys.keys()], theirs: [...theirKeys.keys()] })
  }
}

/** Entries by address, with the deposed key where there is one; undefined when they have none or share one. */
function keysOf(list: readonly Json[]): ReadonlyMap<string, Json> | undefined {
  const map = new Map<string, Json>()
  for (const item of list) {
    if (!isObject(item)) return undefined
    const { address, deposed, resource, attribute } = item
    const text = typeof address === 'string' ? address : isObject(address ?? null) ? String((address as JsonObject).to_display) : undefined
    const key = text === undefined && typeof resource === 'string' ? `${resource} ${JSON.stringify(attribute)}` : text
    if (key === undefined) return undefined
    const full = typeof deposed === 'string' ? `${key} deposed ${deposed}` : key
    if (map.has(full)) return undefined
    map.set(full, item)
  }
  return map
}

/** Which siblings say what of a member is sensitive. */
const maskNames: Readonly<Record<string, string>> = { before: 'before_sensitive', after: 'after_sensitive', values: 'sensitive_values' }

function maskFor(object: JsonObject, name: string, outer: Json | undefined): Json | undefined {
  const sibling = maskNames[name]
  if (sibling !== undefined && object[sibling] !== undefined) return object[sibling]
  // Output values say it of themselves.
  if (name === 'value' && object.sensitive === true) return true
  if (outer === true) return true
  return outer !== undefined && isObject(outer) ? outer[name] : undefined
}

function elementMask(mask: Json | undefined, index: number): Json | undefined {
  if (mask === true) return true
  return Array.isArray(mask) ? (mask as readonly Json[])[index] : undefined
}

/** Something below may be sensitive even where the whole is not. */
function isSecret(mask: Json | undefined): boolean {
  if (mask === true) return true
  if (Array.isArray(mask)) return (mask as readonly Json[]).some(isSecret)
  return mask !== undefined && isObject(mask) && Object.values(mask).some(isSecret)
}

function isObject(json: Json): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function equal(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Diagnostics } from '../diags/index.ts'
import type { ChangeAction } from './comment/index.ts'

/**
 * What a protection minds, each with what the one before it minds: `destroy` the end of an object, `replace` another one in its place, `change` anything but its creation.
 */
export const protectedEvents = ['destroy', 'replace', 'change'] as const
export type ProtectedEvent = (typeof protectedEvents)[number]

/** Changes of these objects need an explicit yes. */
export interface Protection {
  /** Which objects: the address of a resource or an instance, where `*` stands for anything without a dot and `**` for anything. */
  readonly address: string
  readonly on: ProtectedEvent
  readonly reason: string
  /** Who may say yes, as a forge names people and teams. Empty: everybody who may apply. */
  readonly approvers: readonly string[]
}

/** Whether a protection minds an action. */
export function mindsAction(on: ProtectedEvent, action: ChangeAction): boolean {
  switch (action) {
    case 'delete':
    case 'forget':
      return true
    case 'replace':
      return on !== 'destroy'
    case 'update':
      return on === 'change'
    default:
      return false
  }
}

/** Finds what protects an object. */
export class Protections {
  readonly #rules: readonly { readonly rule: Protection; readonly pattern: RegExp }[]

  constructor(rules: readonly Protection[]) {
    this.#rules = rules.map((rule) => ({ rule, pattern: addressPattern(rule.address) }))
  }

  get rules(): readonly Protection[] {
    return this.#rules.map(({ rule }) => rule)
  }

  /** The first protection that minds this. @param address of an instance */
  find(address: string, action: ChangeAction): Protection | undefined {
    return this.#rules.find(({ rule, pattern }) => mindsAction(rule.on, action) && pattern.test(address))?.rule
  }
}

/** A pattern without instance key means all instances; one for a module all that is in it. */
export function addressPattern(address: string): RegExp {
  const body = address.replace(/\*\*|\*|[^*]+/g, (piece) => {
    if (piece === '**') return '.*'
    return piece === '*' ? '[^.]*' : piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${body}(?:\\[.*\\])?${/(?:^|\.)module\.[^.]+$/.test(address) ? '(?:\\..*)?' : ''}$`, 's')
}

const fileName = 'landform.json'

/** The protections of `landform.json` in a folder; none where there is no such file. Problems are reported and nothing is left out silently. */
export function readProtectionFile(dir: string, diags: Diagnostics): readonly Protection[] {
  let text: string
  try {
    text = readFileSync(join(dir, fileName), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      diags.error(
        'Settings cannot be read',
        `${fileName} cannot be read (${(error as NodeJS.ErrnoException).code}), so nobody knows what is protected.`,
      )
    }
    return []
  }
  const fail = (detail: string): readonly Protection[] => {
    diags.error(
      'Invalid settings',
      `${fileName}: ${detail}. An example:\n    { "protect": [ { "address": "aws_db_instance.*", "on": "replace", "reason": "holds the orders" } ] }`,
    )
    return []
  }
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch (error) {
    return fail(`it is no JSON: ${(error as Error).message}`)
  }
  if (typeof root !== 'object' || root === null || Array.isArray(root)) return fail('it must hold an object')
  const { protect = [], ...rest } = root as { protect?: unknown; drift?: unknown }
  const unknown = Object.keys(rest).find((name) => name !== 'drift' && name !== '$schema')
  if (unknown !== undefined) return fail(`${JSON.stringify(unknown)} is no setting; there are "protect" and "drift"`)
  if (!Array.isArray(protect)) return fail('"protect" must be a list')
  const rules: Protection[] = []
  for (const [i, item] of protect.entries()) {
    const rule = protectionFrom(item)
    if (typeof rule === 'string') return fail(`protect[${i}]: ${rule}`)
    rules.push(rule)
  }
  return rules
}

/** A protection from JSON; a text says what is wrong with it. @param address of the block that it stands in, when it stands in one */
export function protectionFrom(item: unknown, address?: string): Protection | string {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return 'it must be an object'
  const o = item as Readonly<Record<string, unknown>>
  const where = address ?? o.address
  if (typeof where !== 'string' || where === '') return '"address" must be an address or a pattern of addresses'
  if (!protectedEvents.includes(o.on as ProtectedEvent)) return `"on" must be one of ${protectedEvents.join(', ')}`
  if (typeof o.reason !== 'string' || o.reason.trim() === '') return '"reason" must say why, for whoever is asked'
  const approvers = o.approvers ?? []
  if (!Array.isArray(approvers) || !approvers.every((a) => typeof a === 'string' && a !== '')) return '"approvers" must be a list of names'
  return { address: where, on: o.on as ProtectedEvent, reason: o.reason, approvers: approvers as string[] }
}

/** The protections that `modules/protect` has written into a stack of cdktf: of resources, and of the stack as a whole. */
export function protectionsOfStack(text: string): readonly Protection[] {
  const json = JSON.parse(text) as { '//'?: unknown; resource?: Record<string, Record<string, { '//'?: unknown }>> }
  const rules: Protection[] = []
  const read = (metadata: unknown, address: string): void => {
    const list = (metadata as { protect?: unknown } | undefined)?.protect
    for (const item of Array.isArray(list) ? list : []) {
      const rule = protectionFrom(item, address)
      if (typeof rule !== 'string') rules.push(rule)
    }
  }
  for (const [type, byName] of Object.entries(json.resource ?? {})) {
    for (const [name, block] of Object.entries(byName)) read(block['//'], `${type}.${name}`)
  }
  read(json['//'], '**')
  return rules
}

/**
 * All that protects a stack: what its sources say, what `landform.json` says, and for resources that the sources do not have any more what was said of them when
 * they were applied.
 *
 * @param blocks addresses of the resource blocks that the sources have.
 */
export function allProtections(
  sources: readonly Protection[],
  file: readonly Protection[],
  remembered: readonly Protection[],
  blocks: ReadonlySet<string>,
): Protections {
  return new Protections([...sources, ...file, ...remembered.filter((rule) => !blocks.has(rule.address))])
}

/** The protections that go by the address of one resource block: those that would be gone with it. */
export function memorable(protections: readonly Protection[]): readonly Protection[] {
  return protections.filter(({ address }) => !address.includes('*'))
}

import { isIP } from 'node:net'
import { boolType, listType, numberType, stringType } from '../../cty/index.ts'
import { asArray, type Plain, type PlainObject, UNKNOWN } from '../../providers/kit/index.ts'
import type { SimpleAttribute, SimpleAttributes, SimpleContext, SimpleDraft } from '../../providers/simple/index.ts'
import { allowedUses } from './_extensions.ts'
import type { Flavour } from './_flavour.ts'

const computed: SimpleAttribute = { type: stringType, computed: true, stable: true }
const no: SimpleAttribute = { type: boolType, default: false, forceNew: true }
const hourMs = 3600 * 1000

/** Names of what a certificate is for. */
export const nameArguments: SimpleAttributes = {
  dns_names: { type: listType(stringType), optional: true, forceNew: true },
  ip_addresses: { type: listType(stringType), optional: true, forceNew: true, check: checkAddresses },
  uris: { type: listType(stringType), optional: true, forceNew: true },
}

/** What both kinds of signed certificates have. */
export function certArguments({ pathLength, pathLengthDefault }: Flavour): SimpleAttributes {
  const length: SimpleAttribute = pathLengthDefault ? { type: numberType, default: -1 } : { type: numberType, optional: true }
  return {
    validity_period_hours: { type: numberType, required: true, forceNew: true, check: atLeastZero },
    early_renewal_hours: { type: numberType, default: 0, check: atLeastZero },
    allowed_uses: { type: listType(stringType), required: true, forceNew: true, check: checkUses },
    is_ca_certificate: no,
    set_subject_key_id: no,
    ...(pathLength ? { max_path_length: { ...length, check: checkLength } } : {}),
    cert_pem: computed,
    ready_for_renewal: { type: boolType, computed: true },
    validity_start_time: computed,
    validity_end_time: computed,
    id: computed,
  }
}

/** `set_authority_key_id`, which certificates that are signed by others do not have. */
export const authorityKeyArgument: SimpleAttributes = { set_authority_key_id: no }

/** A private key: as text that is stored, or as one that is not and whose version is stored instead. */
export function keyArguments(name: 'private_key_pem' | 'ca_private_key_pem', { writeOnlyKeys }: Flavour): SimpleAttributes {
  const stored = { type: stringType, sensitive: true, forceNew: true }
  if (!writeOnlyKeys) return { [name]: { ...stored, required: true } }
  return {
    [name]: { ...stored, optional: true, exactlyOneOf: [name, `${name}_wo`] },
    [`${name}_wo`]: { type: stringType, optional: true, sensitive: true, writeOnly: true, alsoRequires: [`${name}_wo_version`] },
    [`${name}_wo_version`]: { type: numberType, optional: true, forceNew: true, alsoRequires: [`${name}_wo`] },
  }
}

/** The text of the key, stored or not, with the name of the argument it stands in. */
export function givenKey(name: string, planned: PlainObject, config: PlainObject): [text: string, argument: string] {
  const text = planned[name]
  return typeof text === 'string' ? [text, name] : [String(config[`${name}_wo`]), `${name}_wo`]
}

/** Of a list of texts that may be null. */
export function texts(plain: Plain | undefined): readonly string[] {
  return asArray(plain ?? []).filter((v): v is string => typeof v === 'string')
}

/** How many authorities may follow; undefined: any number. */
export function pathLength({ max_path_length: length }: PlainObject): number | undefined {
  return typeof length === 'number' ? length : undefined
}

/** When a certificate made now begins and ends, to the second, with the attributes that say so. */
export function validity(planned: PlainObject, now: Date): { from: Date; until: Date; attributes: PlainObject } {
  const from = new Date(Math.floor(now.getTime() / 1000) * 1000)
  const until = new Date(from.getTime() + (planned.validity_period_hours as number) * hourMs)
  const format = (time: Date): string => time.toISOString().replace('.000Z', 'Z')
  return { from, until, attributes: { validity_start_time: format(from), validity_end_time: format(until), ready_for_renewal: false } }
}

/** Whether a certificate has ended or is to be renewed early; `ready_for_renewal` tells it and makes the next plan replace it. */
export function readRenewal(state: PlainObject, { api }: SimpleContext<{ readonly now: () => Date }>): PlainObject {
  const { validity_end_time: end, early_renewal_hours: early } = state
  if (typeof end !== 'string') return {}
  const due = Date.parse(end) - (typeof early === 'number' ? early : 0) * hourMs
  return { ready_for_renewal: api.now().getTime() >= due }
}

/**
 * A certificate that is due counts as one whose renewal is not planned: the difference replaces it. No limit of the path is the same
 * as one of -1.
 */
export function planRenewal({ planned, prior, replace }: SimpleDraft): void {
  planned.ready_for_renewal = false
  if (prior === undefined) return
  if (prior.ready_for_renewal === true) replace.add('ready_for_renewal')
  const limit = (value: Plain | undefined): Plain => (typeof value === 'number' && value < 0 ? null : (value ?? null))
  const [before, after] = [limit(prior.max_path_length), limit(planned.max_path_length)]
  if (after === UNKNOWN || before !== after) replace.add('max_path_length')
}

function atLeastZero(value: Plain): string | undefined {
  return typeof value === 'number' && value < 0 ? `value must be at least 0, got: ${value}` : undefined
}

function checkLength(value: Plain): string | undefined {
  return typeof value === 'number' && value < -1 ? `value must be at least -1, got: ${value}` : undefined
}

function checkUses(value: Plain): string | undefined {
  const bad = texts(value).find((use) => !allowedUses.includes(use))
  return bad === undefined ? undefined : `has the value "${bad}", which is none of ${allowedUses.join(', ')}`
}

function checkAddresses(value: Plain): string | undefined {
  const bad = texts(value).find((address) => isIP(address) === 0)
  return bad === undefined ? undefined : `has the value "${bad}", which is no IP address`
}

import { isIP } from 'node:net'
import { boolType, listType, numberType, stringType } from '../../cty/index.ts'
import { asArray, type Plain, type PlainObject } from '../../providers/kit/index.ts'
import type { SimpleAttribute, SimpleAttributes, SimpleContext, SimpleDraft } from '../../providers/simple/index.ts'
import { allowedUses } from './_extensions.ts'

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
export const certArguments: SimpleAttributes = {
  validity_period_hours: { type: numberType, required: true, forceNew: true, check: atLeastZero },
  early_renewal_hours: { type: numberType, default: 0, check: atLeastZero },
  allowed_uses: { type: listType(stringType), required: true, forceNew: true, check: checkUses },
  is_ca_certificate: no,
  set_subject_key_id: no,
  set_authority_key_id: no,
  cert_pem: computed,
  // A certificate that is due counts as one whose renewal is not configured: the difference replaces it.
  ready_for_renewal: { type: boolType, default: false, forceNew: true },
  validity_start_time: computed,
  validity_end_time: computed,
  id: computed,
}

/** Of a list of texts that may be null. */
export function texts(plain: Plain | undefined): readonly string[] {
  return asArray(plain ?? []).filter((v): v is string => typeof v === 'string')
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

/** The attribute is computed: nobody configures it, and only a due certificate differs from its default. */
export function planRenewal({ config, error }: SimpleDraft): void {
  if ((config.ready_for_renewal ?? null) !== null) {
    error(
      'Invalid Configuration for Read-Only Attribute',
      'Cannot set a value for ready_for_renewal: the provider sets it.',
      'ready_for_renewal',
    )
  }
}

function atLeastZero(value: Plain): string | undefined {
  return typeof value === 'number' && value < 0 ? `value must be at least 0, got: ${value}` : undefined
}

function checkUses(value: Plain): string | undefined {
  const bad = texts(value).find((use) => !allowedUses.includes(use))
  return bad === undefined ? undefined : `has the value "${bad}", which is none of ${allowedUses.join(', ')}`
}

function checkAddresses(value: Plain): string | undefined {
  const bad = texts(value).find((address) => isIP(address) === 0)
  return bad === undefined ? undefined : `has the value "${bad}", which is no IP address`
}

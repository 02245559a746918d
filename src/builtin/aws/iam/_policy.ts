import { normalizeJson, samePolicy } from '../policy.ts'
import { string } from '../resource.ts'

/** How a type writes the text of a policy that it stores. */
export type PolicyForm = (text: string) => string

/** Names in ascending order. */
export const sortedPolicy: PolicyForm = normalizeJson

/** Names in ascending order but for the version, which stands first. */
export const versionFirstPolicy: PolicyForm = (text) => {
  const normalized = normalizeJson(text)
  return /"Version":"2012-10-17"\}$/.test(normalized)
    ? normalized.replace(/^\{(.*),"Version":"2012-10-17"\}$/s, '{"Version":"2012-10-17",$1}')
    : normalized
}

/** A policy in a request: another text for the same is no change. */
export function policyField(path: string, form: PolicyForm) {
  return string(path, { update: 'policy', normalize: form, same: samePolicy })
}

/** Documents in answers are percent-encoded. A text that means what is known stays as it is known. */
export function readPolicy(document: string | undefined, known: string | null | undefined, form: PolicyForm): string {
  const text = decodeURIComponent(document ?? '')
  return known !== null && known !== undefined && samePolicy(known, text) ? known : form(text)
}

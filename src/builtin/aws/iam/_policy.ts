import { normalizeJson, samePolicy } from '../policy.ts'
import { type ConfigProblem, type PlainObject, string } from '../resource.ts'

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

/** Problems of a text that is to be a policy. */
export function checkPolicyText(config: PlainObject, name: string): readonly ConfigProblem[] {
  const text = config[name]
  if (typeof text !== 'string') return []
  const invalid = (why: string) => [
    {
      summary: `"${name}" contains an invalid JSON policy`,
      detail: `The value of ${name} is ${why}. Policies are JSON objects; jsonencode() and the data source aws_iam_policy_document make such texts.`,
    },
  ]
  if (text.trim() === '') return invalid('empty')
  if (!text.startsWith('{') && text.trim().startsWith('{')) return invalid('not a JSON object: it begins with white space')
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? [] : invalid('JSON, but no object')
  } catch {
    return invalid('not JSON')
  }
}

export function checkNames(config: PlainObject): readonly ConfigProblem[] {
  if ((config.name ?? null) === null || (config.name_prefix ?? null) === null) return []
  return [{ summary: 'Conflicting configuration arguments', detail: '"name": conflicts with name_prefix' }]
}

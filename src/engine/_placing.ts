import type { Value } from '../cty/index.ts'
import type { Diagnostic, SourceRange } from '../diags/index.ts'
import type { Body } from '../hcl/index.ts'
import type { ProviderDiagnostic } from '../providers/index.ts'
import { attributeRange, type BlockSchema } from '../schema/index.ts'
import { secretTexts, withoutTexts } from './_secrets.ts'

/** What a provider was asked about: a body and its schema, or only the range that it came from. */
export type SubjectOfRequest =
  | { readonly body: Body; readonly schema: BlockSchema }
  | { readonly body?: undefined; readonly range: SourceRange | undefined }

/**
 * What a provider says, at the attribute that it names, and with the object that it is about.
 *
 * @param asked the values of the request with their marks: what was thrown is told without what is secret in them.
 */
export function placeDiagnostics(
  diags: readonly ProviderDiagnostic[],
  address: string,
  about?: SubjectOfRequest,
  asked: readonly (Value | undefined)[] = [],
): readonly Diagnostic[] {
  if (diags.length === 0) return diags
  return diags.map(({ attribute, exception, ...d }) => {
    const detail = exception === undefined ? d.detail : withoutSecrets(d.detail, exception, about, asked)
    return { subject: subjectOf(attribute, about), ...d, detail, address: d.address ?? address }
  })
}

function withoutSecrets(
  detail: string,
  exception: string,
  about: SubjectOfRequest | undefined,
  asked: readonly (Value | undefined)[],
): string {
  const secrets = secretTexts(asked, about?.body === undefined ? undefined : about.schema)
  return detail.replace(exception, () => withoutTexts(exception, secrets, 'sensitive value'))
}

function subjectOf(attribute: ProviderDiagnostic['attribute'], about: SubjectOfRequest | undefined): SourceRange | undefined {
  if (about === undefined || about.body === undefined) return about?.range
  return attribute === undefined ? about.body.endRange : attributeRange(about.body, about.schema, attribute)
}

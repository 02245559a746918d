import type { Diagnostic, SourceRange } from '../diags/index.ts'
import type { Body } from '../hcl/index.ts'
import type { ProviderDiagnostic } from '../providers/index.ts'
import { attributeRange, type BlockSchema } from '../schema/index.ts'

/** What a provider was asked about: a body and its schema, or only the range that it came from. */
export type SubjectOfRequest =
  | { readonly body: Body; readonly schema: BlockSchema }
  | { readonly body?: undefined; readonly range: SourceRange | undefined }

/** What a provider says, at the attribute that it names, and with the object that it is about. */
export function placeDiagnostics(diags: readonly ProviderDiagnostic[], address: string, about?: SubjectOfRequest): readonly Diagnostic[] {
  if (diags.length === 0) return diags
  return diags.map(({ attribute, ...d }) => ({ subject: subjectOf(attribute, about), ...d, address: d.address ?? address }))
}

function subjectOf(attribute: ProviderDiagnostic['attribute'], about: SubjectOfRequest | undefined): SourceRange | undefined {
  if (about === undefined || about.body === undefined) return about?.range
  return attribute === undefined ? about.body.endRange : attributeRange(about.body, about.schema, attribute)
}

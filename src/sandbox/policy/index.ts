export type { RequestContext } from './condition.ts'
export { type PolicyDocument, type PolicyKind, PolicySyntaxError, type PrincipalEntry, parsePolicy, type Statement } from './document.ts'
export { identityVerdict, type PolicyRequest, type ResourceVerdict, resourceVerdict, type Verdict } from './evaluate.ts'
export type { Principal } from './principal.ts'

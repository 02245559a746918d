export {
  type CallSignature,
  type Diagnosed,
  type Diagnostic,
  type DiagnosticCall,
  DiagnosticError,
  type DiagnosticPlace,
  Diagnostics,
  type DiagnosticValue,
  type Severity,
  type SignatureParam,
} from './diagnostic.ts'
export {
  formatRange,
  rangeBetween,
  rangeEnd,
  rangeStart,
  Source,
  type SourcePos,
  type SourceRange,
  sourceRange,
} from './source.ts'

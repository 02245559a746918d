export {
  type Diagnosed,
  type Diagnostic,
  DiagnosticError,
  type DiagnosticPlace,
  Diagnostics,
  type DiagnosticValue,
  type Severity,
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

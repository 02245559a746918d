import type { SourceRange } from '../../diags/index.ts'

export function sliceRange({ source, start, end }: SourceRange): string {
  return source.text.slice(start, end)
}

/** Whose words are used. `name` is the executable to be typed, `product` the tool people read about. */
export interface Dialect {
  readonly kind: 'terraform' | 'tofu'
  readonly product: string
  readonly command: string
}

/**
 * Started as `terraform` or `tofu` Landform answers as that tool; under its own name it uses Terraform's words, because the
 * programs that read them look for these, and names itself in commands to copy.
 */
export function dialectFor(programName: string, override: string | undefined): Dialect {
  const kind = override === 'tofu' || override === 'terraform' ? override : programName === 'tofu' ? 'tofu' : 'terraform'
  return { kind, product: kind === 'tofu' ? 'OpenTofu' : 'Terraform', command: programName }
}

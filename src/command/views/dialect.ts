/** Whose words are used. `name` is the executable to be typed, `product` the tool people read about. */
export interface Dialect {
  readonly kind: 'terraform' | 'tofu'
  readonly product: string
  readonly command: string
  /**
   * Landform's own name, and no dialect was asked for: what programs read then is what readers of both tools take. Members that only one of the tools
   * has are left out where the other's readers do not expect them, and given where they are ignored.
   */
  readonly isOwn: boolean
}

/**
 * Started as `terraform` or `tofu` Landform answers as that tool; under its own name it uses Terraform's words, because the
 * programs that read them look for these, and names itself in commands to copy.
 */
export function dialectFor(programName: string, override: string | undefined): Dialect {
  const kind = override === 'tofu' || override === 'terraform' ? override : programName === 'tofu' ? 'tofu' : 'terraform'
  const isOwn = kind === 'terraform' && override !== 'terraform' && programName !== 'terraform'
  return { kind, product: kind === 'tofu' ? 'OpenTofu' : 'Terraform', command: programName, isOwn }
}

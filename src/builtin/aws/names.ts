/** The prefix of a name that was made of one (see `uniqueName`); empty for other names. */
export function namePrefixOf(name: string | undefined): string {
  return /^(.*)\d{18}[0-9a-f]{8}$/s.exec(name ?? '')?.[1] ?? ''
}

import { goQuote } from '../../base/index.ts'

/** A name as it is written before `=`: bare where the language allows that. */
export function keyText(name: string): string {
  return /^[A-Za-z_][\w-]*$/.test(name) || /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(name) ? name : goQuote(name)
}

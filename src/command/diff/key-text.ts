import { goQuote } from '../../base/index.ts'

const asciiName = /^[A-Za-z_][\w-]*$/
const anyName = /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u

/** A name as it is written before `=`: bare where the language allows that. */
export function keyText(name: string): string {
  return asciiName.test(name) || anyName.test(name) ? name : goQuote(name)
}

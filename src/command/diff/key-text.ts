import { goQuote } from '../../base/index.ts'

const asciiName = /^[A-Za-z_][\w-]*$/
const anyName = /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u

/** A name as it is written before `=`: bare where the language allows that. */
export function keyText(name: string): string {
  return asciiName.test(name) || anyName.test(name) ? name : goQuote(name)
}

const ascii = /^[\0-\x7f]*$/

/** As Terraform: names are filled up, in code points, to the length that the longest of them has in bytes of UTF-8. */
export function keyWidth(text: string): number {
  return ascii.test(text) ? text.length : Buffer.byteLength(text)
}

import { readFileSync } from 'node:fs'

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

/** The provider that docs/providers.md shows. */
export function exampleProvider(): string {
  return /^```ts\n(.*?)^```/ms.exec(page('providers.md'))![1]!
}

/** Files of docs/sandbox.md by the path in their first line. */
export function sandboxFiles(): Readonly<Record<string, string>> {
  const blocks = [...page('sandbox.md').matchAll(/^```hcl\n# (\S+)\n(.*?)^```/gms)]
  return Object.fromEntries(blocks.map(([, path, text]) => [path!, text!]))
}

/** A configuration for the provider of the example. */
export function notes(text: string): string {
  return `
terraform {
  required_providers {
    notes = { source = "acme/notes" }
  }
}
provider "notes" {
  folder = "."
}
resource "notes_note" "a" {
  title  = "a"
  text   = "${text}"
  secret = "hidden"
}
output "shouted" {
  value = provider::notes::shout(notes_note.a.text)
}
`
}

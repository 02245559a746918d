import type { Diagnostic } from '../diags/index.ts'
import { FrameMap } from './_frames.ts'
import { calledFrom, type Prepared, type SynthesisedStack } from './synth.ts'

/** The file that the engine believes to read. */
export const synthesisedFile = 'cdk.tf.json'

/** Moves diagnostics from the synthesised JSON, which nobody wrote, to the TypeScript that made the construct. */
export function locateDiagnostics(diagnostics: readonly Diagnostic[], stack: SynthesisedStack, prepared: Prepared): readonly Diagnostic[] {
  let map: FrameMap | undefined
  return diagnostics.map((diagnostic) => {
    const address = addressOf(diagnostic, stack)
    if (address === undefined) return diagnostic
    map ??= new FrameMap(prepared.project.root, prepared.bundle)
    const frames = map.own(stack.frames[address] ?? [])
    const [subject] = frames
    if (subject === undefined) return diagnostic
    const construct = stack.constructs[address]
    const made = construct === undefined ? '' : `\n\nThe construct is ${stack.name}/${construct}.`
    const detail = `${diagnostic.detail}${argumentText(diagnostic)}${made}${calledFrom(frames, subject)}`
    return { ...diagnostic, detail, address: diagnostic.address ?? address, subject: map.range(subject), context: undefined }
  })
}

/** The block that a diagnostic is about: the one its place lies in, else the one it names. */
function addressOf({ subject, address }: Diagnostic, stack: SynthesisedStack): string | undefined {
  if (subject?.source.filename.endsWith(synthesisedFile)) {
    // A block's header reaches from the key `resource` to that of its name: its end is what tells which one.
    const found = blockAt(subject.source.text, Math.max(subject.start, subject.end - 1))
    if (found !== undefined) return found
  }
  const bare = address?.replace(/\[.*$/, '')
  return bare !== undefined && Object.hasOwn(stack.frames, bare) ? bare : undefined
}

/** The address of the resource, input variable or output value around an offset, by the indentation that `JSON.stringify(json, undefined, 2)` gives. */
export function blockAt(text: string, offset: number): string | undefined {
  const lineEnd = text.indexOf('\n', offset)
  const upTo = text.slice(0, lineEnd < 0 ? text.length : lineEnd)
  const lastKey = (indent: number, within: string): { key: string; at: number } | undefined => {
    const matches = [...within.matchAll(new RegExp(`^ {${indent}}"([^"]+)": [{[]`, 'gm'))]
    const last = matches.at(-1)
    return last === undefined ? undefined : { key: last[1]!, at: last.index }
  }
  const section = lastKey(2, upTo)
  const type = section === undefined ? undefined : lastKey(4, upTo.slice(section.at))
  if (section === undefined || type === undefined) return undefined
  if (section.key === 'variable') return `var.${type.key}`
  if (section.key === 'output') return `output.${type.key}`
  if (section.key !== 'resource' && section.key !== 'data') return undefined
  const name = lastKey(6, upTo.slice(section.at + type.at))
  if (name === undefined) return undefined
  return `${section.key === 'data' ? 'data.' : ''}${type.key}.${name.key}`
}

/** What the JSON says at the place, for whoever does not see it any more. */
function argumentText({ subject }: Diagnostic): string {
  if (subject === undefined || !subject.source.filename.endsWith(synthesisedFile)) return ''
  const { text } = subject.source
  const line = text.slice(text.lastIndexOf('\n', subject.end - 1) + 1, text.indexOf('\n', subject.end)).trim()
  return /^"[^"]+": [^{[]/.test(line) ? `\n\nThe argument is ${line.replace(/,$/, '')}.` : ''
}

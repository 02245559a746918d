import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Outcome, terraform, Workspace } from './_cli.ts'

/** One round of a comparison: what the folder holds, and what is planned and applied. */
export interface Step {
  /** The text of `main.tf`, or files by path; the ones before go. Undefined: they stay. */
  readonly config?: string | Readonly<Record<string, string>>
  /** Options of plan. */
  readonly args?: readonly string[]
  /** False: the plan is only looked at. */
  readonly apply?: false
  /** Changes the stored state before the step. */
  readonly edit?: (state: StoredState) => void
  readonly env?: Readonly<Record<string, string>>
}

/** As much of a state file as edits in tests touch. */
export interface StoredState {
  resources: { type: string; name: string; instances: { status?: string; attributes: Record<string, unknown> }[] }[]
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

/** Ids by the order in which they are met; each tool names itself in commands to copy. */
export function normalized(text: string): string {
  const ids = new Map<string, string>()
  return (
    text
      .replaceAll('landform', 'terraform')
      .replaceAll('Landform', 'Terraform')
      // Said where a lock takes long, as it does on a busy machine.
      .replaceAll('Acquiring state lock. This may take a few moments...\n', '')
      .replace(uuid, (id) => {
        let name = ids.get(id)
        if (name === undefined) ids.set(id, (name = `ID${ids.size}`))
        return name
      })
      .replace(/(deposed object |\(deposed )[0-9a-f]{8}/g, '$1KEY')
      .replace(/"deposed":( ?)"[0-9a-f]{8}"/g, '"deposed":$1"KEY"')
      .replace(/after \d+s/g, 'after 0s')
  )
}

/** Lines about single objects come in the order of events, and their ids with them. */
export function normalizedText(text: string): string {
  const lines = text.replace(uuid, 'ID').split('\n')
  // Objects to be forgotten are listed in any order.
  for (let i = 0; i < lines.length; i++) {
    let end = i
    while (end < lines.length && lines[end]!.startsWith(' - ')) end++
    if (end > i + 1) lines.splice(i, end - i, ...lines.slice(i, end).sort())
    i = Math.max(i, end - 1)
  }
  const isEvent = (line: string): boolean =>
    /^\S+(?: \(deposed .*\))?: (Refreshing|Creat|Modif|Destr|Read|Import|Prepar|Provision|\()/.test(line)
  return normalized([...lines.filter(isEvent).sort(), ...lines.filter((l) => !isEvent(l))].join('\n'))
}

/** Diagnostics of several objects come in the order of events. */
function sortedDiagnostics(text: string): string {
  return normalizedText(text)
    .split(/\n(?=Error: |Warning: )/)
    .sort()
    .join('\n')
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sortedKeys(v)]),
  )
}

function document(text: string, ...without: string[]): unknown {
  let json: Record<string, unknown>
  try {
    json = JSON.parse(text)
  } catch {
    return text
  }
  for (const key of ['timestamp', ...without]) delete json[key]
  // Terraform lists them in no particular order.
  const relevant = json.relevant_attributes
  if (Array.isArray(relevant)) json.relevant_attributes = relevant.map((r) => JSON.stringify(sortedKeys(r))).sort()
  const checks = json.check_results
  if (Array.isArray(checks)) json.check_results = checks.sort((a, b) => (a.config_addr < b.config_addr ? -1 : 1))
  for (const { objects } of Array.isArray(checks) ? checks : [])
    objects?.sort((a: { object_addr: string }, b: { object_addr: string }) => (a.object_addr < b.object_addr ? -1 : 1))
  return JSON.parse(normalized(JSON.stringify(sortedKeys(json))))
}

/** Places where two documents differ, as lines. */
function documentDifferences(theirs: unknown, ours: unknown, path = ''): string[] {
  if (typeof theirs !== typeof ours || Array.isArray(theirs) !== Array.isArray(ours) || theirs === null || ours === null) {
    return theirs === ours ? [] : [`${path}: terraform ${brief(theirs)}, landform ${brief(ours)}`]
  }
  if (Array.isArray(theirs) && Array.isArray(ours)) {
    if (theirs.length !== ours.length) return [`${path}: terraform ${brief(theirs)}, landform ${brief(ours)}`]
    return theirs.flatMap((item, i) => documentDifferences(item, ours[i], `${path}[${i}]`))
  }
  if (typeof theirs === 'object') {
    const a = theirs as Record<string, unknown>
    const b = ours as Record<string, unknown>
    return [...new Set([...Object.keys(a), ...Object.keys(b)])]
      .sort()
      .flatMap((key) => documentDifferences(a[key], b[key], `${path}.${key}`))
  }
  return theirs === ours ? [] : [`${path}: terraform ${brief(theirs)}, landform ${brief(ours)}`]
}

function brief(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, 400)
}

function textDifferences(theirs: string, ours: string): string[] {
  if (theirs === ours) return []
  const a = theirs.split('\n')
  const b = ours.split('\n')
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  const cut = (lines: string[], sign: string): string[] => lines.slice(start, lines.length - end).map((l) => `${sign}${l}`)
  return [[...cut(a, '- '), ...cut(b, '+ ')].join('\n')]
}

/** The same folder twice, one for each tool. */
export class Peers {
  readonly theirs = new Workspace({})
  readonly ours = new Workspace({}, { LANDFORM_DIALECT: 'terraform' })
  #files: readonly string[] = []

  remove(): void {
    this.theirs.remove()
    this.ours.remove()
  }

  /** Runs a command with both. */
  run(args: readonly string[], env?: Readonly<Record<string, string>>): { readonly theirs: Outcome; readonly ours: Outcome } {
    const options = env === undefined ? {} : { env }
    return { theirs: this.theirs.runProgram(terraform!, args, options), ours: this.ours.run(args, options) }
  }

  /** Does one step with both and says what differed: exit codes, texts, diagnostics, the plan as JSON, the state afterwards. */
  step(step: Step): string[] {
    const found: string[] = []
    const report = (what: string, differences: readonly string[]): void => {
      for (const d of differences) found.push(`${what}${d.startsWith('.') ? d : `:\n${d}`}`)
    }
    if (step.config !== undefined) this.#write(step.config)
    if (step.edit !== undefined) for (const w of [this.theirs, this.ours]) editState(w, step.edit)
    for (const w of [this.theirs, this.ours]) rmSync(join(w.dir, 'p'), { force: true })
    const planned = this.run(['plan', '-no-color', '-out=p', ...(step.args ?? [])], step.env)
    report('plan', this.#outcomes(planned))
    if (!existsSync(join(this.theirs.dir, 'p')) || !existsSync(join(this.ours.dir, 'p'))) return found
    const shown = this.run(['show', '-json', 'p'])
    report('json', documentDifferences(document(shown.theirs.stdout), document(shown.ours.stdout)))
    if (step.apply === false || planned.theirs.code === 1 || planned.ours.code === 1) return found
    report('apply', this.#outcomes(this.run(['apply', '-no-color', 'p'], step.env)))
    report('state', documentDifferences(this.#state(this.theirs), this.#state(this.ours)))
    return found
  }

  /** What a plan of each tool on the other's state says beside that nothing has changed. */
  takeOver(args: readonly string[] = [], env?: Readonly<Record<string, string>>): string[] {
    const path = (w: Workspace): string => join(w.dir, 'terraform.tfstate')
    const read = (w: Workspace): string | undefined => (existsSync(path(w)) ? readFileSync(path(w), 'utf8') : undefined)
    const theirs = read(this.theirs)
    const ours = read(this.ours)
    if (theirs === undefined || ours === undefined) return []
    writeFileSync(path(this.theirs), ours)
    writeFileSync(path(this.ours), theirs)
    const outcome = this.run(['plan', '-no-color', '-detailed-exitcode', ...args], env)
    writeFileSync(path(this.theirs), theirs)
    writeFileSync(path(this.ours), ours)
    const found: string[] = []
    if (outcome.theirs.code !== 0) found.push(`terraform on our state:\n${outcome.theirs.stdout}${outcome.theirs.stderr}`)
    if (outcome.ours.code !== 0) found.push(`landform on their state:\n${outcome.ours.stdout}${outcome.ours.stderr}`)
    return found
  }

  #write(config: string | Readonly<Record<string, string>>): void {
    const files = typeof config === 'string' ? { 'main.tf': config } : config
    for (const w of [this.theirs, this.ours]) {
      for (const name of this.#files) rmSync(join(w.dir, name), { force: true })
      w.write(files)
    }
    this.#files = Object.keys(files)
    const calls = this.#files.length > 1 || !existsSync(join(this.theirs.dir, '.terraform'))
    if (calls) this.run(['init', '-no-color'])
  }

  #outcomes({ theirs, ours }: { readonly theirs: Outcome; readonly ours: Outcome }): string[] {
    const place = (w: Workspace, text: string): string => text.replaceAll(w.dir, 'DIR')
    return [
      ...(theirs.code === ours.code ? [] : [`exit code: terraform ${theirs.code}, landform ${ours.code}`]),
      ...textDifferences(normalizedText(place(this.theirs, theirs.stdout)), normalizedText(place(this.ours, ours.stdout))),
      ...textDifferences(sortedDiagnostics(place(this.theirs, theirs.stderr)), sortedDiagnostics(place(this.ours, ours.stderr))),
    ]
  }

  #state(w: Workspace): unknown {
    const path = join(w.dir, 'terraform.tfstate')
    return existsSync(path) ? document(readFileSync(path, 'utf8'), 'lineage', 'serial') : undefined
  }
}

function editState(w: Workspace, edit: (state: StoredState) => void): void {
  const path = join(w.dir, 'terraform.tfstate')
  const state = JSON.parse(readFileSync(path, 'utf8'))
  edit(state)
  writeFileSync(path, JSON.stringify(state, null, 2))
}

/** Does the steps one after the other with both tools. Empty: nobody could tell them apart. */
export function differences(steps: readonly Step[]): string[] {
  const peers = new Peers()
  try {
    return steps.flatMap((step, i) => peers.step(step).map((d) => `step ${i + 1}, ${d}`))
  } finally {
    peers.remove()
  }
}

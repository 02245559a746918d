import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commonSubsequence } from '../../src/command/diff/sequences.ts'
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
  /** Files of the folder that change beside the configuration, and stay; null: removed. */
  readonly files?: Readonly<Record<string, string | null>>
  /** What plan and apply print for programs is compared too, and what `show` says of plan and state. */
  readonly thorough?: boolean
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
      .replace(/"deposed(_key)?":( ?)"[0-9a-f]{8}"/g, '"deposed$1":$2"KEY"')
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
    /^\S+(?: \((?:deposed .*|local-exec)\))?: (Refreshing|Creat|Modif|Destr|Read|Import|Prepar|Provision|Executing|Opening|Closing|\()/.test(
      line,
    )
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

/** Terraform plans a replacement a second time, and has forgotten by then which planned values the schema says are sensitive. */
// biome-ignore lint/suspicious/noExplicitAny: a plan as JSON
function forgetReplaced(plan: any): void {
  const changes: { address: string; change: { actions: readonly string[] } }[] = plan.resource_changes ?? []
  const replaced = new Set(changes.filter((c) => c.change.actions.length > 1).map((c) => c.address))
  // biome-ignore lint/suspicious/noExplicitAny: a module of it
  const visit = (module: any): void => {
    for (const resource of module?.resources ?? []) if (replaced.has(resource.address)) delete resource.sensitive_values
    for (const child of module?.child_modules ?? []) visit(child)
  }
  visit(plan.planned_values?.root_module)
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
  forgetReplaced(json)
  const all = (json.resources ?? []) as { instances?: { sensitive_attributes?: unknown[] }[] }[]
  // After a failure Terraform lists resources of which there is nothing, until something succeeds.
  const resources = all.filter(({ instances }) => instances?.length !== 0)
  if (Array.isArray(json.resources)) json.resources = resources
  for (const { instances } of resources) {
    for (const instance of instances ?? []) {
      const paths = instance.sensitive_attributes
      if (paths !== undefined) instance.sensitive_attributes = paths.map((path) => JSON.stringify(sortedKeys(path))).sort()
    }
  }
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

/** Lines that are in one of the texts only, with a line of what surrounds them. */
function textDifferences(theirs: string, ours: string): string[] {
  if (theirs === ours) return []
  const a = theirs.split('\n')
  const b = ours.split('\n')
  const lines: string[] = []
  let atA = 0
  let atB = 0
  for (const [i, j] of [...commonSubsequence(a, b, (x, y) => x === y), [a.length, b.length] as const]) {
    if (i > atA || j > atB) {
      lines.push(`  ${a[atA - 1] ?? ''}`)
      for (; atA < i; atA++) lines.push(`- ${a[atA]}`)
      for (; atB < j; atB++) lines.push(`+ ${b[atB]}`)
    }
    atA++
    atB++
  }
  return [lines.join('\n')]
}

/** A stream of `-json`: its lines without times, in the order of their texts, since which operation comes first is chance. */
function streamLines(text: string): string {
  const lines = text.split('\n').map((line) => {
    const plain = line
      .replace(/"@timestamp":"[^"]*",?/g, '')
      .replace(uuid, 'ID')
      // Objects to be forgotten are listed in any order.
      .replace(/(?:\\n - [^\\]+)+/g, (list) => list.split('\\n').sort().join('\\n'))
    return plain.startsWith('{') ? JSON.stringify(sortedKeys(JSON.parse(plain))) : plain
  })
  return normalized(
    lines
      .sort()
      .join('\n')
      .replace(/("elapsed_seconds":)\d+/g, '$10'),
  )
}

/**
 * Whether Terraform takes the plan for a mistake of its own and refuses to apply it: one that only refreshes, finds nothing, and has outputs
 * that are gone or still unknown. Landform removes what is gone.
 */
function isRefused({ args }: Step, { theirs }: { readonly theirs: Outcome }): boolean {
  if (args?.includes('-refresh-only') !== true) return false
  const { applyable, output_changes: outputs = {} } = JSON.parse(theirs.stdout)
  return !applyable && Object.values<{ actions: readonly string[] }>(outputs).some(({ actions }) => actions[0] !== 'no-op')
}

const savedNote = /\n─+\n\nSaved the plan to: p\n\nTo perform exactly[^\n]*\n {4}terraform apply "p"\n/

/**
 * Whether Terraform calls a plan applicable that changes nothing. It takes a number that was calculated, say by `length`, for another than
 * the same number read from the state, as it compares outputs by how their numbers lie in memory; and of an object with several secrets it
 * lists the paths in an order of chance, which it takes for a change.
 */
function seemsApplicable({ args }: Step, { theirs, ours }: { readonly theirs: Outcome; readonly ours: Outcome }): boolean {
  if (args?.includes('-refresh-only') !== true) return false
  const [a, b] = [theirs, ours].map((outcome) => JSON.parse(outcome.stdout))
  const outputs = Object.values<{ actions: readonly string[]; after: unknown }>(a.output_changes ?? {})
  return (
    a.applyable &&
    !b.applyable &&
    a.resource_drift === undefined &&
    outputs.every(({ actions }) => actions[0] === 'no-op') &&
    (outputs.some(({ after }) => /\d/.test(JSON.stringify(after))) || hasSeveralSecrets(a.prior_state))
  )
}

/** Whether an object of the state has more than one. */
function hasSeveralSecrets(state: unknown): boolean {
  const parts = JSON.stringify(state ?? null).split('"sensitive_values":')
  return parts.slice(1).some((part) => /true.*true/.test(part.split('"address":')[0]!))
}

/** What each tool finds in its environment. */
export interface PeerOptions {
  readonly theirs?: Readonly<Record<string, string>>
  readonly ours?: Readonly<Record<string, string>>
  /** Called when another configuration has been written, before anything is run with it. */
  readonly onWritten?: (theirDir: string, files: Readonly<Record<string, string>>) => void
}

/** The same folder twice, one for each tool. */
export class Peers {
  readonly theirs: Workspace
  readonly ours: Workspace
  readonly #onWritten: PeerOptions['onWritten']
  #files: readonly string[] = []
  /** What terraform's last plan ended with. */
  lastCode: number | null = 0

  constructor({ theirs = {}, ours = {}, onWritten }: PeerOptions = {}) {
    this.theirs = new Workspace({}, theirs)
    this.ours = new Workspace({}, { LANDFORM_DIALECT: 'terraform', ...ours })
    this.#onWritten = onWritten
  }

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
    if (step.files !== undefined) this.#change(step.files)
    if (step.config !== undefined) this.write(step.config)
    if (step.edit !== undefined) for (const w of [this.theirs, this.ours]) editState(w, step.edit)
    for (const w of [this.theirs, this.ours]) rmSync(join(w.dir, 'p'), { force: true })
    const planned = this.run(['plan', '-no-color', '-out=p', ...(step.args ?? [])], step.env)
    this.lastCode = planned.theirs.code
    const isSaved = existsSync(join(this.theirs.dir, 'p')) && existsSync(join(this.ours.dir, 'p'))
    const shown = isSaved ? this.run(['show', '-json', 'p']) : undefined
    if (shown !== undefined && seemsApplicable(step, shown)) {
      for (const outcome of [planned, shown] as { theirs: { stdout: string } }[])
        outcome.theirs.stdout = outcome.theirs.stdout.replace(savedNote, '').replace('"applyable":true', '"applyable":false')
    }
    report('plan', this.#outcomes(planned))
    if (shown === undefined) return found
    report('json', documentDifferences(document(shown.theirs.stdout), document(shown.ours.stdout)))
    if (step.thorough) {
      report('shown plan', this.#outcomes(this.run(['show', '-no-color', 'p'])))
      report('plan -json', this.#streams(this.run(['plan', '-json', ...(step.args ?? [])], step.env)))
    }
    if (isRefused(step, shown)) return found
    if (step.apply === false || planned.theirs.code === 1 || planned.ours.code === 1) return found
    if (step.thorough) report('apply -json', this.#streams(this.run(['apply', '-json', 'p'], step.env)))
    else report('apply', this.#outcomes(this.run(['apply', '-no-color', 'p'], step.env)))
    report('state', documentDifferences(this.#state(this.theirs), this.#state(this.ours)))
    if (step.thorough) {
      report('shown state', this.#outcomes(this.run(['show', '-no-color'])))
      const states = this.run(['show', '-json'])
      report('state json', documentDifferences(document(states.theirs.stdout), document(states.ours.stdout)))
    }
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

  /** Another configuration, initialised where that is needed. */
  write(config: string | Readonly<Record<string, string>>): void {
    const files = typeof config === 'string' ? { 'main.tf': config } : config
    for (const w of [this.theirs, this.ours]) {
      for (const name of this.#files) rmSync(join(w.dir, name), { force: true })
      w.write(files)
    }
    this.#files = Object.keys(files)
    this.#onWritten?.(this.theirs.dir, files)
    const calls = this.#files.length > 1 || !existsSync(join(this.theirs.dir, '.terraform'))
    if (calls) this.run(['init', '-no-color'])
  }

  #change(files: Readonly<Record<string, string | null>>): void {
    for (const w of [this.theirs, this.ours])
      for (const [name, text] of Object.entries(files)) {
        if (text === null) rmSync(join(w.dir, name), { force: true })
        else w.write({ [name]: text })
      }
  }

  #streams({ theirs, ours }: { readonly theirs: Outcome; readonly ours: Outcome }): string[] {
    return [
      ...(theirs.code === ours.code ? [] : [`exit code: terraform ${theirs.code}, landform ${ours.code}`]),
      ...textDifferences(
        streamLines(theirs.stdout.replaceAll(this.theirs.dir, 'DIR')),
        streamLines(ours.stdout.replaceAll(this.ours.dir, 'DIR')),
      ),
      ...textDifferences(theirs.stderr, ours.stderr),
    ]
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

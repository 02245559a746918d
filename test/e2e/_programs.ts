import type { Step } from './_peer.ts'

/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  below(n: number): number {
    return Math.floor(this.next() * n)
  }

  chance(p: number): boolean {
    return this.next() < p
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }
}

type Repetition = 'single' | 'count' | 'each'

interface Resource {
  name: string
  repetition: Repetition
  size: number
  keys: string[]
  input: string
  trigger: string | undefined
  createFirst: boolean
  dependsOn: string | undefined
  replacedBy: string | undefined
  /** What goes wrong with it: a condition that does not hold, or a command that fails once it is there. */
  fault: 'precondition' | 'postcondition' | 'command' | undefined
}

interface Call {
  name: string
  repetition: Repetition
  size: number
  value: string
  dependsOn: string | undefined
}

/** A configuration of terraform_data that can be changed bit by bit. */
interface Program {
  a: number
  resources: Resource[]
  calls: Call[]
  outputs: string[]
  statements: string[]
  /** The id of an object that is brought in by an import block. */
  imported: string | undefined
  inner: { input: string; count: number; createFirst: boolean; renamed: boolean }
}

function reference(random: Random, earlier: readonly (Resource | Call)[]): string {
  const plain = [
    `"v${random.below(4)}"`,
    'local.m',
    'var.a',
    '[for x in local.l : upper(x)]',
    'jsonencode(local.m)',
    '{ a = [1, 2, null], b = { c = true } }',
  ]
  if (earlier.length === 0 || random.chance(0.25)) return random.pick(plain)
  const other = random.pick(earlier)
  if ('value' in other) {
    const at = other.repetition === 'count' ? '[0]' : other.repetition === 'each' ? '["x"]' : ''
    return random.pick([`module.${other.name}${at}.id`, `module.${other.name}${at}.echo`, ...(at === '' ? [] : [`module.${other.name}`])])
  }
  const address = `terraform_data.${other.name}`
  switch (other.repetition) {
    case 'count':
      return random.pick([`${address}[0].id`, `${address}[*].output`, `length(${address})`, `${address}[length(${address}) - 1].input`])
    case 'each':
      return random.pick([`${address}["x"].output`, `{ for k, v in ${address} : k => v.input }`, `keys(${address})`])
    default:
      return random.pick([`${address}.output`, `"\${${address}.id}-x"`, address, `${address}.input`, `${address}.id == "" ? 1 : 2`])
  }
}

function newResource(random: Random, name: string, earlier: readonly (Resource | Call)[]): Resource {
  const resources = earlier.filter((e): e is Resource => 'input' in e)
  return {
    name,
    repetition: random.pick(['single', 'single', 'count', 'each']),
    size: 1 + random.below(3),
    keys: random.chance(0.5) ? ['x'] : ['x', random.pick(['y', 'z'])],
    input: reference(random, earlier),
    trigger: random.chance(0.4) ? reference(random, earlier) : undefined,
    createFirst: random.chance(0.2),
    dependsOn: random.chance(0.2) && earlier.length > 0 ? addressOf(random.pick(earlier)) : undefined,
    fault: undefined,
    replacedBy: random.chance(0.15) && resources.length > 0 ? addressOf(random.pick(resources)) : undefined,
  }
}

function addressOf(item: Resource | Call): string {
  return 'value' in item ? `module.${item.name}` : `terraform_data.${item.name}`
}

function newProgram(random: Random): Program {
  const items: (Resource | Call)[] = []
  const count = 2 + random.below(6)
  for (let i = 0; i < count; i++) {
    if (random.chance(0.2)) {
      items.push({
        name: `m${i}`,
        repetition: random.pick(['single', 'count', 'each']),
        size: 1 + random.below(2),
        value: reference(random, items),
        dependsOn: random.chance(0.2) && items.length > 0 ? addressOf(random.pick(items)) : undefined,
      })
    } else items.push(newResource(random, `r${i}`, items))
  }
  return {
    a: random.below(3),
    resources: items.filter((e): e is Resource => 'input' in e),
    calls: items.filter((e): e is Call => 'value' in e),
    outputs: Array.from({ length: 1 + random.below(2) }, () => outputValue(reference(random, items))),
    statements: [],
    imported: undefined,
    inner: { input: 'var.v', count: 1 + random.below(2), createFirst: random.chance(0.2), renamed: false },
  }
}

/** Terraform takes a length that it has read from the state for another one than that it works out. */
function outputValue(text: string): string {
  return text.startsWith('length(') ? `tostring(${text})` : text
}

/** One or more small changes such as people make. What other blocks refer to stays. */
function changed(random: Random, program: Program): Program {
  const next: Program = { ...structuredClone(program), statements: [] }
  const text = source(next)['main.tf']!
  const isNamed = (name: string): boolean => new RegExp(`(terraform_data|module)\\.${name}\\b`).test(text)
  const unnamed = next.resources.filter((r) => !isNamed(r.name))
  for (let n = 1 + random.below(3); n > 0; n--) {
    const resource = random.pick(next.resources)
    switch (random.below(14)) {
      case 0:
        next.a = (next.a + 1) % 4
        break
      case 1:
        if (resource !== undefined) resource.size = 1 + random.below(3)
        break
      case 2:
        if (resource !== undefined && !isNamed(resource.name)) resource.keys = random.pick([['x'], ['x', 'y'], ['y', 'z']])
        break
      case 3:
        if (resource !== undefined) resource.createFirst = !resource.createFirst
        break
      case 4:
        if (resource !== undefined) resource.trigger = random.pick([undefined, 'var.a', `"t${random.below(3)}"`])
        break
      case 5:
        if (resource !== undefined) resource.input = random.pick(['var.a', `"w${random.below(3)}"`, 'null'])
        break
      case 6: {
        // Renamed, with a statement or without.
        const old = unnamed.pop()
        if (old === undefined) break
        const name = `${old.name}n`
        if (random.chance(0.7)) next.statements.push(moved(`terraform_data.${old.name}`, `terraform_data.${name}`))
        old.name = name
        break
      }
      case 7: {
        const old = unnamed.pop()
        if (old === undefined || next.resources.length < 2) break
        next.resources = next.resources.filter((r) => r !== old)
        if (random.chance(0.4)) next.statements.push(removed(`terraform_data.${old.name}`, random.chance(0.5)))
        break
      }
      case 8:
        // From one to many and back: the object follows.
        if (resource !== undefined && !isNamed(resource.name) && resource.repetition !== 'each') {
          resource.repetition = resource.repetition === 'count' ? 'single' : 'count'
        }
        break
      case 11:
        // Sooner or later it is mended.
        if (resource !== undefined) resource.fault = random.pick([undefined, 'precondition', 'postcondition', 'command'])
        break
      case 12:
        next.imported = random.pick([undefined, 'an-id', 'an-id'])
        break
      case 13:
        if (resource !== undefined) resource.input = random.pick(['sensitive("s")', '{ s = sensitive(var.a) }', '[1, "two", null]'])
        break
      case 9:
        next.inner.count = 1 + random.below(3)
        break
      default:
        if (!next.inner.renamed && next.calls.length > 0) {
          next.inner.renamed = true
          next.inner.input = random.pick(['var.v', '[var.v]'])
        }
    }
  }
  return next
}

function moved(from: string, to: string): string {
  return `moved {\n  from = ${from}\n  to   = ${to}\n}\n`
}

function removed(from: string, destroy: boolean): string {
  return `removed {\n  from = ${from}\n  lifecycle {\n    destroy = ${destroy}\n  }\n}\n`
}

function repetitionText(item: { repetition: Repetition; size: number; keys?: string[] }): string {
  if (item.repetition === 'count') return `  count = ${item.size}\n`
  return item.repetition === 'each' ? `  for_each = toset(${JSON.stringify(item.keys ?? ['x', 'k'].slice(0, item.size))})\n` : ''
}

function source(program: Program): Record<string, string> {
  let main = `variable "a" {\n  default = ${program.a}\n}\nlocals {\n  l = ["x", "y", tostring(var.a)]\n  m = { a = var.a, b = "${program.a}" }\n}\n`
  for (const r of program.resources) {
    main += `resource "terraform_data" "${r.name}" {\n${repetitionText(r)}  input = ${r.input}\n`
    if (r.trigger !== undefined) main += `  triggers_replace = ${r.trigger}\n`
    if (r.dependsOn !== undefined) main += `  depends_on = [${r.dependsOn}]\n`
    if (r.fault === 'command') main += `  provisioner "local-exec" {\n    command = "exit 3"\n  }\n`
    const lifecycle = `${r.fault === 'precondition' || r.fault === 'postcondition' ? `    ${r.fault} {\n      condition     = ${r.fault === 'precondition' ? 'var.a > 100' : 'self.id == ""'}\n      error_message = "As it was told to: ${r.fault}."\n    }\n` : ''}${r.createFirst ? '    create_before_destroy = true\n' : ''}${r.replacedBy === undefined ? '' : `    replace_triggered_by = [${r.replacedBy}]\n`}`
    if (lifecycle !== '') main += `  lifecycle {\n${lifecycle}  }\n`
    main += '}\n'
  }
  for (const c of program.calls) {
    main += `module "${c.name}" {\n  source = "./m"\n${repetitionText(c)}  v = ${c.value}\n`
    if (c.dependsOn !== undefined) main += `  depends_on = [${c.dependsOn}]\n`
    main += '}\n'
  }
  program.outputs.forEach((value, i) => {
    main += `output "o${i}" {\n  value = ${value}\n}\n`
  })
  main += program.statements.join('')
  if (program.imported !== undefined) {
    main += `import {\n  to = terraform_data.imported\n  id = "${program.imported}"\n}\nresource "terraform_data" "imported" {\n  input = var.a\n}\n`
  }
  const { inner } = program
  const name = inner.renamed ? 'new' : 'old'
  const module = `variable "v" {}\nresource "terraform_data" "${name}" {\n  count = ${inner.count}\n  input = ${inner.input}\n${
    inner.createFirst ? '  lifecycle {\n    create_before_destroy = true\n  }\n' : ''
  }}\nresource "terraform_data" "after" {\n  triggers_replace = terraform_data.${name}[0].output\n}\noutput "id" {\n  value = terraform_data.after.id\n}\noutput "echo" {\n  value = var.v\n}\n${
    inner.renamed ? moved('terraform_data.old', 'terraform_data.new') : ''
  }`
  return { 'main.tf': main, 'm/main.tf': module }
}

/** A life of a configuration: it is made, changed some times, and at the end looked at in other ways. Always the same for a seed. */
export function randomSteps(seed: number): readonly Step[] {
  const random = new Random(seed)
  let program = newProgram(random)
  const steps: Step[] = [{ config: source(program) }]
  for (let i = 0; i < 2; i++) {
    program = changed(random, program)
    const args = random.pick<readonly string[]>([
      [],
      [],
      [],
      ['-refresh=false'],
      replaceOption(random, program),
      targetOption(random, program),
    ])
    steps.push({ config: source(program), args })
  }
  // At the end nothing goes wrong any more, so that each tool can take over from the other.
  for (const resource of program.resources) resource.fault = undefined
  steps.push({ config: source({ ...program, statements: [] }) }, { args: ['-refresh-only'], apply: false }, { args: ['-destroy'] })
  return steps
}

function replaceOption(random: Random, { resources }: Program): readonly string[] {
  const r = random.pick(resources)
  if (r === undefined) return []
  const key = r.repetition === 'count' ? '[0]' : r.repetition === 'each' ? `["${r.keys[0]}"]` : ''
  return [`-replace=terraform_data.${r.name}${key}`]
}

function targetOption(random: Random, { resources, statements, inner }: Program): readonly string[] {
  const r = random.pick(resources)
  // Of what a target only depends on Terraform leaves the replaced object behind, to be destroyed by the next plan; Landform destroys it.
  if (inner.createFirst || resources.some((other) => other.createFirst)) return []
  // What moved must be among the targets, which is another matter.
  return r === undefined || statements.length > 0 ? [] : [`-target=terraform_data.${r.name}`]
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuMs } from './cpu.ts'
import { runIn } from './in-process.ts'

/*
 * Input of any size that repeats one thing, to see that time grows with the size and not faster: a table of what files, and lines of
 * the console, can be full of. Some of it is right, some wrong.
 */

/** Whatever is made for a size `n`. */
export type Shape = readonly [name: string, make: (n: number) => string]

const times = (n: number, make: (i: number) => string): string => Array.from({ length: n }, (_, i) => make(i)).join('')
const local = (expression: string): string => `locals {\n  b = 1\n  l = [{ c = 1 }]\n  a = ${expression}\n}\n`

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: configuration, not JavaScript.

/** Files that `validate` and `fmt` read. */
export const fileShapes: readonly Shape[] = [
  ['nested lists', (n) => local('['.repeat(n) + ']'.repeat(n))],
  ['nested calls', (n) => local(`${'tolist(['.repeat(n)}1${'])'.repeat(n)}`)],
  ['nested objects', (n) => local(`${'{ b = '.repeat(n)}1${' }'.repeat(n)}`)],
  ['nested objects on lines of their own', (n) => local(`${'{\nb = '.repeat(Math.min(n, 500))}1${'\n}'.repeat(Math.min(n, 500))}`)],
  ['parentheses', (n) => local(`${'('.repeat(n)}1${')'.repeat(n)}`)],
  ['nested templates', (n) => local(`${'"x${'.repeat(n)}local.b${'}"'.repeat(n)}`)],
  ['nested conditionals', (n) => local(`${'local.b == 2 ? 1 : '.repeat(n)}3`)],
  ['nested conditions', (n) => local(`${'('.repeat(n)}true${' ? true : false)'.repeat(n)}`)],
  ['nested blocks', (n) => `${'a {\n'.repeat(Math.min(n, 500))}${'}\n'.repeat(Math.min(n, 500))}`],
  ['nested directives', (n) => local(`"${'%{ if true }'.repeat(n)}x${'%{ endif }'.repeat(n)}"`)],
  ['nested index', (n) => local(`${'local.l['.repeat(n)}0${']'.repeat(n)}`)],
  ['long list', (n) => local(`[${'"x", '.repeat(n)}]`)],
  ['list of lists', (n) => local(`[${'[1, "x"], '.repeat(n)}]`)],
  ['list on lines of its own', (n) => local(`[\n${'    "x",\n'.repeat(n)}  ]`)],
  ['long object', (n) => local(`{\n${times(n, (i) => `k${i} = ${i}\n`)}}`)],
  ['long object in one line', (n) => local(`{ ${times(n, (i) => `k${i} = ${i}, `)} }`)],
  ['names that come again', (n) => local(`{\n${'k = 1\n'.repeat(n)}}`)],
  ['computed names', (n) => local(`{\n${times(n, (i) => `"k-\${local.b}-${i}" = ${i}\n`)}}`)],
  ['descending names', (n) => local(`{\n${times(n, (i) => `k${1_000_000 - i} = ${i}\n`)}}`)],
  ['tolist', (n) => local(`tolist([${times(n, (i) => `${i}, `)}])`)],
  ['tolist of mixed types', (n) => local(`tolist([${times(n, (i) => (i % 2 === 0 ? `${i}, ` : `"${i}", `))}])`)],
  ['toset', (n) => local(`toset([${times(n, (i) => `"k${i}", `)}])`)],
  ['tomap', (n) => local(`tomap({ ${times(n, (i) => `k${i} = "v", `)} })`)],
  ['long string', (n) => local(`"${'x y '.repeat(n)}"`)],
  ['long string of other letters', (n) => local(`"${'é e\u0301 👨‍👩‍👧 '.repeat(n)}"`)],
  ['escapes', (n) => local(`"${'\\n\\u00e9\\"'.repeat(n)}"`)],
  ['wrong escapes', (n) => local(`"${'\\q'.repeat(n)}"`)],
  ['template', (n) => local(`"${'x${local.b} '.repeat(n)}"`)],
  ['template with an unknown part', (n) => `variable "v" {\n}\n${local(`"\${var.v}${'x${local.b} '.repeat(n)}"`)}`],
  ['directives', (n) => local(`"${'%{ if true }x%{ endif }'.repeat(n)}"`)],
  ['loops in a template', (n) => local(`"${'%{ for x in [1, 2] }${x}%{ endfor }'.repeat(n)}"`)],
  ['trim markers', (n) => local(`"${'a ${~ local.b ~} '.repeat(n)}"`)],
  ['heredoc', (n) => local(`<<-E\n${'    x ${local.b}\n'.repeat(n)}  E`)],
  ['many heredocs', (n) => `locals {\n${times(n, (i) => `a${i} = <<-E\n    x\n  E\n`)}}\n`],
  ['local values', (n) => `locals {\n${times(n, (i) => `a${i + 1} = local.a${i}\n`)}a0 = 1\n}\n`],
  ['a circle of local values', (n) => `locals {\n${times(n, (i) => `a${(i + 1) % n} = local.a${i}\n`)}}\n`],
  ['resources', (n) => times(n, (i) => `resource "terraform_data" "r${i}" {\n  input = "x"\n}\n`)],
  ['resources in a row', (n) => times(n, (i) => `resource "terraform_data" "r${i + 1}" {\n  input = terraform_data.r${i}.id\n}\n`)],
  ['input variables', (n) => times(n, (i) => `variable "v${i}" {\n  type    = string\n  default = "x"\n}\n`)],
  ['type of many attributes', (n) => `variable "v" {\n  type = object({ ${times(n, (i) => `a${i} = optional(string, "x"), `)} })\n}\n`],
  ['output values', (n) => times(n, (i) => `output "o${i}" {\n  value = 1\n}\n`)],
  ['providers with aliases', (n) => times(n, (i) => `provider "terraform" {\n  alias = "a${i}"\n}\n`)],
  ['moved blocks', (n) => times(n, (i) => `moved {\n  from = terraform_data.a${i}\n  to   = terraform_data.b${i}\n}\n`)],
  ['moves in a row', (n) => times(n, (i) => `moved {\n  from = terraform_data.a${i}\n  to   = terraform_data.a${i + 1}\n}\n`)],
  ['check blocks', (n) => times(n, (i) => `check "c${i}" {\n  assert {\n    condition     = 1 == 1\n    error_message = "x"\n  }\n}\n`)],
  ['comments', (n) => '# c\n'.repeat(n)],
  ['comments in brackets', (n) => local(`[\n${'/* c */ 1, # d\n'.repeat(n)}]`)],
  ['aligned comments', (n) => `locals {\n${times(n, (i) => `a${i} = 1 # c\n`)}}\n`],
  ['empty lines', (n) => '\n'.repeat(n)],
  ['one long line of blocks', (n) => `locals { a = [${times(n, (i) => `{ b = ${i} }, `)}] }\n`],
  ['splats', (n) => local(`[${'local.l[*].c, '.repeat(n)}]`)],
  ['splats in a row', (n) => local(`local.l${'[*].c'.repeat(Math.min(n, 500))}`)],
  ['operators', (n) => local(`1${' + local.b'.repeat(n)}`)],
  ['operators of all kinds', (n) => local(`1${' + local.b * 2 - 3'.repeat(n)} == 1`)],
  ['logical operators', (n) => local(`true${' && local.b == 1 || false'.repeat(n)}`)],
  ['comparisons', (n) => local(`true${' == true'.repeat(n)}`)],
  ['loops', (n) => local(`[${'[for x in [1, 2] : x + 1], '.repeat(n)}]`)],
  ['steps', (n) => local(`local.b${'.c'.repeat(n)}`)],
  ['steps by index', (n) => local(`local.l${'[0].c'.repeat(n)}`)],
  ['legacy index', (n) => local(`local.l${'.0.c'.repeat(n)}`)],
  ['unary operators', (n) => local(`${'!'.repeat(n)}true`)],
  ['long number', (n) => local('1'.repeat(n))],
  ['numbers of many digits', (n) => local(`[${'123456789.123456789e100, '.repeat(n)}]`)],
  ['what is not declared', (n) => times(n, (i) => `output "o${i}" {\n  value = local.x${i}\n}\n`)],
  ['what is not declared, in one line', (n) => local(`[${times(n, (i) => `local.x${i}, `)}]`)],
  ['attributes that are not there', (n) => local(`[${times(n, (i) => `local.l[0].x${i}, `)}]`)],
  ['unknown functions', (n) => times(n, (i) => `output "o${i}" {\n  value = lengh(${i})\n}\n`)],
  ['wrong operands', (n) => times(n, (i) => `output "o${i}" {\n  value = 1 + "x${i}"\n}\n`)],
  ['wrong operands in one line', (n) => local(`[${times(n, (i) => `1 + "x${i}", `)}]`)],
  ['wrong arguments of functions', (n) => local(`[${'abs("x"), '.repeat(n)}]`)],
  ['syntax errors', (n) => 'a = ]\n'.repeat(n)],
  ['syntax errors in one line', (n) => local(`[${'1 2, '.repeat(n)}]`)],
  ['unclosed blocks', (n) => 'a {\n'.repeat(n)],
  ['unclosed brackets', (n) => 'a = [\n'.repeat(n)],
  ['unclosed quotes', (n) => 'a = "x\n'.repeat(n)],
  ['closing brackets', (n) => '}\n'.repeat(n)],
  ['wrong blocks', (n) => times(n, (i) => `reso "a" "b${i}" {\n}\n`)],
  ['wrong arguments', (n) => `resource "terraform_data" "r" {\n${times(n, (i) => `x${i} = 1\n`)}}\n`],
  ['the same variable', (n) => 'variable "v" {\n  default = 1\n}\n'.repeat(n)],
  ['the same argument', (n) => `locals {\n${'a = 1\n'.repeat(n)}}\n`],
  ['the same resource', (n) => 'resource "terraform_data" "r" {\n}\n'.repeat(n)],
  ['the same provider', (n) => 'provider "terraform" {\n}\n'.repeat(n)],
  ['required providers', (n) => `terraform {\n  required_providers {\n${times(n, (i) => `p${i} = {\nsource = "a/b${i}"\n}\n`)}}\n}\n`],
]

type Made = readonly [name: string, make: (argument: string) => string]

/** Lines of the console. */
export const consoleShapes: readonly Shape[] = [
  ['a list', (n) => `[${times(n, (i) => `${i}, `)}]`],
  ['an object', (n) => `{ ${times(n, (i) => `k${i} = "v", `)} }`],
  ['a long text', (n) => `"${'x y '.repeat(n)}"`],
  ['an operation chain', (n) => `1${' + 1'.repeat(n)}`],
  ['concatenation of one-element lists', (n) => `length(concat(${'[1], '.repeat(n)}[2]))`],
  ['expansion', (n) => `max(${series(n)}...)`],
  ...(
    [
      ['flatten', (l) => `flatten([for i in ${l} : [i, [i]]])`],
      ['concat', (l) => `concat(${l}, ${l})`],
      ['concat of expanded lists', (l) => `concat([for i in ${l} : [i]]...)`],
      ['merge of expanded maps', (l) => `merge([for i in ${l} : { "k\${i}" = i }]...)`],
      ['distinct', (l) => `distinct(${l})`],
      ['distinct of equal elements', (l) => `distinct([for i in ${l} : i % 10])`],
      ['sort', (l) => `sort([for i in ${l} : "k\${i}"])`],
      ['reverse', (l) => `reverse(${l})`],
      ['toset', (l) => `toset([for i in ${l} : "k\${i}"])`],
      ['toset of objects', (l) => `toset([for i in ${l} : { a = i }])`],
      ['tomap', (l) => `tomap({ for i in ${l} : "k\${i}" => i })`],
      ['group', (l) => `{ for i in ${l} : i % 7 => i... }`],
      ['group by many keys', (l) => `{ for i in ${l} : i => i... }`],
      ['keys', (l) => `keys({ for i in ${l} : "k\${i}" => i })`],
      ['values', (l) => `values({ for i in ${l} : "k\${i}" => i })`],
      ['zipmap', (l) => `zipmap([for i in ${l} : "k\${i}"], ${l})`],
      ['transpose', (l) => `transpose({ for i in ${l} : "k\${i}" => ["a\${i}"] })`],
      ['setunion', (l) => `setunion(${l}, [for i in ${l} : i + 1])`],
      ['setintersection', (l) => `setintersection(${l}, [for i in ${l} : i + 1])`],
      ['setsubtract', (l) => `setsubtract(${l}, [for i in ${l} : i + 1])`],
      ['setproduct', (l) => `setproduct(${l}, ["a", "b"])`],
      ['setproduct of sets', (l) => `setproduct(toset(${l}), toset(["a", "b"]))`],
      ['matchkeys', (l) => `matchkeys(${l}, ${l}, ${l})`],
      ['chunklist', (l) => `chunklist(${l}, 1)`],
      ['compact', (l) => `compact([for i in ${l} : i % 2 == 0 ? "" : "x"])`],
      ['coalescelist', (l) => `coalescelist(concat([for i in ${l} : []], [[1]])...)`],
      ['formatlist', (l) => `formatlist("%s-%d", "a", ${l})`],
      ['join', (l) => `join(",", ${l})`],
      ['sum', (l) => `sum(${l})`],
      ['alltrue', (l) => `alltrue([for i in ${l} : true])`],
      ['slice', (l) => `slice(${l}, 1, length(${l}) - 1)`],
      ['index', (l) => `index(${l}, length(${l}) - 1)`],
      ['contains', (l) => `contains(${l}, -1)`],
      ['lookup', (l) => `lookup({ for i in ${l} : "k\${i}" => i }, "x", 1)`],
      ['element of each', (l) => `[for m in [${l}] : [for i in m : element(m, i)]]`],
      ['index of each', (l) => `[for m in [${l}] : [for i in m : m[i]]]`],
      ['lookup of each', (l) => `[for m in [{ for i in ${l} : "k\${i}" => i }] : [for k, v in m : m[k]]]`],
      ['splat', (l) => `[for i in ${l} : { a = { b = i } }][*].a.b`],
      ['convert to a list of text', (l) => `tolist([for i in ${l} : i % 2 == 0 ? "a" : i])`],
      ['conditions', (l) => `[for i in ${l} : i > 5 ? "a" : i < 3 ? "b" : "c" if i != 7]`],
      ['equality', (l) => `${l} == [for i in ${l} : i]`],
      ['equality of objects', (l) => `{ for i in ${l} : "k\${i}" => i } == { for i in ${l} : "k\${i}" => i }`],
      ['jsonencode', (l) => `jsonencode([for i in ${l} : { a = i }])`],
      ['jsondecode', (l) => `jsondecode(jsonencode([for i in ${l} : { a = i, b = "x" }]))`],
      ['jsondecode of one object', (l) => `jsondecode(jsonencode({ for i in ${l} : "k\${i}" => i }))`],
      ['yamlencode', (l) => `yamlencode([for i in ${l} : { a = "x\${i}" }])`],
      ['yamldecode', (l) => `yamldecode(jsonencode([for i in ${l} : { a = i }]))`],
      ['yamldecode of one object', (l) => `yamldecode(join("\\n", [for i in ${l} : "k\${i}: v"]))`],
      ['csvdecode', (l) => `csvdecode(join("\\n", concat(["a,b"], [for i in ${l} : "\${i},x"])))`],
      ['sensitive elements', (l) => `nonsensitive(length([for i in ${l} : sensitive(i)]))`],
      ['sensitive merge', (l) => `nonsensitive(length(merge([for i in ${l} : { "k\${i}" = sensitive(i) }]...)))`],
      ['try', (l) => `[for i in ${l} : try(tonumber("x\${i}"), i)]`],
      ['can', (l) => `[for i in ${l} : can(tonumber("x"))]`],
      ['templates', (l) => `"%{ for i in ${l} }\${i},%{ endfor }"`],
    ] satisfies readonly Made[]
  ).map(([name, make]): Shape => [name, (n) => `length(${counted(name, make(series(n)))})`]),
  ...(
    [
      ['split', (t) => `length(split(" ", ${t}))`],
      ['replace', (t) => `length(replace(${t}, "x", "zz"))`],
      ['replace by a pattern', (t) => `length(replace(${t}, "/x( )/", "$1z"))`],
      ['regex', (t) => `regex("z?$", ${t})`],
      ['regexall', (t) => `length(regexall("x", ${t}))`],
      ['regexall with groups', (t) => `length(regexall("(x) (y)?", ${t}))`],
      ['regex that tries all', (t) => `can(regex("(x+x+)+z", ${t}))`],
      ['upper', (t) => `length(upper(${t}))`],
      ['title', (t) => `length(title(${t}))`],
      ['strrev', (t) => `length(strrev(${t}))`],
      ['substr', (t) => `substr(${t}, 10, 2)`],
      ['trim', (t) => `length(trim(${t}, "x "))`],
      ['trimspace', (t) => `length(trimspace("  \${${t}}  "))`],
      ['chomp', (t) => `length(chomp(${t}))`],
      ['indent', (t) => `length(indent(2, replace(${t}, " ", "\\n")))`],
      ['startswith', (t) => `startswith(${t}, "y")`],
      ['strcontains', (t) => `strcontains(${t}, "xxy")`],
      ['base64', (t) => `length(base64decode(base64encode(${t})))`],
      ['base64gzip', (t) => `length(base64gzip(${t}))`],
      ['urlencode', (t) => `length(urlencode(${t}))`],
      ['textencodebase64', (t) => `length(textencodebase64(${t}, "UTF-16LE"))`],
      ['sha256', (t) => `sha256(${t})`],
      ['format', (t) => `length(format("%s %q", ${t}, ${t}))`],
      ['parseint', (t) => `parseint(replace(${t}, " ", ""), 36) > 0`],
    ] satisfies readonly Made[]
  ).map(([name, make]): Shape => [name, (n) => make(`join(" ", [for i in ${series(n)} : "x"])`)]),
]

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: configuration, not JavaScript.

const plain = new Set([
  'join',
  'sum',
  'alltrue',
  'index',
  'contains',
  'lookup',
  'equality',
  'equality of objects',
  'jsonencode',
  'yamlencode',
  'templates',
  'sensitive elements',
  'sensitive merge',
])

/** What is no collection is made one of one element. */
function counted(name: string, expression: string): string {
  return plain.has(name) ? `[${expression}]` : expression
}

/** Numbers from 0 to below `n`, of which `range` gives no more than 1,024 at a time. */
function series(n: number): string {
  const width = 1000
  return `flatten([for h in range(${Math.ceil(n / width)}) : [for j in range(${width}) : h * ${width} + j]])`
}

export type Reading = 'validate' | 'fmt' | 'console'

/** Milliseconds of CPU that a command takes for a text. */
export async function cost(reading: Reading, text: string): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'landform-growth-'))
  try {
    writeFileSync(join(dir, 'main.tf'), reading === 'console' ? '' : text)
    const argv = reading === 'fmt' ? ['fmt', '-check'] : [reading]
    const start = cpuMs()
    const { stderr } = await runIn(dir, argv, reading === 'console' ? { input: `${text}\n` } : {})
    const spent = cpuMs() - start
    if (/This is a bug|RangeError|internal error/i.test(stderr)) throw new Error(stderr.slice(0, 2000))
    if (reading === 'console' && stderr !== '') throw new Error(stderr.slice(0, 2000))
    return spent
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** What is measured, and how closely. */
export interface Growth {
  /** Milliseconds of CPU for the size `n`. */
  readonly cost: (n: number) => number | Promise<number>
  /** What the time is held against; `n` itself unless something else grows with it. */
  readonly size?: (n: number) => number
  /** Milliseconds that the smaller input takes at least, as far as `fits` allows. */
  readonly least: number
  /** Whether inputs may be as long as this. */
  readonly fits?: (n: number) => boolean
  /** No more is measured once the ratio is below. */
  readonly enough: number
}

/**
 * How many times as long an input of twice the size takes. Whatever else the machine does can only add to what is measured, so of several
 * measurements of a size the smallest counts. At one size the heap may happen to grow, which shows at the next one no more; steps that
 * look at all others show there, too: a suspicion is looked into at two more sizes, and only what is too slow at all of them is.
 */
export async function growthOf({ cost, size = (n) => n, least, fits = (n) => n < 500_000, enough }: Growth): Promise<number> {
  let n = 1000
  await cost(n)
  let ms = await cost(n)
  while (ms < least && fits(2 * n)) {
    // Straight to the size that will do, were it not for what a command costs that does nothing.
    let factor = 2
    while (factor < 8 && factor * ms < least && fits(2 * factor * n)) factor *= 2
    n *= factor
    ms = await cost(n)
  }
  let ratio = Number.POSITIVE_INFINITY
  for (let step = 0; step < 3 && ratio >= enough; step++) {
    if (step > 0 && fits(2 * n)) n *= 2
    // A shorter one that took too long would hide what the longer one takes: it is measured twice at least.
    let fast = step === 0 ? ms : await cost(n)
    let slow = Number.POSITIVE_INFINITY
    for (let tries = 0; tries < 3 && ratio >= enough; tries++) {
      slow = Math.min(slow, await cost(2 * n))
      fast = Math.min(fast, await cost(n))
      // What takes next to no time is not divided by.
      ratio = Math.min(ratio, (2 * (slow / size(2 * n))) / (Math.max(fast, 2) / size(n)))
    }
  }
  return ratio
}

/** How many times as long the second text takes as the first, of several measurements the shortest. */
export async function ratioOf(reading: Reading, text: string, longer: string, enough: number): Promise<number> {
  let fast = await cost(reading, text)
  let slow = await cost(reading, longer)
  for (let tries = 0; tries < 7 && slow / fast >= enough; tries++) {
    fast = Math.min(fast, await cost(reading, text))
    slow = Math.min(slow, await cost(reading, longer))
  }
  return slow / fast
}

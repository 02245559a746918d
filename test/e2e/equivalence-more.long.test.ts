import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, terraform } from './_cli.ts'
import type { Step } from './_peer.ts'
import { ServedPeers } from './_served.ts'

/** Configurations of the kind of the equivalence cases, each about several rules at once: plans, states, streams and texts are Terraform's. */

const required = 'terraform {\n  required_providers {\n    tfcoremock = { source = "hashicorp/tfcoremock" }\n  }\n}\n'

const simple = (name: string, id: string, body = ''): string =>
  `resource "tfcoremock_simple_resource" "${name}" {\n  id = ${id}\n  ${body}\n}\n`

const stored = (id: string, string: string): string => JSON.stringify({ values: { id: { string: id }, string: { string } } })

const files = (main: string, modules: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  'main.tf': required + main,
  ...Object.fromEntries(Object.entries(modules).map(([name, text]) => [`${name}/main.tf`, required + text])),
})

const all = { thorough: true }

const leaf = `variable "id" {}
variable "string" { default = "s" }
${simple('in', 'var.id', 'string = var.string')}
${simple('next', '"${tfcoremock_simple_resource.in.id}-next"', 'string = tfcoremock_simple_resource.in.string')}
output "id" { value = tfcoremock_simple_resource.next.id }
output "string" { value = tfcoremock_simple_resource.in.string }
`

const cases: Readonly<Record<string, readonly Step[]>> = {
  'a module counted, then keyed, then single': [
    {
      ...all,
      config: files('module "m" {\n source = "./m"\n count = 2\n id = "m${count.index}"\n}\noutput "ids" { value = module.m[*].id }', {
        m: leaf,
      }),
    },
    {
      ...all,
      config: files(
        'moved {\n from = module.m[0]\n to = module.m["a"]\n}\nmoved {\n from = module.m[1]\n to = module.m["b"]\n}\nmodule "m" {\n source = "./m"\n for_each = { a = "m0", b = "m1", c = "m2" }\n id = each.value\n string = each.key == "b" ? "changed" : "s"\n}\noutput "ids" { value = { for k, m in module.m : k => m.id } }',
        { m: leaf },
      ),
    },
    {
      ...all,
      config: files(
        'moved {\n from = module.m["b"]\n to = module.n\n}\nmoved {\n from = module.n.tfcoremock_simple_resource.next\n to = module.n.tfcoremock_simple_resource.after\n}\nmodule "n" {\n source = "./n"\n id = "m1"\n}\noutput "ids" { value = module.n.id }',
        { n: leaf.replaceAll('"next"', '"after"').replaceAll('.next.', '.after.') },
      ),
    },
  ],
  'resources moved into and out of modules, counted to keyed': [
    {
      ...all,
      config: files(`${simple('a', '"a${count.index}"', 'count = 3')}${simple('b', '"b"')}module "m" {\n source = "./m"\n id = "x"\n}`, {
        m: leaf,
      }),
    },
    {
      ...all,
      config: files(
        `moved {\n from = tfcoremock_simple_resource.a[0]\n to = tfcoremock_simple_resource.k["zero"]\n}\nmoved {\n from = tfcoremock_simple_resource.a[2]\n to = module.m.tfcoremock_simple_resource.in\n}\nmoved {\n from = module.m.tfcoremock_simple_resource.in\n to = tfcoremock_simple_resource.out\n}\nmoved {\n from = tfcoremock_simple_resource.b\n to = tfcoremock_simple_resource.b[0]\n}\n${simple('k', '"a0"', 'for_each = toset(["zero"])')}${simple('b', '"b"', 'count = 1\n string = "new"')}${simple('out', '"x"', 'string = "s"')}module "m" {\n source = "./m"\n id = "a2"\n}`,
        { m: leaf },
      ),
    },
  ],
  'imports into modules and instances, repeated, beside changes': [
    {
      ...all,
      files: Object.fromEntries(['a', 'b', 'c', 'm'].map((id) => [`terraform.resource/${id}.json`, stored(id, `was ${id}`)])),
      config: files(
        `locals {\n ids = { x = "a", y = "b" }\n}\nimport {\n for_each = local.ids\n to = tfcoremock_simple_resource.k[each.key]\n id = each.value\n}\nimport {\n to = tfcoremock_simple_resource.c[0]\n id = "c"\n}\nimport {\n to = module.m["one"].tfcoremock_simple_resource.in\n id = "m"\n}\n${simple('k', 'each.value', 'for_each = local.ids\n string = "now"')}${simple('c', '"c"', 'count = 1\n string = "was c"')}${simple('n', '"n"', 'string = tfcoremock_simple_resource.k["x"].string')}module "m" {\n source = "./m"\n for_each = toset(["one"])\n id = "m"\n string = "was m"\n}`,
        { m: leaf },
      ),
    },
    { ...all },
    { ...all, args: ['-destroy'] },
  ],
  'removed modules and resources, with provisioners': [
    {
      ...all,
      config: files(
        `module "m" {\n source = "./m"\n count = 2\n id = "m\${count.index}"\n}\n${simple('a', '"a${count.index}"', 'count = 2')}${simple('b', '"b"', 'string = tfcoremock_simple_resource.a[0].id')}`,
        {
          m: leaf,
        },
      ),
    },
    {
      ...all,
      config: files(
        `removed {\n from = module.m\n lifecycle {\n destroy = false\n }\n}\nremoved {\n from = tfcoremock_simple_resource.a\n lifecycle {\n destroy = true\n }\n provisioner "local-exec" {\n when = destroy\n command = "echo gone \${self.id}"\n }\n}\n${simple('b', '"b"')}`,
      ),
    },
    { ...all },
  ],
  'conditions of data, resources and outputs in modules': [
    {
      ...all,
      files: { 'terraform.data/d.json': stored('d', 'data') },
      config: files(
        'variable "v" { default = "a" }\nmodule "m" {\n source = "./m"\n for_each = toset(["a", "b"])\n key = each.key\n v = var.v\n}\noutput "o" {\n value = module.m["a"].o\n precondition {\n condition = var.v != "b"\n error_message = "root: ${var.v}"\n }\n}',
        {
          m: `variable "key" {}\nvariable "v" {\n validation {\n condition = var.v != "c"\n error_message = "c is bad for \${var.key}"\n }\n}\ndata "tfcoremock_simple_resource" "d" {\n id = "d"\n lifecycle {\n precondition {\n condition = var.key != "z"\n error_message = "z"\n }\n postcondition {\n condition = self.string == "data"\n error_message = "is \${self.string}"\n }\n }\n}\n${simple('in', '"in-${var.key}"', 'string = "${data.tfcoremock_simple_resource.d.string}-${var.v}"\n lifecycle {\n precondition {\n condition = length(var.v) < 3\n error_message = "long: ${var.v}"\n }\n postcondition {\n condition = !endswith(self.string, "d")\n error_message = "ends with d"\n }\n }')}output "o" {\n value = tfcoremock_simple_resource.in.string\n precondition {\n condition = !endswith(tfcoremock_simple_resource.in.string, "e")\n error_message = "ends with e"\n }\n}`,
        },
      ),
    },
    ...['b', 'c', 'd', 'e', 'long'].map((v) => ({ ...all, args: [`-var=v=${v}`] })),
    { ...all, files: { 'terraform.data/d.json': stored('d', 'drifted') } },
    { ...all, args: ['-refresh-only'] },
    { ...all, args: ['-destroy'] },
  ],
  'data that waits, through modules and repetition': [
    {
      ...all,
      files: Object.fromEntries(['a', 'b', 'c'].map((id) => [`terraform.data/${id}.json`, stored(id, `data ${id}`)])),
      config: files(
        `variable "v" { default = "1" }\n${simple('r', '"r"', 'string = var.v')}module "m" {\n source = "./m"\n depends_on = [tfcoremock_simple_resource.r]\n}\nmodule "now" {\n source = "./m"\n}\ndata "tfcoremock_simple_resource" "k" {\n for_each = toset(["a", "b"])\n id = each.key\n depends_on = [tfcoremock_simple_resource.r]\n}\ndata "tfcoremock_simple_resource" "of" {\n id = tfcoremock_simple_resource.r.string == "1" ? "a" : "b"\n}\n${simple('u', '"u"', 'string = "${module.m.s}/${module.now.s}/${data.tfcoremock_simple_resource.k["a"].string}/${data.tfcoremock_simple_resource.of.string}"')}output "s" { value = tfcoremock_simple_resource.u.string }`,
        {
          m: 'data "tfcoremock_simple_resource" "d" {\n count = 1\n id = "c"\n}\noutput "s" { value = data.tfcoremock_simple_resource.d[0].string }',
        },
      ),
    },
    { ...all, args: ['-var=v=2'] },
    { ...all, files: { 'terraform.data/a.json': stored('a', 'other') }, args: ['-var=v=2', '-refresh=false'] },
    { ...all, args: ['-var=v=2', '-refresh-only'] },
    { ...all, files: { 'terraform.data/b.json': null }, args: ['-var=v=2'] },
    { ...all, args: ['-destroy', '-refresh=false'] },
  ],
  'drift of what others refer to, ignored and not': [
    {
      ...all,
      config: files(
        `${simple('a', '"a"', 'string = "a"')}${simple('b', '"b"', 'string = "b"\n lifecycle {\n ignore_changes = [string]\n }')}${simple('c', '"c"', 'string = "${tfcoremock_simple_resource.a.string}-${tfcoremock_simple_resource.b.string}"')}${simple('gone', '"gone"', 'string = "g"')}module "m" {\n source = "./m"\n id = "m"\n string = tfcoremock_simple_resource.gone.string\n}\noutput "c" { value = [tfcoremock_simple_resource.c.string, module.m.string] }`,
        { m: leaf },
      ),
    },
    {
      ...all,
      files: {
        'terraform.resource/a.json': stored('a', 'drifted'),
        'terraform.resource/b.json': stored('b', 'drifted'),
        'terraform.resource/gone.json': null,
        'terraform.resource/m.json': stored('m', 'drifted'),
      },
      apply: false,
    },
    { ...all, args: ['-refresh-only'], apply: false },
    { ...all, args: ['-target=tfcoremock_simple_resource.c'] },
    { ...all, args: ['-refresh-only'] },
    { ...all },
  ],
  'left over, then moved, then keyed': [
    {
      ...all,
      config: files(
        'variable "v" { default = 1 }\nresource "terraform_data" "a" {\n count = 2\n input = count.index\n triggers_replace = var.v\n lifecycle { create_before_destroy = true }\n provisioner "local-exec" {\n when = destroy\n command = "test ! -e bad"\n }\n}\nresource "terraform_data" "b" { input = terraform_data.a[*].output }',
      ),
    },
    { ...all, args: ['-var=v=2'], files: { bad: '' } },
    {
      ...all,
      config: files(
        'moved {\n from = terraform_data.a[0]\n to = terraform_data.k["x"]\n}\nresource "terraform_data" "k" {\n for_each = toset(["x"])\n input = 0\n triggers_replace = 2\n lifecycle { create_before_destroy = true }\n}\nresource "terraform_data" "b" { input = [for k in terraform_data.k : k.output] }',
      ),
      files: { bad: null },
    },
    { ...all, apply: false },
  ],
  'secrets through modules, keys and replacements': [
    {
      ...all,
      config: files(
        `variable "s" {\n sensitive = true\n default = "hush"\n}\nmodule "m" {\n source = "./m"\n for_each = nonsensitive(toset([var.s == "hush" ? "a" : "b"]))\n id = each.key\n string = var.s\n}\n${simple('u', '"u"', 'string = module.m["a"].string')}resource "terraform_data" "t" {\n input = { s = var.s, p = "plain", l = [1, var.s] }\n triggers_replace = [var.s]\n}\noutput "s" {\n value = module.m["a"].string\n sensitive = true\n}\noutput "p" { value = terraform_data.t.input.p }`,
        { m: leaf },
      ),
    },
    { ...all, args: ['-replace=terraform_data.t', '-replace=module.m["a"].tfcoremock_simple_resource.in'], apply: false },
    { ...all, args: ['-var=s=hush', '-refresh-only'], apply: false },
    { ...all, args: ['-destroy'] },
  ],
  'outputs and locals that come and go': [
    {
      ...all,
      config: files(
        `locals {\n o = { for k in ["a", "b"] : k => tfcoremock_simple_resource.r[k].string }\n}\n${simple('r', 'each.key', 'for_each = toset(["a", "b"])\n string = upper(each.key)')}output "o" { value = local.o }\noutput "n" { value = null }\noutput "l" { value = length(local.o) }\noutput "gone" { value = "gone" }`,
      ),
    },
    {
      ...all,
      config: files(
        `locals {\n o = { for k in ["a", "c"] : k => tfcoremock_simple_resource.r[k].string }\n}\n${simple('r', 'each.key', 'for_each = toset(["a", "c"])\n string = upper(each.key)')}output "o" { value = local.o }\noutput "n" { value = local.o["a"] }\noutput "l" {\n value = length(local.o)\n sensitive = true\n}\noutput "new" { value = [for r in tfcoremock_simple_resource.r : r] }`,
      ),
    },
    { ...all, args: ['-refresh-only'] },
    { ...all, config: files('output "o" { value = {} }') },
  ],
  'lists of objects that become shorter and unknown': [
    {
      config:
        'variable "n" { default = 3 }\nresource "terraform_data" "a" {\n count = var.n\n input = { a = [1, 2, null], b = { c = true } }\n triggers_replace = var.n\n}\noutput "o" { value = terraform_data.a[*].output }\noutput "m" { value = { for i, a in terraform_data.a : "k${i}" => a.output } }',
    },
    { ...all, args: ['-var=n=2'] },
    { ...all, args: ['-var=n=4'] },
  ],
}

const chosen = Object.entries(cases).filter(([name]) => name.includes(process.env.LANDFORM_CASE ?? ''))

describe.skipIf(terraform === undefined)('several rules at once, the same as terraform', () => {
  beforeAll(ensureBuilt, 120_000)

  test.each(chosen)('%s', { timeout: 900_000 }, (_, steps) => {
    const peers = new ServedPeers()
    try {
      for (const [i, step] of steps.entries()) expect.soft([`step ${i + 1}`, peers.step(step)]).toEqual([`step ${i + 1}`, []])
    } finally {
      peers.remove()
    }
  })
})

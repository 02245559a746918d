import { beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, terraform } from './_cli.ts'
import type { Step } from './_peer.ts'
import { ServedPeers } from './_served.ts'

/**
 * What plans, streams, states and texts are with providers that have objects outside the state, blocks, nested attributes and secrets: the same code
 * serves both tools. LANDFORM_CASE chooses cases by a part of their name.
 */
const types = JSON.stringify({
  tfcoremock_thing: {
    attributes: {
      name: { type: 'string', required: true },
      fixed: { type: 'string', optional: true, replace: true },
      value: { type: 'string', optional: true },
      secret: { type: 'string', optional: true, sensitive: true },
      given: { type: 'string', optional: true, computed: true, value: { string: 'given' } },
      later: { type: 'string', computed: true },
      strings: { type: 'list', optional: true, list: { type: 'string' } },
      tags: { type: 'map', optional: true, map: { type: 'string' } },
      names: { type: 'set', optional: true, set: { type: 'string' } },
      one: {
        type: 'object',
        optional: true,
        object: {
          a: { type: 'string', optional: true },
          hidden: { type: 'string', optional: true, sensitive: true },
          made: { type: 'string', optional: true, computed: true },
        },
      },
      many: {
        type: 'list',
        optional: true,
        list: {
          type: 'object',
          object: {
            a: { type: 'string', optional: true },
            hidden: { type: 'string', optional: true, sensitive: true },
            made: { type: 'string', optional: true, computed: true },
          },
        },
      },
      keyed: {
        type: 'map',
        optional: true,
        map: { type: 'object', object: { a: { type: 'string', optional: true }, n: { type: 'number', optional: true } } },
      },
      any: {
        type: 'set',
        optional: true,
        set: { type: 'object', object: { a: { type: 'string', optional: true }, n: { type: 'number', optional: true } } },
      },
    },
    blocks: {
      part: {
        mode: 'list',
        attributes: {
          a: { type: 'string', optional: true },
          hidden: { type: 'string', optional: true, sensitive: true },
          made: { type: 'string', optional: true, computed: true },
        },
        blocks: { inner: { mode: 'set', attributes: { a: { type: 'string', optional: true } } } },
      },
      piece: {
        mode: 'set',
        attributes: { a: { type: 'string', optional: true }, hidden: { type: 'string', optional: true, sensitive: true } },
      },
    },
  },
})

const required = (...names: string[]): string =>
  `terraform {\n  required_providers {\n${['tfcoremock', ...names].map((n) => `    ${n} = { source = "hashicorp/${n}" }\n`).join('')}  }\n}\n`

const configured = (text: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  'main.tf': required() + text,
  'dynamic_resources.json': types,
  ...more,
})

const thing = (name: string, text: string, meta = ''): string =>
  `resource "tfcoremock_thing" "${name}" {\n${meta}\n  id   = "${meta.includes('count') ? `${name}-\${count.index}` : meta.includes('for_each') ? `${name}-\${each.key}` : name}"\n  name = "${name}"\n${text}\n}\n`

const stored = (values: Readonly<Record<string, unknown>>): string => JSON.stringify({ values })

const all = { thorough: true }

/** Paths into another object, of every form, while what they lead to changes, goes, comes and is not known. */
function triggers(): readonly Step[] {
  const paths =
    'tags.k tags["k"] tags["new"] tags["gone"] tags.gone tags strings[0] strings[1] strings[5] strings one.a one["a"] one.hidden one names part[0].a part[1].a part part[0] many[0].a keyed["x"].a'.split(
      ' ',
    )
  const step = (body: string, args: readonly string[] = []): Step => ({
    config: configured(
      `variable "u" { default = 1 }\nresource "terraform_data" "u" {\n  triggers_replace = var.u\n}\n${thing('t', body)}${paths
        .map((path, i) => `resource "terraform_data" "r${i}" {\n  lifecycle { replace_triggered_by = [tfcoremock_thing.t.${path}] }\n}\n`)
        .join('')}`,
    ),
    args,
  })
  const later = 'terraform_data.u.id'
  return [
    step(
      'tags = { k = "1", same = "x", gone = "y" }\n strings = ["1", "2"]\n one = { a = "1", hidden = "2" }\n names = ["a"]\n many = [{ a = "1" }]\n keyed = { x = { a = "1" } }\n part { a = "1" }\n part { a = "2" }',
    ),
    step(
      'tags = { k = "2", same = "x", new = "n" }\n strings = ["3", "2"]\n one = { a = "3", hidden = "2" }\n names = ["b"]\n many = [{ a = "2" }]\n keyed = { x = { a = "2" } }\n part { a = "3" }\n part { a = "2" }',
    ),
    step(
      `tags = { k = ${later}, new = "n" }\n strings = ["3", ${later}]\n one = { a = ${later}, hidden = "2" }\n names = [${later}]\n part { a = ${later} }\n dynamic "part" {\n for_each = toset([${later}])\n content { a = part.value }\n }`,
      ['-var=u=2'],
    ),
    step(`tags = ${later} == "" ? null : { k = "b" }\n strings = ${later} == "" ? null : ["x"]`, ['-var=u=3']),
    step(''),
    step('tags = {}\n strings = []\n one = {}'),
  ]
}

const cases: Readonly<Record<string, readonly Step[]>> = {
  'every reason for an action': [
    {
      ...all,
      config: configured(
        `variable "v" { default = "1" }
${thing('counted', '', 'count = 3')}
${thing('keyed', '', 'for_each = toset(["a", "b", "c"])')}
${thing('single', '')}
${thing('gone', '')}
${thing('bad', '')}
${thing('asked', '')}
${thing('triggered', 'lifecycle { replace_triggered_by = [tfcoremock_thing.changed.value] }')}
${thing('whole', 'lifecycle { replace_triggered_by = [tfcoremock_thing.changed] }')}
${thing('changed', 'value = var.v')}
${thing('fixed', 'fixed = var.v')}
module "m" {
  source = "./m"
  for_each = toset(["x", "y"])
  name = each.key
}
module "gone" {
  source = "./m"
  name = "g"
}`,
        {
          'm/main.tf': `${required()}variable "name" {}\nresource "tfcoremock_thing" "in" {\n  id = "in-\${var.name}"\n  name = var.name\n}\n`,
        },
      ),
    },
    {
      ...all,
      args: ['-var=v=2', '-replace=tfcoremock_thing.asked'],
      edit: (state) => {
        state.resources.find((r) => r.name === 'bad')!.instances[0]!.status = 'tainted'
      },
      config: configured(
        `variable "v" { default = "1" }
${thing('counted', '', 'count = 1')}
${thing('keyed', '', 'for_each = toset(["a"])')}
${thing('single', '', 'for_each = toset(["a"])')}
${thing('bad', 'lifecycle { create_before_destroy = true }')}
${thing('asked', '')}
${thing('triggered', 'lifecycle { replace_triggered_by = [tfcoremock_thing.changed.value] }')}
${thing('whole', 'lifecycle { replace_triggered_by = [tfcoremock_thing.changed] }')}
${thing('changed', 'value = var.v')}
${thing('fixed', 'fixed = var.v\n lifecycle { create_before_destroy = true }')}
module "m" {
  source = "./m"
  for_each = toset(["x"])
  name = each.key
}
moved {
  from = tfcoremock_thing.nowhere
  to   = tfcoremock_thing.gone["x"]
}`,
        {
          'm/main.tf': `${required()}variable "name" {}\nresource "tfcoremock_thing" "in" {\n  id = "in-\${var.name}"\n  name = var.name\n}\n`,
        },
      ),
    },
    { ...all, args: ['-destroy'] },
  ],
  'drift of every kind': [
    {
      ...all,
      config: configured(`
${thing('changed', 'value = "a"\n tags = { x = "1", y = "2" }\n part { a = "p" }')}
${thing('gone', 'value = "b"')}
${thing('apart', 'value = "c"')}
${thing('moved', 'value = "d"')}
${thing('user', 'value = tfcoremock_thing.changed.value\n tags = tfcoremock_thing.changed.tags')}
${thing('needs', 'value = tfcoremock_thing.gone.given')}
output "tag" { value = tfcoremock_thing.changed.tags["x"] }
output "moved" { value = tfcoremock_thing.moved.value }`),
    },
    {
      ...all,
      files: {
        'terraform.resource/changed.json': stored({
          id: { string: 'changed' },
          name: { string: 'changed' },
          value: { string: 'other' },
          tags: { map: { x: { string: '9' } } },
        }),
        'terraform.resource/gone.json': null,
        'terraform.resource/apart.json': stored({ id: { string: 'apart' }, name: { string: 'apart' }, value: { string: 'drifted' } }),
        'terraform.resource/moved.json': stored({ id: { string: 'moved' }, name: { string: 'moved' }, value: { string: 'drifted' } }),
      },
      args: ['-refresh-only'],
      apply: false,
    },
    { ...all, args: ['-destroy'], apply: false },
    { ...all, args: ['-refresh=false'], apply: false },
    { ...all, apply: false },
    {
      ...all,
      config: configured(`
${thing('changed', 'value = "a"\n tags = { x = "1", y = "2" }\n part { a = "p" }\n lifecycle { ignore_changes = [value, tags["x"]] }')}
${thing('gone', 'value = "b"')}
${thing('apart', 'value = "c"\n lifecycle { ignore_changes = all }')}
resource "tfcoremock_thing" "there" {
  id = "moved"
  name = "moved"
  value = "d"
}
moved {
  from = tfcoremock_thing.moved
  to   = tfcoremock_thing.there
}
${thing('user', 'value = tfcoremock_thing.changed.value\n tags = tfcoremock_thing.changed.tags')}
${thing('needs', 'value = tfcoremock_thing.gone.given')}
output "tag" { value = tfcoremock_thing.changed.tags["x"] }
output "moved" { value = tfcoremock_thing.there.value }`),
      args: ['-refresh-only'],
    },
    all,
    { ...all, files: { 'terraform.resource/changed.json': null, 'terraform.resource/user.json': null }, args: ['-refresh-only'] },
    all,
  ],
  'data sources: at once, later, nested': [
    {
      ...all,
      files: {
        'terraform.data/one.json': stored({
          id: { string: 'one' },
          name: { string: 'n' },
          value: { string: 'v' },
          secret: { string: 's' },
          strings: { list: [{ string: 'p' }, { string: 'q' }] },
        }),
        'terraform.data/two.json': stored({ id: { string: 'two' }, name: { string: 'n' }, value: { string: 'w' } }),
      },
      config: configured(
        `
variable "v" { default = "a" }
data "tfcoremock_thing" "one" { id = "one" }
data "tfcoremock_thing" "each" {
  for_each = toset(["one", "two"])
  id = each.key
}
data "tfcoremock_thing" "after" {
  id = "two"
  depends_on = [tfcoremock_thing.r]
}
data "tfcoremock_thing" "unknown" {
  id = tfcoremock_thing.r.later == null ? "one" : "two"
}
data "tfcoremock_thing" "conditions" {
  id = data.tfcoremock_thing.one.value == "v" ? "two" : "one"
  lifecycle {
    precondition {
      condition     = tfcoremock_thing.r.value != "never"
      error_message = "pre"
    }
    postcondition {
      condition     = self.value == "w"
      error_message = "post \${self.value}"
    }
  }
}
${thing('r', 'value = var.v')}
${thing('uses', 'value = data.tfcoremock_thing.after.value\n secret = data.tfcoremock_thing.one.secret\n strings = data.tfcoremock_thing.unknown.strings\n dynamic "part" {\n for_each = data.tfcoremock_thing.one.strings\n content { a = part.value }\n }\n dynamic "piece" {\n for_each = coalesce(data.tfcoremock_thing.after.strings, ["z"])\n content { a = piece.value }\n }')}
module "m" {
  source = "./m"
  depends_on = [tfcoremock_thing.r]
}
check "nested" {
  data "tfcoremock_thing" "scoped" { id = "one" }
  assert {
    condition     = data.tfcoremock_thing.scoped.value == "v"
    error_message = "scoped: \${data.tfcoremock_thing.scoped.value}"
  }
}
check "missing" {
  data "tfcoremock_thing" "missing" {
    id = "missing"
  }
  assert {
    condition     = data.tfcoremock_thing.missing.value == "v"
    error_message = "never said"
  }
}
output "after" { value = data.tfcoremock_thing.after.value }
output "each" { value = { for k, d in data.tfcoremock_thing.each : k => d.value } }
output "m" { value = module.m.value }`,
        {
          'm/main.tf': `${required()}data "tfcoremock_thing" "in" { id = "one" }\noutput "value" { value = data.tfcoremock_thing.in.value }\n`,
        },
      ),
    },
    all,
    { ...all, args: ['-var=v=b'] },
    {
      ...all,
      files: { 'terraform.data/two.json': stored({ id: { string: 'two' }, name: { string: 'n' }, value: { string: 'changed' } }) },
      apply: false,
    },
    { ...all, args: ['-refresh-only'], apply: false },
    {
      ...all,
      files: {
        'terraform.data/one.json': stored({ id: { string: 'one' }, name: { string: 'n' }, value: { string: 'other' } }),
        'terraform.data/two.json': stored({ id: { string: 'two' }, name: { string: 'n' }, value: { string: 'w' } }),
      },
    },
    { ...all, args: ['-destroy'] },
  ],
  'secrets from everywhere': [
    {
      ...all,
      config: configured(`
variable "s" {
  default   = "hidden"
  sensitive = true
}
variable "keys" {
  type      = map(string)
  default   = { a = "1" }
  sensitive = true
}
${thing('schema', 'secret = "x"\n one = { a = "1", hidden = "2" }\n many = [{ a = "1", hidden = "2" }, { a = "3" }]\n part {\n a = "1"\n hidden = "2"\n }\n piece {\n a = "1"\n hidden = "2"\n }')}
${thing('config', 'value = var.s\n strings = ["a", var.s]\n tags = { a = var.s, b = "c" }\n names = ["a", var.s]\n one = { a = var.s }\n many = [{ a = "1" }, { a = var.s }]\n keyed = { x = { a = var.s, n = 1 } }\n any = [{ a = var.s }]\n part {\n a = var.s\n inner { a = var.s }\n }\n piece { a = var.s }')}
${thing('whole', 'tags = var.keys\n dynamic "part" {\n for_each = var.keys\n content { a = part.value }\n }')}
output "s" {
  value     = var.s
  sensitive = true
}
output "deep" {
  value     = { a = var.s, b = [var.s, "c"] }
  sensitive = true
}
output "clear" { value = nonsensitive(var.s) }`),
    },
    { ...all, args: ['-var=s=changed', '-var=keys={a="1",b="2"}'] },
    {
      ...all,
      config: configured(`
${thing('schema', 'secret = "y"\n one = { a = "1", hidden = "3" }\n many = [{ a = "1", hidden = "2" }, { a = "3", hidden = "4" }]\n part {\n a = "1"\n hidden = "3"\n }\n piece {\n a = "1"\n hidden = "3"\n }')}
${thing('config', 'value = "changed"\n strings = ["a", "changed"]\n tags = { a = "changed", b = "c" }\n names = ["a", "changed"]\n one = { a = "changed" }\n many = [{ a = "1" }, { a = "changed" }]\n keyed = { x = { a = "changed", n = 1 } }\n any = [{ a = "changed" }]\n part {\n a = "changed"\n inner { a = "changed" }\n }\n piece { a = "changed" }')}
${thing('whole', 'tags = { a = "1" }')}
output "s" { value = "changed" }
output "deep" { value = { a = sensitive("changed"), b = ["x"] }
  sensitive = true
}`),
    },
    { ...all, args: ['-destroy'] },
  ],
  'replacements triggered by every path': triggers(),
  'ignored changes of every path': [
    {
      ...all,
      config: configured(`
variable "v" { default = "a" }
${thing('paths', 'value = var.v\n strings = ["x", var.v]\n tags = { a = var.v, b = var.v }\n one = { a = var.v }\n many = [{ a = var.v }, { a = var.v }]\n keyed = { k = { a = var.v }, l = { a = var.v } }\n part { a = var.v }\n part { a = var.v }\n piece { a = var.v }\n lifecycle { ignore_changes = [strings[1], tags["a"], one.a, many[0].a, keyed["k"].a, part[1].a] }')}
${thing('all', 'value = var.v\n tags = { a = var.v }\n many = [{ a = var.v }]\n part { a = var.v }\n lifecycle { ignore_changes = all }')}
${thing('blocks', 'value = var.v\n part { a = var.v }\n piece { a = var.v }\n lifecycle { ignore_changes = [part, piece, given] }')}
${thing('replaced', 'fixed = var.v\n value = var.v\n lifecycle { ignore_changes = [value] }')}
${thing('kept', 'fixed = var.v\n value = var.v\n lifecycle { ignore_changes = [fixed] }')}`),
    },
    { ...all, args: ['-var=v=b'] },
    { ...all, args: ['-var=v=c', '-replace=tfcoremock_thing.all'] },
    {
      ...all,
      config: configured(`
${thing('paths', 'strings = ["x"]\n tags = { b = "n" }\n many = [{ a = "n" }]\n keyed = { l = { a = "n" } }\n part { a = "n" }\n lifecycle { ignore_changes = [strings[1], tags["a"], one.a, many[0].a, keyed["k"].a, part[1].a] }')}
${thing('all', 'lifecycle { ignore_changes = all }')}
${thing('blocks', 'lifecycle { ignore_changes = [part, piece, given] }')}`),
    },
  ],
  'what is not known, in blocks, sets and nested attributes': [
    {
      ...all,
      config: configured(`
variable "v" { default = "a" }
${thing('first', 'value = var.v\n fixed = var.v')}
locals {
  later  = "zz-\${tfcoremock_thing.first.later}"
  laters = toset([for x in [tfcoremock_thing.first.later] : tostring(x == null)])
}
${thing('uses', 'value = local.later\n strings = ["a", local.later]\n names = ["a", local.later]\n tags = { a = local.later, b = "c" }\n one = { a = local.later }\n many = [{ a = "1" }, { a = local.later }]\n keyed = { x = { a = local.later } }\n any = [{ a = local.later }, { a = "b" }]\n part {\n a = local.later\n inner { a = local.later }\n }\n piece { a = local.later }\n piece { a = "b" }')}
${thing('dynamic', 'dynamic "part" {\n for_each = local.laters\n content { a = part.value }\n }\n dynamic "piece" {\n for_each = local.laters\n content { a = piece.value }\n }')}
${thing('wholes', 'names = local.laters\n tags = tfcoremock_thing.first.tags')}
output "later" { value = local.later }
output "deep" { value = { a = [local.later], b = "c" } }`),
    },
    { ...all, args: ['-var=v=b'] },
    { ...all, args: ['-var=v=c', '-target=tfcoremock_thing.first'] },
    { ...all, args: ['-destroy', '-target=tfcoremock_thing.uses'] },
    all,
  ],
  'imports: ids, repeated, changed, into modules, generated': [
    {
      ...all,
      files: Object.fromEntries(
        ['one', 'two', 'three', 'four', 'five', 'six'].map((id) => [
          `terraform.resource/${id}.json`,
          stored({
            id: { string: id },
            name: { string: id },
            value: { string: 'there' },
            given: { string: 'given' },
            later: { string: 'l' },
            tags: { map: { a: { string: 'b' } } },
            many: { list: [{ object: { a: { string: '1' }, hidden: { string: '2' } } }] },
            part: { list: [{ object: { a: { string: '1' }, inner: { set: [{ object: { a: { string: 'q' } } }] } } }] },
          }),
        ]),
      ),
      config: configured(
        `variable "which" { default = "one" }
resource "tfcoremock_thing" "one" {
  id = "one"
  name = "one"
}
import {
  to = tfcoremock_thing.one
  id = var.which
}
resource "tfcoremock_thing" "each" {
  for_each = { a = "two", b = "three" }
  id = each.value
  name = each.value
  value = "there"
}
import {
  for_each = { a = "two", b = "three" }
  to = tfcoremock_thing.each[each.key]
  id = each.value
}
module "m" {
  source = "./m"
  count  = 1
}
import {
  to = module.m[0].tfcoremock_thing.in
  id = "four"
}
import {
  to = tfcoremock_thing.forced
  id = "five"
}
resource "tfcoremock_thing" "forced" {
  id = "five"
  name = "five"
  fixed = "other"
}
resource "tfcoremock_thing" "new" {
  id = "new"
  name = "new"
}`,
        {
          'm/main.tf': `${required()}resource "tfcoremock_thing" "in" {\n  id = "four"\n  name = "four"\n  value = "there"\n  lifecycle { ignore_changes = all }\n}\n`,
        },
      ),
    },
    all,
    {
      ...all,
      config: configured('import {\n  to = tfcoremock_thing.made\n  id = "six"\n}\n'),
      args: ['-generate-config-out=made.tf'],
      apply: false,
    },
    {
      ...all,
      config: configured(
        'import {\n  to = tfcoremock_thing.missing\n  id = "missing"\n}\nresource "tfcoremock_thing" "missing" {\n id = "missing"\n name = "m"\n}\n',
      ),
    },
  ],
  'order: create before destroy, in chains, with what was put aside': [
    {
      ...all,
      config: configured(`
variable "v" { default = "1" }
${thing('a', 'fixed = var.v')}
${thing('b', 'value = tfcoremock_thing.a.given\n fixed = var.v')}
${thing('c', 'value = tfcoremock_thing.b.value\n fixed = var.v\n lifecycle { create_before_destroy = true }')}
${thing('d', 'value = tfcoremock_thing.c.fixed')}
${thing('apart', 'fixed = var.v')}`),
    },
    { ...all, args: ['-var=v=2'] },
    {
      ...all,
      edit: (state) => {
        for (const { name, instances } of state.resources)
          if (name === 'b' || name === 'apart') instances.push({ ...structuredClone(instances[0]!), deposed: '0badcafe' } as never)
      },
      args: ['-var=v=2'],
      apply: false,
    },
    { ...all, args: ['-var=v=3'], apply: false },
    { ...all, args: ['-destroy'], apply: false },
  ],
  'removed and forgotten': [
    {
      ...all,
      config: configured(
        `${thing('kept', '')}${thing('dropped', '')}${thing('counted', '', 'count = 2')}
module "m" {
  source = "./m"
}`,
        { 'm/main.tf': `${required()}${thing('in', '')}${thing('other', '')}` },
      ),
    },
    {
      ...all,
      config: configured(
        `removed {
  from = tfcoremock_thing.kept
  lifecycle { destroy = false }
}
removed {
  from = tfcoremock_thing.dropped
  lifecycle { destroy = true }
  provisioner "local-exec" {
    when    = destroy
    command = "echo gone \${self.id}"
  }
}
removed {
  from = tfcoremock_thing.counted
  lifecycle { destroy = false }
}
removed {
  from = module.m.tfcoremock_thing.in
  lifecycle { destroy = false }
}`,
      ),
    },
    all,
  ],
  'providers: aliases, nested modules, what is not known': [
    {
      ...all,
      config: {
        'main.tf': `
terraform {
  required_providers {
    tfcoremock = {
      source  = "hashicorp/tfcoremock"
      version = "~> 0.1"
    }
  }
}
provider "tfcoremock" {}
provider "tfcoremock" {
  alias              = "second"
  resource_directory = "terraform.resource"
}
provider "tfcoremock" {
  alias              = "third"
  resource_directory = terraform_data.dir.output
}
resource "terraform_data" "dir" { input = "terraform.resource" }
${thing('a', 'provider = tfcoremock.second')}
${thing('b', 'provider = tfcoremock.third')}
module "m" {
  source = "./m"
  providers = {
    tfcoremock     = tfcoremock.second
    tfcoremock.two = tfcoremock.third
  }
  v = "x"
}
module "n" {
  source = "./n"
  count  = 2
  providers = { tfcoremock = tfcoremock.second }
}`,
        'm/main.tf': `
terraform {
  required_providers {
    tfcoremock = {
      source                = "hashicorp/tfcoremock"
      configuration_aliases = [tfcoremock.two]
    }
  }
}
variable "v" {
  type        = string
  description = "what it is"
}
variable "w" {
  default   = null
  sensitive = true
  nullable  = true
}
${thing('in', 'provider = tfcoremock.two\n value = var.v')}
${thing('default', '')}
module "deeper" {
  source = "../n"
}
output "o" {
  value       = tfcoremock_thing.in.value
  description = "said"
  depends_on  = [tfcoremock_thing.default]
}`,
        'n/main.tf': `${required()}resource "tfcoremock_thing" "x" { name = "x" }\noutput "x" { value = tfcoremock_thing.x.id }\n`,
        'dynamic_resources.json': types,
      },
    },
    all,
    { ...all, args: ['-target=module.m'] },
    { ...all, args: ['-destroy'] },
  ],
  'targets and replacements by name': [
    {
      ...all,
      config: configured(
        `variable "v" { default = "1" }
${thing('a', 'value = var.v')}
${thing('b', 'value = tfcoremock_thing.a.value')}
${thing('c', 'value = tfcoremock_thing.b.value', 'count = 2')}
${thing('d', 'value = tfcoremock_thing.c[0].value')}
module "m" {
  source = "./m"
  for_each = toset(["x", "y"])
  name = each.key
  v = tfcoremock_thing.a.value
}
output "m" { value = { for k, m in module.m : k => m.v } }
output "b" { value = tfcoremock_thing.b.value }`,
        {
          'm/main.tf': `${required()}variable "name" {}\nvariable "v" {}\nresource "tfcoremock_thing" "in" {\n  id = "in-\${var.name}"\n  name = var.name\n  value = var.v\n}\noutput "v" { value = tfcoremock_thing.in.value }\n`,
        },
      ),
    },
    { ...all, args: ['-var=v=2', '-target=tfcoremock_thing.c[1]'] },
    { ...all, args: ['-var=v=3', '-target=module.m["x"]', '-replace=tfcoremock_thing.d'] },
    { ...all, args: ['-var=v=3', '-target=tfcoremock_thing.b', '-destroy'], apply: false },
    { ...all, args: ['-var=v=3', '-replace=tfcoremock_thing.c[0]', '-replace=module.m["x"].tfcoremock_thing.in'] },
    { ...all, args: ['-target=module.m', '-refresh-only'] },
    { ...all, args: ['-target=module.m["y"].tfcoremock_thing.in', '-destroy'] },
    { ...all, args: ['-target=tfcoremock_thing.nothing'] },
    all,
  ],
  'variables and outputs of every type': [
    {
      ...all,
      config: configured(`
variable "string" { default = "s" }
variable "number" {
  type    = number
  default = 1.5
}
variable "bool" {
  type    = bool
  default = true
}
variable "list" {
  type    = list(object({ a = string, b = optional(number, 3), c = optional(string) }))
  default = [{ a = "x" }]
}
variable "set" {
  type    = set(string)
  default = ["b", "a"]
}
variable "map" {
  type    = map(any)
  default = { k = 1 }
}
variable "tuple" {
  type    = tuple([string, number])
  default = ["t", 2]
}
variable "any" {
  type    = any
  default = { deep = [1, "two", { three = null }] }
}
variable "nothing" {
  type    = string
  default = null
}
variable "checked" {
  type        = number
  default     = 5
  description = "a number"
  validation {
    condition     = var.checked > 3 && var.checked < var.number * 10
    error_message = "not \${var.checked}"
  }
}
variable "secret" {
  type      = object({ user = string, password = string })
  default   = { user = "u", password = "p" }
  sensitive = true
}
variable "passing" {
  type      = string
  default   = "e"
  ephemeral = true
}
output "string" { value = var.string }
output "number" { value = var.number }
output "bool" { value = var.bool }
output "list" { value = var.list }
output "set" { value = var.set }
output "map" { value = var.map }
output "tuple" { value = var.tuple }
output "any" { value = var.any }
output "nothing" { value = var.nothing }
output "secret" {
  value     = var.secret
  sensitive = true
}
output "later" { value = tfcoremock_thing.t.later }
output "precondition" {
  value = tfcoremock_thing.t.given
  precondition {
    condition     = tfcoremock_thing.t.given != "never"
    error_message = "said"
  }
}
output "empty" { value = { l = [], m = {}, s = toset([]) } }
output "big" { value = 12345678901234567890.5 }
output "lines" { value = "a\\nb\\n" }
${thing('t', 'value = var.string')}`),
    },
    {
      ...all,
      args: [
        '-var=string=S',
        '-var=number=7',
        '-var=bool=false',
        '-var=list=[{a="y",b=1},{a="z"}]',
        '-var=set=["c"]',
        '-var=map={k="v",l="w"}',
        '-var=tuple=["u",9]',
        '-var=any=null',
        '-var=nothing=now',
        '-var=secret={user="v",password="q"}',
      ],
    },
    { ...all, args: ['-var=checked=2'] },
    { ...all, args: ['-var=number=x'] },
    { ...all, args: ['-var=list=[{b=1}]'] },
    { ...all, config: configured(`${thing('t', 'value = "S"')}output "string" { value = 5 }\noutput "list" { value = { a = 1 } }\n`) },
    { ...all, args: ['-destroy'] },
  ],
  'the provider test: replaced, refreshed, known later': [
    {
      ...all,
      config: {
        'main.tf': `${required('test')}resource "test_instance" "a" {\n  ami = "bar"\n}\nresource "test_instance" "r" {\n  ami = "refresh-me"\n}\nresource "test_instance" "c" {\n  count = 2\n  ami = test_instance.a.id\n}\noutput "test" {\n  value = test_instance.a.id\n  sensitive = true\n}\n`,
      },
    },
    all,
    { ...all, args: ['-refresh-only'] },
    {
      ...all,
      config: {
        'main.tf': `${required('test')}resource "test_instance" "a" {\n  ami = "force-replace"\n}\nresource "test_instance" "c" {\n  count = 1\n  ami = test_instance.a.id\n}\n`,
      },
    },
    {
      ...all,
      config: {
        'main.tf': `${required('test')}resource "test_instance" "c" {\n  count = 1\n  ami = "x"\n  lifecycle {\n    precondition {\n      condition = false\n      error_message = "no"\n    }\n  }\n}\n`,
      },
    },
    { ...all, args: ['-destroy'] },
  ],
}

const zoo = (text: string, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  'main.tf': `terraform {\n  required_providers {\n    zoo = { source = "hashicorp/zoo" }\n  }\n}\n${text}`,
  ...more,
})

const zooCases: Readonly<Record<string, readonly Step[]>> = {
  'zoo: blocks of every nesting': [
    {
      ...all,
      config: zoo(`
resource "zoo_animal" "a" {
  name = "a"
  home {
    a      = "1"
    hidden = "h"
  }
  group { a = "2" }
  friend {
    a = "3"
    toy { a = "4" }
    toy {
      a      = "5"
      hidden = "h"
    }
  }
  friend { a = "6" }
  enemy { a = "7" }
  enemy {
    a      = "8"
    hidden = "h"
  }
  keeper "x" { a = "9" }
  keeper "y" { hidden = "h" }
  notes = { n = "secret" }
  foods = ["p", "q"]
}
resource "zoo_animal" "empty" { name = "e" }
resource "zoo_animal" "old" {
  name = "o"
  old  = "x"
}
output "a" { value = zoo_animal.a.friend[*].a }
output "k" { value = { for k, v in zoo_animal.a.keeper : k => v.a } }
output "group" { value = zoo_animal.empty.group }
output "home" { value = zoo_animal.empty.home }`),
    },
    {
      ...all,
      config: zoo(`
locals { later = zoo_animal.empty.sound }
resource "zoo_animal" "a" {
  name = "a"
  home { hidden = "i" }
  friend { a = "6" }
  friend {
    a = "3"
    toy { a = local.later }
  }
  dynamic "friend" {
    for_each = toset([for x in [local.later] : "z"])
    content { a = friend.value }
  }
  enemy { a = "8" }
  enemy { a = local.later }
  keeper "y" { hidden = "j" }
  keeper "z" { a = local.later }
  notes = { n = "other", m = "more" }
  foods = ["q", local.later]
}
resource "zoo_animal" "empty" { name = "changed" }
resource "zoo_animal" "old" { name = "o" }`),
    },
    {
      ...all,
      config: zoo(
        'resource "zoo_animal" "a" {\n  name = "a"\n  cage = "new"\n}\nresource "zoo_animal" "empty" {\n name = "changed"\n group {}\n home {}\n friend {}\n}',
      ),
    },
    { ...all, args: ['-destroy'] },
  ],
  'zoo: ephemeral values and write-only arguments': [
    {
      ...all,
      config: zoo(`
variable "pass" {
  type      = string
  ephemeral = true
  default   = "p"
}
variable "version_of" { default = 1 }
provider "zoo" { token = ephemeral.zoo_key.k.token }
provider "zoo" { alias = "plain" }
ephemeral "zoo_key" "k" {
  provider = zoo.plain
  of       = "me"
}
ephemeral "zoo_key" "later" {
  provider = zoo.plain
  of       = zoo_animal.first.id
}
resource "zoo_animal" "first" { name = "f" }
ephemeral "zoo_key" "each" {
  provider = zoo.plain
  for_each = toset(["x", "y"])
  of       = each.key
}
resource "zoo_animal" "a" {
  provider         = zoo.plain
  name             = "a"
  password         = ephemeral.zoo_key.each["x"].token
  password_version = var.version_of
}
resource "zoo_animal" "b" {
  name             = "b"
  password         = "\${ephemeral.zoo_key.later.token}\${var.pass}"
  password_version = var.version_of
}
output "seen" { value = zoo_animal.b.password == null }
output "null" { value = ephemeralasnull(var.pass) }`),
    },
    { ...all, args: ['-var=version_of=2'] },
    {
      ...all,
      config: zoo(
        'ephemeral "zoo_key" "k" { of = "nobody" }\nresource "zoo_animal" "a" {\n name = "a"\n password = ephemeral.zoo_key.k.token\n}',
      ),
    },
    {
      ...all,
      config: zoo(
        'ephemeral "zoo_key" "k" { of = "me" }\nresource "zoo_animal" "a" { name = ephemeral.zoo_key.k.token }\noutput "x" { value = ephemeral.zoo_key.k.token }',
      ),
    },
    { ...all, config: zoo('resource "zoo_animal" "a" { name = "a" }') },
  ],
  'zoo: a warning about what is there': [
    { ...all, config: zoo('resource "zoo_animal" "read" {\n  name = "r"\n  fail = "read warning"\n}') },
    { ...all, apply: false },
  ],
  'zoo: warnings and errors of the provider': [
    {
      ...all,
      config: zoo(`
resource "zoo_animal" "plan" {
  name = "p"
  fail = "plan warning"
}
resource "zoo_animal" "apply" {
  for_each = toset(["x", "y"])
  name     = each.key
  fail     = "apply warning"
}
resource "zoo_animal" "stays" {
  name = "s"
  fail = "delete"
}`),
    },
    { ...all, apply: false },
    {
      ...all,
      config: zoo(
        'resource "zoo_animal" "stays" {\n  name = "s"\n  fail = "delete"\n}\nresource "zoo_animal" "good" { name = "g" }\nresource "zoo_animal" "bad" {\n name = "b"\n fail = "apply"\n}\nresource "zoo_animal" "after" { name = zoo_animal.bad.sound }',
      ),
    },
    {
      ...all,
      config: zoo(
        'resource "zoo_animal" "bad" {\n name = "b"\n fail = "plan"\n}\nresource "zoo_animal" "after" { name = zoo_animal.bad.sound }',
      ),
    },
    { ...all, config: zoo('resource "zoo_animal" "bad" {\n name = "b"\n fail = "validate"\n}') },
    { ...all, config: zoo('provider "zoo" { region = "nowhere" }\nresource "zoo_animal" "bad" { name = "b" }') },
    {
      ...all,
      config: zoo(
        'resource "zoo_animal" "bad" {\n}\nresource "zoo_animal" "more" {\n name = "m"\n friend {}\n friend {}\n friend {}\n friend {}\n size = "x"\n nothing = 1\n}',
      ),
    },
  ],
  'zoo: functions, data sources and provider_meta': [
    {
      ...all,
      config: zoo(`
terraform {
  provider_meta "zoo" { team = "t" }
}
variable "v" { default = "a" }
locals { loud = provider::zoo::loud(var.v) }
data "zoo_list" "l" { like = local.loud }
data "zoo_list" "later" { like = zoo_animal.a.sound }
resource "zoo_animal" "a" {
  name  = local.loud
  foods = data.zoo_list.l.names
  notes = { s = data.zoo_list.l.secret }
}
resource "zoo_animal" "b" {
  name  = provider::zoo::all("x", null, zoo_animal.a.name)
  foods = data.zoo_list.later.names
}
output "all" { value = provider::zoo::all() }
output "later" { value = provider::zoo::loud(zoo_animal.a.sound) }
output "names" { value = data.zoo_list.later.names }
output "secret" {
  value     = data.zoo_list.l.secret
  sensitive = true
}`),
    },
    { ...all, args: ['-var=v=b'] },
    { args: ['-var=v='] },
    { ...all, config: zoo('output "x" { value = provider::zoo::loud() }') },
    { ...all, config: zoo('output "x" { value = provider::zoo::nothing("x") }') },
    { ...all, config: zoo('output "x" { value = provider::zoo::loud(null) }') },
    { ...all, config: zoo('data "zoo_list" "l" {}\noutput "x" { value = data.zoo_list.l.secret }') },
  ],
  'zoo: moves across types, imports, gone objects': [
    {
      ...all,
      config: zoo(
        'resource "zoo_animal" "a" {\n  name = "a"\n  cage = "c"\n}\nresource "zoo_animal" "b" {\n  count = 2\n  name = "b${count.index}"\n}\nresource "zoo_pet" "p" { name = "p" }',
      ),
    },
    {
      ...all,
      config: zoo(
        'resource "zoo_pet" "a" {\n  name = "a"\n  cage = "c"\n}\nresource "zoo_pet" "b" {\n  for_each = toset(["x"])\n  name = "bx"\n}\nresource "zoo_pet" "p" { name = "p" }\nmoved {\n  from = zoo_animal.a\n  to   = zoo_pet.a\n}\nmoved {\n  from = zoo_animal.b[0]\n  to   = zoo_pet.b["x"]\n}',
      ),
    },
    {
      ...all,
      config: zoo(
        'resource "zoo_animal" "i" {\n  name = "i"\n  size = 3\n}\nimport {\n  to = zoo_animal.i\n  id = "i"\n}\nresource "zoo_animal" "gone" {\n name = "g"\n cage = "escaped"\n}',
      ),
    },
    { ...all, apply: false },
    { ...all, args: ['-refresh-only'] },
    {
      ...all,
      config: zoo('import {\n  to = zoo_pet.made\n  id = "pet"\n}'),
      args: ['-generate-config-out=made.tf'],
    },
    { ...all, args: ['-destroy'] },
  ],
}

const chosen = Object.entries({ ...cases, ...zooCases }).filter(([name]) => name.includes(process.env.LANDFORM_CASE ?? ''))

beforeAll(ensureBuilt, 120_000)

describe.skipIf(terraform === undefined)('objects of providers, the same as terraform', () => {
  test.each(chosen)('%s', { timeout: 900_000 }, (_, steps) => {
    const peers = new ServedPeers()
    try {
      expect(steps.flatMap((step, i) => peers.step(step).map((d) => `step ${i + 1}, ${d}`))).toEqual([])
    } finally {
      peers.remove()
    }
  })
})

/** A configuration of about `n` resources, as files. All use terraform_data, which every Terraform has. */
export type Workload = (n: number) => Readonly<Record<string, string>>

const lines = (count: number, line: (i: number) => string): string => Array.from({ length: count }, (_, i) => line(i)).join('\n')

/** Independent blocks with literal input. */
export const blocks: Workload = (n) => ({
  'main.tf': lines(
    n,
    (i) => `resource "terraform_data" "r${i}" {
  input = {
    name = "n-${i}"
    tags = { env = "stage", idx = "${i}" }
  }
}
`,
  ),
})

/** One block with `n` instances. */
export const count: Workload = (n) => ({
  'main.tf': `resource "terraform_data" "r" {
  count = ${n}
  input = {
    name = "n-\${count.index}"
    tags = { env = "stage", idx = "\${count.index}" }
  }
}
`,
})

/** Each resource refers to the one before: as deep as it is long. */
export const chain: Workload = (n) => ({
  'main.tf': lines(n, (i) => `resource "terraform_data" "r${i}" {\n  input = ${i === 0 ? '"x"' : `terraform_data.r${i - 1}.id`}\n}\n`),
})

/** Layers of twenty; each resource refers to all of the layer before: many more references than resources. */
export const layers: Workload = (n) => {
  const width = 20
  return {
    'main.tf': lines(n, (i) => {
      const before = (Math.floor(i / width) - 1) * width
      const input = before < 0 ? '["x"]' : `[${Array.from({ length: width }, (_, k) => `terraform_data.r${before + k}.id`).join(', ')}]`
      return `resource "terraform_data" "r${i}" {\n  input = ${input}\n}\n`
    }),
  }
}

/** The i-th instance of one resource refers to the i-th of another. */
export const pair: Workload = (n) => ({
  'main.tf': `resource "terraform_data" "a" {
  count = ${n / 2}
  input = count.index
}

resource "terraform_data" "b" {
  count = length(terraform_data.a)
  input = terraform_data.a[count.index].input
}
`,
})

/** Modules with for_each, each with ten resources in a row, and each module but every tenth after another. */
export const modules: Workload = (n) => {
  const chains = Math.ceil(n / 100)
  const step = (k: number): string => `module "step${k}" {
  source   = "./service"
  for_each = toset([for i in range(${chains}) : "chain-\${i}"])
  name     = each.key
  after    = ${k === 0 ? '""' : `module.step${k - 1}[each.key].last`}
}
`
  return {
    'main.tf': lines(10, step),
    'service/main.tf': `variable "name" { type = string }
variable "after" { type = string }
locals { prefix = "\${var.name}-\${substr(var.after, 0, 3)}" }
${lines(10, (i) => `resource "terraform_data" "s${i}" {\n  input = { prefix = local.prefix, after = ${i === 0 ? 'var.after' : `terraform_data.s${i - 1}.id`} }\n}\n`)}
output "last" { value = terraform_data.s9.id }
`,
  }
}

/** Objects that have other names in the state than in the configuration, with a statement for each. */
export const moved: Workload = (n) => ({
  'main.tf': lines(
    n,
    (i) => `resource "terraform_data" "r${i}" {
  input = "x"
}

moved {
  from = terraform_data.before${i}
  to   = terraform_data.r${i}
}
`,
  ),
  'terraform.tfstate': JSON.stringify({
    version: 4,
    terraform_version: '1.11.4',
    serial: 1,
    lineage: '5e1d0d5e-7c11-44f2-8a3c-0d7c5b2f9a10',
    outputs: {},
    resources: Array.from({ length: n }, (_, i) => ({
      mode: 'managed',
      type: 'terraform_data',
      name: `before${i}`,
      provider: 'provider["terraform.io/builtin/terraform"]',
      instances: [
        {
          schema_version: 0,
          attributes: {
            id: `id-${i}`,
            input: { value: 'x', type: 'string' },
            output: { value: 'x', type: 'string' },
            triggers_replace: null,
          },
          sensitive_attributes: [],
        },
      ],
    })),
    check_results: null,
  }),
})

/** Objects that are there already, with a statement for each. */
export const imported: Workload = (n) => ({
  'main.tf': lines(
    n,
    (i) => `resource "terraform_data" "r${i}" {
  input = "x"
}

import {
  to = terraform_data.r${i}
  id = "id-${i}"
}
`,
  ),
})

/** Local values with lists, templates, conditions and arithmetic: about `n` megabytes of them. */
export const hcl: Workload = (n) => {
  const parts: string[] = []
  for (let i = 0, length = 0; length < n * 1e6; i++) {
    const part = `locals {
  svc_${i} = {
    name     = "service-${i}"
    env      = "stage"
    replicas = ${i % 7}
    memory   = 512 * ${(i % 5) + 1}
    tier     = ${i % 6} > 3 ? "gold" : "silver"
    zones    = ["a", "b", "c"]
    ports    = [80, 443, ${8000 + (i % 1000)}]
    url      = "https://svc-\${${i}}.example.com/\${upper("path")}"
    owner    = "team"
  }
}
`
    parts.push(part)
    length += part.length
  }
  return { 'main.tf': parts.join('') }
}

/** Three functions called for each pair of two ranges of `n`. */
export const fn: Workload = (n) => {
  const each = (expr: string): string => `[for i in range(${n}) : [for j in range(${n}) : ${expr}]]`
  return {
    'main.tf': `locals {
  a = ${each('sha256("${i}-${j}")')}
  b = ${each('merge({ a = i, b = j }, { c = format("%05d", i + j) })')}
  c = ${each(`cidrsubnet("10.0.0.0/8", 16, (i * ${n} + j) % 65536)`)}
}

output "n" {
  value = length(flatten(local.a)) + length(flatten(local.b)) + length(flatten(local.c))
}
`,
  }
}

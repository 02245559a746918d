/** Configurations of terraform_data only, with a second value for `var.s` that changes much. */
export const fixtures: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  values: {
    'main.tf': `
variable "s" { default = 1 }
variable "secret" {
  default   = "hush"
  sensitive = true
}
locals { one = tostring(var.s) == "1" }
resource "terraform_data" "a" {
  input = {
    nothing = null
    id      = "same"
    x       = local.one ? "one" : "two"
    gone    = local.one ? "g" : null
    "od d"  = 1
    list    = local.one ? ["a", "b", "c", "d", "e"] : ["a", "b", "X", "d", "e"]
    objects = jsondecode(local.one ? "[{\\"a\\":1,\\"b\\":2},{\\"a\\":9}]" : "[{\\"a\\":3,\\"b\\":2},{\\"a\\":9}]")
    lines   = local.one ? "l1\\nl2\\nl3\\n" : "l1\\nl2x\\nl3\\n"
    json    = jsonencode({ a = 1, b = local.one ? [1, 2] : [2, 3, null] })
    kind    = jsondecode(local.one ? "\\"str\\"" : "[1,2]")
    spaces  = local.one ? "{\\"a\\":1}" : "{\\"a\\": 1}"
    big     = 12345678901234567890123
    small   = 1.5e-9
    empty   = { list = [], object = {} }
    secret  = var.secret
    quoted  = "tab\\t \\"quoted\\" $\${x} é \\\\"
  }
}
resource "terraform_data" "replaced" {
  triggers_replace = { v = local.one ? 1 : 2, w = "same" }
  input            = "i"
}
resource "terraform_data" "counted" {
  count = local.one ? 2 : 1
  input = toset(["a", "b"])
}
resource "terraform_data" "keyed" {
  for_each = local.one ? toset(["a", "b"]) : toset(["a"])
  input    = jsonencode({ a = each.key, l = [1, {}] })
}
resource "terraform_data" "first" {
  triggers_replace = local.one ? "a" : "b"
  lifecycle { create_before_destroy = true }
}
resource "terraform_data" "dependent" { input = terraform_data.first.id }
output "list" { value = local.one ? tolist(["a", "b", "c", "d", "e"]) : tolist(["a", "c", "e"]) }
output "set" { value = local.one ? toset(["a", "b", "c"]) : toset(["c", "b"]) }
output "map" { value = tomap({ a = local.one ? 1 : 2, b = 2 }) }
output "object" { value = { a = 1, b = "x", l = [1, 2], n = null } }
output "id" { value = terraform_data.first.id }
output "ids" { value = [terraform_data.first.id, "x"] }
output "lines" { value = "a\\nb" }
output "nothing" { value = null }
output "secret" {
  value     = var.s
  sensitive = true
}
`,
  },
  modules: {
    'main.tf': `
variable "s" { default = 1 }
module "a" {
  source = "./mod"
  value  = var.s
}
module "b" {
  source   = "./mod"
  for_each = toset(["x", "y"])
  value    = "\${each.key}\${module.a.result}"
}
resource "terraform_data" "root" { input = module.b["x"].result }
output "all" { value = { for k, m in module.b : k => m.result } }
`,
    'mod/main.tf': `
variable "value" {
  type        = string
  description = "What to keep"
}
module "inner" {
  source = "./inner"
  value  = upper(var.value)
}
output "result" {
  value       = module.inner.id
  description = "An id"
}
`,
    'mod/inner/main.tf': `
variable "value" {}
resource "terraform_data" "kept" {
  count            = 2
  input            = var.value
  triggers_replace = [var.value, count.index]
}
output "id" { value = terraform_data.kept[0].input }
`,
  },
  empty: { 'main.tf': 'variable "s" { default = 1 }\nlocals { x = 1 }\n' },
  outputs: { 'main.tf': 'variable "s" { default = 1 }\noutput "x" { value = var.s }\noutput "longer_name" { value = "same" }\n' },
}

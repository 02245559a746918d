variable "a" { default = "x" }

resource "terraform_data" "x" {
  input = var.a
}

resource "terraform_data" "many" {
  count = 2
  input = count.index
}

module "m" {
  source = "./mod"
  a      = terraform_data.x.output
}

output "m" {
  value = module.m.out
}

output "s" {
  value     = "secret"
  sensitive = true
}

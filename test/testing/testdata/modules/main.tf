variable "name" {}

module "child" {
  source = "./setup"
  z      = var.name
}

output "name" {
  value = module.child.zz
}

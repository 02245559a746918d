variable "a" {}

resource "terraform_data" "y" {
  input = var.a
}

data "terraform_remote_state" "r" {
  backend = "local"
  config  = { path = "nope" }
}

output "out" {
  value = "${terraform_data.y.output}-${data.terraform_remote_state.r.outputs.z}"
}

output "other" {
  value = terraform_data.y.id
}

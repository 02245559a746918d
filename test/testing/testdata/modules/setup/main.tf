variable "z" {}

resource "terraform_data" "setup" {
  input = var.z
}

output "zz" {
  value = "setup-${terraform_data.setup.output}"
}

variable "a" {
  default = "x"
}

resource "terraform_data" "x" {
  input = var.a
}

output "s" {
  value = terraform_data.x.output
}

output "id" {
  value = terraform_data.x.id
}

variable "v" { default = "a" }

resource "terraform_data" "one" {
  input = var.v
}

resource "terraform_data" "two" {
  input = var.v
}

output "one" {
  value = terraform_data.one.id
}

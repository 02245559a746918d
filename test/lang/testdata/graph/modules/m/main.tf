variable "v" {}
resource "terraform_data" "in" { input = var.v }
resource "terraform_data" "in2" { input = terraform_data.in.id }
output "o" { value = terraform_data.in2.id }

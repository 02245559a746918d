variable "input" {
  type = string
  validation {
    condition     = length(var.input) < 10
    error_message = "too long: ${var.input}"
  }
}
resource "terraform_data" "x" {
  input = var.input
}
output "o" { value = terraform_data.x.output }
check "c" {
  assert {
    condition = var.input != "bad"
    error_message = "bad input"
  }
}

variable "a" {
  default = "x"
  validation {
    condition     = var.a != "bad"
    error_message = "bad a"
  }
}

resource "terraform_data" "x" {
  input = var.a
  lifecycle {
    precondition {
      condition     = var.a != "pre"
      error_message = "pre fails"
    }
    postcondition {
      condition     = self.output != "post"
      error_message = "post fails"
    }
  }
}

check "c" {
  assert {
    condition     = terraform_data.x.output != "chk"
    error_message = "chk"
  }
}

output "s" {
  value = terraform_data.x.output
  precondition {
    condition     = terraform_data.x.output != "outp"
    error_message = "output pre"
  }
}

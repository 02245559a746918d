run "all" {
  command = plan
  assert {
    condition     = "notbool${var.a}"
    error_message = "x"
  }
  assert {
    condition     = var.nope == 1
    error_message = "x"
  }
  assert {
    condition     = terraform_data.nope.x
    error_message = "x"
  }
  assert {
    condition     = run.later.x == 1
    error_message = "x"
  }
  assert {
    condition     = run.latest.x == 1
    error_message = "x"
  }
  assert {
    condition     = output.unlike_any == 1
    error_message = "x"
  }
  assert {
    condition     = var.a == null ? null : null
    error_message = "x"
  }
  assert {
    condition     = var.a == "y"
    error_message = var.nope
  }
  assert {
    condition     = var.a == "y"
    error_message = "it is ${var.a}"
  }
}
run "later" {}

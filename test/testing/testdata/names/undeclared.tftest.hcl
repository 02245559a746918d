variables {
  file_level = 1
}
run "undeclared" {
  variables { undeclared = 1 }
  assert {
    condition     = var.file_level == 1 && var.undeclared == 1
    error_message = "x"
  }
}

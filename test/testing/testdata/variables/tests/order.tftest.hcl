variables {
  from_test_file = "test file"
  from_run       = "test file"
  typed          = { a = "2" }
}
run "order" {
  variables {
    from_run = "run"
  }
  assert {
    condition     = join(",", [var.from_file, var.from_tests, var.from_test_file, var.from_run]) == "file,tests,test file,run"
    error_message = join(",", [var.from_file, var.from_tests, var.from_test_file, var.from_run])
  }
  assert {
    condition     = var.typed.a == 2 && var.typed.b == "b"
    error_message = "typed"
  }
}

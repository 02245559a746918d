run "files_of_tests_are_for_tests" {
  assert {
    condition     = var.from_tests == "file" && var.from_cli == "file"
    error_message = var.from_tests
  }
}

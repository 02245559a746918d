run "check_is_unknown" {
  command = plan
  expect_failures = [check.c]
}

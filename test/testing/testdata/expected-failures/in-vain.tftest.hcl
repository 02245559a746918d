run "in_vain" {
  expect_failures = [check.c, output.s]
}
run "never" {}

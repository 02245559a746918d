run "local" {
  expect_failures = [local.foo]
}

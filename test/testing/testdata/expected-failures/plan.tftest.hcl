run "variable" {
  command = plan
  variables { a = "bad" }
  expect_failures = [var.a]
}
run "variable_stops_apply" {
  variables { a = "bad" }
  expect_failures = [var.a]
}

run "check" {
  variables { a = "chk" }
  expect_failures = [check.c]
}
run "output" {
  variables { a = "outp" }
  expect_failures = [output.s]
}
run "postcondition" {
  variables { a = "post" }
  expect_failures = [terraform_data.x]
}
run "precondition_stops_apply" {
  variables { a = "pre" }
  expect_failures = [terraform_data.x]
}
run "never" {}

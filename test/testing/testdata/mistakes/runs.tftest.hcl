run "a" {
  command = destroy
}
run "b" {
  bogus = 1
}
run "d" {
  expect_failures = "x"
}
run "e" {
  assert {
    condition     = true
    error_message = "x"
  }
}
run "f" {
  plan_options {
    mode    = destroy
    refresh = false
    target  = ["x"]
    replace = [terraform_data.x]
  }
}
run "h h" {}
run "i" {
  variables { a = 1 }
  variables { b = 1 }
}

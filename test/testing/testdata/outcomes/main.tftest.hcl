variables {
  input = "abc"
}
run "first" {
  assert {
    condition = terraform_data.x.output == "abc"
    error_message = "wrong"
  }
}
run "fails" {
  command = plan
  variables { input = "zzz" }
  assert {
    condition = terraform_data.x.input == "abc"
    error_message = "wrong: ${terraform_data.x.input}"
  }
  assert {
    condition = run.first.o == "abc"
    error_message = "wrong 2"
  }
}
run "after" {
  variables { input = "bad" }
}
run "validation" {
  variables { input = "bad0000000000000" }
  expect_failures = [var.input]
}
run "skipped" {
  variables { input = "bad0000000000000" }
}
run "skipped2" {
}

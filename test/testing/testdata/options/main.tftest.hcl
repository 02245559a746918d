run "first" {}

run "refresh_only_changes_nothing" {
  plan_options {
    mode = refresh-only
  }
  variables { v = "b" }
  assert {
    condition     = terraform_data.one.input == "a"
    error_message = "changed: ${terraform_data.one.input}"
  }
}

run "target" {
  plan_options {
    target = [terraform_data.two]
  }
  variables { v = "c" }
  assert {
    condition     = terraform_data.two.input == "c"
    error_message = "not changed: ${terraform_data.two.input}"
  }
}

run "replace" {
  variables { v = "c" }
  plan_options {
    replace = [terraform_data.one]
    refresh = false
  }
  assert {
    condition     = output.one != run.first.one
    error_message = "not replaced"
  }
}

run "other_state" {
  state_key = "other"
  assert {
    condition     = output.one != run.replace.one
    error_message = "same state"
  }
}

run "same_again" {
  command = plan
  variables { v = "c" }
  assert {
    condition     = output.one == run.replace.one
    error_message = "another state"
  }
}

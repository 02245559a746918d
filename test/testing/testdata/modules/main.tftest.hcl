run "setup" {
  module { source = "./setup" }
  variables { z = "w" }
  assert {
    condition     = terraform_data.setup.input == "w"
    error_message = "x"
  }
}
run "main" {
  variables { name = run.setup.zz }
  assert {
    condition     = module.child.zz == "setup-setup-w"
    error_message = "x"
  }
}
run "same_state" {
  module { source = "./setup" }
  variables { z = "w" }
  command = plan
  assert {
    condition     = run.setup.zz == output.zz
    error_message = "the state of the module is kept"
  }
}
run "own_state" {
  module { source = "./setup" }
  state_key = "other"
  command   = plan
  variables { z = "w" }
  assert {
    condition     = terraform_data.setup.id == "w"
    error_message = "unknown: nothing is there yet"
  }
}

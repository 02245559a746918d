override_data {
  target = module.m.data.terraform_remote_state.r
  values = { outputs = { z = "zed" } }
}
run "planned" {
  command = plan
  override_resource {
    target          = terraform_data.x
    override_during = plan
    values          = { id = "planned" }
  }
  override_resource {
    target = terraform_data.many[1]
    values = { id = "one" }
  }
  assert {
    condition     = terraform_data.x.id == "planned" && terraform_data.x.input == "x"
    error_message = "not overridden: ${terraform_data.x.id}"
  }
}
run "applied" {
  override_resource {
    target = terraform_data.x
    values = { output = "OUT" }
  }
  override_resource {
    target = terraform_data.many[1]
    values = { id = "one" }
  }
  override_resource {
    target = terraform_data.many
    values = { id = "any" }
  }
  assert {
    condition     = output.m == "OUT-zed" && nonsensitive(output.s) == "secret"
    error_message = "not overridden: ${output.m}"
  }
  assert {
    condition     = terraform_data.many[*].id == ["any", "one"]
    error_message = "ids are ${join(", ", terraform_data.many[*].id)}"
  }
}
run "kept" {
  variables { a = "changed" }
  override_resource {
    target = terraform_data.x
    values = { output = "NEW" }
  }
  assert {
    condition     = output.m == "OUT-zed"
    error_message = "what exists keeps what was computed: ${output.m}"
  }
}

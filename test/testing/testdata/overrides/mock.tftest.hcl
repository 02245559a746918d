mock_provider "terraform" {
  mock_resource "terraform_data" {
    defaults = {
      id     = "mocked"
      output = "mocked output"
    }
  }
  override_data {
    target = module.m.data.terraform_remote_state.r
    values = { outputs = { z = "zed" } }
  }
}
run "planned" {
  command = plan
  assert {
    condition     = terraform_data.x.input == "x"
    error_message = "x"
  }
}
run "applied" {
  assert {
    condition     = terraform_data.x.id == "mocked" && output.m == "mocked output-zed"
    error_message = "not mocked: ${terraform_data.x.id} ${output.m}"
  }
}

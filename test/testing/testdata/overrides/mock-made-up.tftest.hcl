mock_provider "terraform" {}
override_module {
  target  = module.m
  outputs = { out = "out" }
}
run "made_up" {
  assert {
    condition     = length(terraform_data.x.id) == 8 && terraform_data.x.output == null
    error_message = "made up: ${terraform_data.x.id}"
  }
}

run "unknown" {
  command = plan
  assert {
    condition     = terraform_data.x.id == "x"
    error_message = "x"
  }
}

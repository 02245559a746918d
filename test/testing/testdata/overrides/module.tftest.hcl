override_module {
  target  = module.m
  outputs = { out = "overridden" }
}
run "module" {
  assert {
    condition     = output.m == "overridden" && module.m.other == null
    error_message = "not overridden"
  }
}

run "zero" {
  command = plan
}
run "one" {
  assert {
    condition     = run.zero.id == "q"
    error_message = var.a
  }
}

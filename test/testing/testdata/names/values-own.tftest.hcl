run "own" {
  variables {
    a = var.a
  }
}

run "missing" {
  variables { a = var.nope }
}

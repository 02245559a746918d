run "first" {
  variables { a = run.second.s }
}
run "second" {}

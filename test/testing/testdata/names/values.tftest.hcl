run "first" {
  variables { a = run.zero.x }
}

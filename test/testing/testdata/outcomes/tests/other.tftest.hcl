run "noinput" {
  command = plan
}

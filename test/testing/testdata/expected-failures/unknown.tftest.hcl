run "check_is_unknown" {
  command = plan
}

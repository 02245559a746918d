run "impossible" {
  plan_options {
    mode    = refresh-only
    refresh = false
  }
}

variables {
  b = "b"
}
run "ok" {
  variables { a = "${var.b}${upper(var.b)}" }
  assert {
    condition     = output.s == "bB"
    error_message = "x"
  }
}
run "chained" {
  variables { a = "${run.ok.s}!" }
  assert {
    condition     = output.s == "bB!" && run.ok.s == "bB"
    error_message = "x"
  }
}
run "local" {
  variables { a = local.x }
}

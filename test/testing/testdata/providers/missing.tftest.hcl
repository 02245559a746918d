provider "terraform" {}
run "missing" {
  providers = { terraform = terraform.x }
}
run "never" {}

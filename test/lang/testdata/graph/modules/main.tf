variable "a" { default = 1 }
locals { x = var.a }
resource "terraform_data" "one" { input = local.x }
resource "terraform_data" "two" {
  count = 2
  input = terraform_data.one.id
}
data "terraform_remote_state" "r" {
  backend = "local"
  config = { path = terraform_data.one.id }
}
module "m" {
  source = "./m"
  v = terraform_data.two[0].id
  depends_on = [data.terraform_remote_state.r]
}
module "n" {
  source = "./m"
  v = "x"
}
output "o" { value = module.m.o }

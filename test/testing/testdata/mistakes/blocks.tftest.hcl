override_resource {
  target = data.aws_instance.x
}
override_data {
  target = aws_instance.x
  values = {}
}
override_module {
  target = module.x
  values = {}
}
mock_provider "foo" {
  mock_resource "x" {}
  mock_data "y" { values = {} }
  alias = "z"
  bad   = 1
}
variable "x" {}

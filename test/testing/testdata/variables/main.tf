variable "from_env" { default = "" }
variable "from_file" { default = "" }
variable "from_tests" { default = "" }
variable "from_cli" { default = "" }
variable "from_test_file" { default = "" }
variable "from_run" { default = "" }
variable "typed" {
  type    = object({ a = number, b = optional(string, "b") })
  default = { a = 1 }
}

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
variable "r" { default = "eu-west-1" }
provider "aws" {
  region = var.r
}
provider "aws" {
  alias  = "b"
  region = terraform_data.z.output
}
data "aws_ami" "b" { owners = ["self"] }
resource "aws_vpc" "a" { cidr_block = "10.0.0.0/16" }
resource "aws_vpc" "z" {
  provider = aws.b
  cidr_block = aws_vpc.a.cidr_block
}
resource "terraform_data" "z" {}
module "m" {
  source = "./m"
  count = 2
  x = aws_vpc.a.id
}
output "q" { value = module.m[*].o }
check "c" {
  assert {
    condition = aws_vpc.a.id != ""
    error_message = "no"
  }
}

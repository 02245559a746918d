variable "x" {}
variable "unused" { default = 1 }
module "n" {
 source = "./n"
 x = var.x
}
resource "aws_subnet" "s" { 
 vpc_id = var.x 
 cidr_block = "10.0.0.0/24"
}
output "o" { value = "${module.n.o}-${aws_subnet.s.id}" }

variable "x" {}
resource "aws_subnet" "t" { 
 vpc_id = var.x 
 cidr_block = "10.0.1.0/24"
 for_each = toset(["a"])
}
output "o" { value = aws_subnet.t["a"].id }

data "aws_availability_zones" "all" {
  state = "available"
}

resource "aws_vpc" "minimal" {
  cidr_block = "10.1.0.0/16"
}

resource "aws_vpc" "full" {
  cidr_block                           = "10.2.0.0/16"
  instance_tenancy                     = "default"
  enable_dns_support                   = true
  enable_dns_hostnames                 = true
  enable_network_address_usage_metrics = true
  tags                                 = { Name = "full" }
}

resource "aws_subnet" "minimal" {
  vpc_id     = aws_vpc.minimal.id
  cidr_block = "10.1.1.0/24"
}

resource "aws_subnet" "full" {
  vpc_id                  = aws_vpc.full.id
  cidr_block              = "10.2.1.0/24"
  availability_zone       = data.aws_availability_zones.all.names[1]
  map_public_ip_on_launch = true
  tags                    = { Name = "full", Tier = "public" }
}

resource "aws_subnet" "private" {
  vpc_id            = aws_vpc.full.id
  cidr_block        = "10.2.2.0/24"
  availability_zone = "eu-central-1a"
}

resource "aws_internet_gateway" "minimal" {}

resource "aws_internet_gateway" "full" {
  vpc_id = aws_vpc.full.id
  tags   = { Name = "full" }
}

resource "aws_eip" "minimal" {}

resource "aws_eip" "full" {
  domain = "vpc"
  tags   = { Name = "full" }

  depends_on = [aws_internet_gateway.full]
}

resource "aws_nat_gateway" "full" {
  allocation_id = aws_eip.full.id
  subnet_id     = aws_subnet.full.id
  tags          = { Name = "full" }
}

resource "aws_nat_gateway" "private" {
  connectivity_type = "private"
  subnet_id         = aws_subnet.private.id
}

resource "aws_route_table" "minimal" {
  vpc_id = aws_vpc.minimal.id
}

resource "aws_route_table" "full" {
  vpc_id = aws_vpc.full.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.full.id
  }
  route {
    cidr_block     = "192.168.0.0/16"
    nat_gateway_id = aws_nat_gateway.full.id
  }
  tags = { Name = "full" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.full.id
}

resource "aws_route" "nat" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.full.id
}

resource "aws_route" "gateway" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "172.16.0.0/12"
  gateway_id             = aws_internet_gateway.full.id
}

resource "aws_route_table_association" "full" {
  subnet_id      = aws_subnet.full.id
  route_table_id = aws_route_table.full.id
}

resource "aws_route_table_association" "private" {
  subnet_id      = aws_subnet.private.id
  route_table_id = aws_route_table.private.id
}

resource "aws_security_group" "minimal" {}

resource "aws_security_group" "full" {
  name        = "full"
  description = "All there is"
  vpc_id      = aws_vpc.full.id
  ingress {
    description = "HTTPS"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8", "192.168.0.0/16"]
  }
  ingress {
    from_port = 0
    to_port   = 0
    protocol  = "-1"
    self      = true
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
  tags = { Name = "full" }
}

resource "aws_security_group" "rules" {
  name_prefix = "rules-"
  vpc_id      = aws_vpc.full.id
}

resource "aws_vpc_security_group_ingress_rule" "minimal" {
  security_group_id = aws_security_group.rules.id
  ip_protocol       = "-1"
  cidr_ipv4         = "10.0.0.0/8"
}

resource "aws_vpc_security_group_ingress_rule" "full" {
  security_group_id            = aws_security_group.rules.id
  ip_protocol                  = "tcp"
  from_port                    = 22
  to_port                      = 23
  referenced_security_group_id = aws_security_group.full.id
  tags                         = { Name = "full" }
}

resource "aws_vpc_security_group_egress_rule" "full" {
  security_group_id = aws_security_group.rules.id
  description       = "Names"
  ip_protocol       = "udp"
  from_port         = 53
  to_port           = 53
  cidr_ipv4         = "0.0.0.0/0"
}

data "aws_caller_identity" "me" {}

data "aws_region" "here" {}

data "aws_partition" "this" {}

data "aws_availability_zones" "all" {}

data "aws_ami" "minimal" {
  owners      = ["amazon"]
  most_recent = true
  filter {
    name   = "name"
    values = ["amzn2-ami-hvm-*-x86_64-gp2"]
  }
}

resource "aws_vpc" "main" {
  cidr_block = "10.3.0.0/16"
}

resource "aws_subnet" "main" {
  vpc_id            = aws_vpc.main.id
  cidr_block        = "10.3.1.0/24"
  availability_zone = "eu-central-1b"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group" "main" {
  name   = "main"
  vpc_id = aws_vpc.main.id
}

resource "aws_key_pair" "minimal" {
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4Cv2nXtzK4HnsbWVnZkVvfjPNo8h1k1nO6uTmIe2Wq"
}

resource "aws_key_pair" "full" {
  key_name   = "full"
  public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4Cv2nXtzK4HnsbWVnZkVvfjPNo8h1k1nO6uTmIe2Wq someone@example.com"
  tags       = { Name = "full" }
}

resource "aws_instance" "minimal" {
  ami           = data.aws_ami.minimal.id
  instance_type = "t3.micro"
}

resource "aws_instance" "full" {
  ami                                  = data.aws_ami.minimal.id
  instance_type                        = "t3.small"
  subnet_id                            = aws_subnet.main.id
  vpc_security_group_ids               = [aws_security_group.main.id]
  key_name                             = aws_key_pair.full.key_name
  source_dest_check                    = false
  disable_api_termination              = false
  instance_initiated_shutdown_behavior = "stop"
  user_data                            = "#!/bin/sh\necho hello\n"
  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }
  root_block_device {
    volume_type = "gp3"
    volume_size = 16
    encrypted   = true
  }
  tags = { Name = "full" }
}

resource "aws_eip" "instance" {
  domain   = "vpc"
  instance = aws_instance.full.id

  depends_on = [aws_internet_gateway.main]
}

data "aws_ami" "ecs" {
  most_recent = true
  owners      = ["amazon"]
  filter {
    name   = "name"
    values = ["al2023-ami-ecs-hvm-*-x86_64"]
  }
}

resource "aws_vpc" "v" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.v.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "eu-central-1a"
}

resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.v.id
  cidr_block        = "10.0.2.0/24"
  availability_zone = "eu-central-1b"
}

resource "aws_security_group" "g" {
  name   = "g"
  vpc_id = aws_vpc.v.id
}

resource "aws_launch_template" "minimal" {
  image_id      = data.aws_ami.ecs.id
  instance_type = "t3.micro"
}

resource "aws_launch_template" "full" {
  name                                 = "full"
  description                          = "first"
  image_id                             = data.aws_ami.ecs.id
  instance_type                        = "t3.small"
  ebs_optimized                        = true
  disable_api_termination              = true
  instance_initiated_shutdown_behavior = "terminate"
  update_default_version               = true
  user_data                            = base64encode("#!/bin/sh\n")
  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size = 40
      encrypted   = "true"
    }
  }
  block_device_mappings {
    device_name = "/dev/sdf"
    ebs {
      volume_size           = 10
      volume_type           = "gp3"
      iops                  = 3000
      delete_on_termination = "false"
    }
  }
  capacity_reservation_specification {
    capacity_reservation_preference = "open"
  }
  cpu_options {
    core_count       = 1
    threads_per_core = 2
  }
  credit_specification {
    cpu_credits = "standard"
  }
  enclave_options {
    enabled = false
  }
  hibernation_options {
    configured = false
  }
  maintenance_options {
    auto_recovery = "default"
  }
  metadata_options {
    http_tokens   = "required"
    http_endpoint = "enabled"
  }
  monitoring {
    enabled = true
  }
  network_interfaces {
    associate_public_ip_address = "true"
    security_groups             = [aws_security_group.g.id]
    delete_on_termination       = "true"
    description                 = "primary"
  }
  placement {
    tenancy = "default"
  }
  private_dns_name_options {
    hostname_type                     = "ip-name"
    enable_resource_name_dns_a_record = true
  }
  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "full", Team = "own" }
  }
  tags = { Name = "template" }
}

resource "aws_elb" "minimal" {
  subnets = [aws_subnet.a.id]
  listener {
    lb_port           = 80
    lb_protocol       = "tcp"
    instance_port     = 80
    instance_protocol = "tcp"
  }
}

resource "aws_elb" "full" {
  name                        = "full"
  internal                    = true
  subnets                     = [aws_subnet.a.id, aws_subnet.b.id]
  security_groups             = [aws_security_group.g.id]
  cross_zone_load_balancing   = false
  idle_timeout                = 400
  connection_draining         = true
  connection_draining_timeout = 300
  desync_mitigation_mode      = "strictest"
  listener {
    lb_port           = 80
    lb_protocol       = "http"
    instance_port     = 8080
    instance_protocol = "http"
  }
  listener {
    lb_port            = 443
    lb_protocol        = "https"
    instance_port      = 8080
    instance_protocol  = "http"
    ssl_certificate_id = "arn:aws:iam::123456789012:server-certificate/cert"
  }
  health_check {
    target              = "HTTP:8080/"
    interval            = 10
    timeout             = 3
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
  access_logs {
    bucket        = "logs"
    bucket_prefix = "elb"
    interval      = 5
  }
  tags = { Name = "full" }
}

resource "aws_autoscaling_group" "minimal" {
  min_size           = 0
  max_size           = 1
  availability_zones = ["eu-central-1a"]
  launch_template {
    id = aws_launch_template.minimal.id
  }
}

resource "aws_autoscaling_group" "full" {
  name                      = "full"
  min_size                  = 1
  max_size                  = 3
  desired_capacity          = 2
  vpc_zone_identifier       = [aws_subnet.a.id, aws_subnet.b.id]
  load_balancers            = [aws_elb.full.name]
  health_check_type         = "ELB"
  health_check_grace_period = 600
  default_cooldown          = 60
  default_instance_warmup   = 30
  capacity_rebalance        = true
  max_instance_lifetime     = 604800
  termination_policies      = ["OldestInstance", "Default"]
  suspended_processes       = ["AZRebalance"]
  enabled_metrics           = ["GroupMinSize", "GroupInServiceInstances"]
  protect_from_scale_in     = true
  launch_template {
    name    = aws_launch_template.full.name
    version = "$Latest"
  }
  instance_maintenance_policy {
    min_healthy_percentage = 90
    max_healthy_percentage = 120
  }
  instance_refresh {
    strategy = "Rolling"
    preferences {
      min_healthy_percentage = 50
    }
  }
  tag {
    key                 = "Name"
    value               = "full"
    propagate_at_launch = true
  }
  timeouts {
    delete = "15m"
  }
}

resource "aws_autoscaling_group" "mixed" {
  name_prefix         = "mixed-"
  min_size            = 0
  max_size            = 2
  vpc_zone_identifier = [aws_subnet.b.id]
  initial_lifecycle_hook {
    name                 = "bye"
    lifecycle_transition = "autoscaling:EC2_INSTANCE_TERMINATING"
    heartbeat_timeout    = 30
    default_result       = "CONTINUE"
  }
  mixed_instances_policy {
    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.minimal.id
        version            = "$Latest"
      }
      override {
        instance_type     = "t3.small"
        weighted_capacity = "1"
      }
      override {
        instance_type = "t3.medium"
      }
    }
  }
}

resource "aws_ecs_cluster" "minimal" {
  name = "minimal"
}

resource "aws_ecs_cluster" "full" {
  name = "full"
  configuration {
    execute_command_configuration {
      logging = "OVERRIDE"
      log_configuration {
        cloud_watch_encryption_enabled = true
        cloud_watch_log_group_name     = "exec"
      }
    }
  }
  setting {
    name  = "containerInsights"
    value = "enhanced"
  }
  tags = { Name = "full" }
}

resource "aws_ecs_task_definition" "minimal" {
  family                = "minimal"
  container_definitions = "[{\"Name\":\"app\",\"image\":\"app\",\"memory\":128}]"
}

resource "aws_ecs_task_definition" "full" {
  family                   = "full"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = 256
  memory                   = 512
  task_role_arn            = "arn:aws:iam::123456789012:role/task"
  execution_role_arn       = "arn:aws:iam::123456789012:role/execution"
  track_latest             = true
  container_definitions = jsonencode([
    {
      name      = "sidecar"
      image     = "sidecar"
      essential = false
    },
    {
      name         = "app"
      image        = "app"
      portMappings = [{ containerPort = 80 }]
      environment  = [{ name = "B", value = "2" }, { name = "A", value = "1" }]
      secrets      = [{ name = "S", valueFrom = "arn:aws:ssm:eu-central-1:123456789012:parameter/s" }]
      mountPoints  = [{ sourceVolume = "data", containerPath = "/data" }]
      dockerLabels = { Upper = "kept" }
    },
  ])
  ephemeral_storage {
    size_in_gib = 30
  }
  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }
  volume {
    name = "data"
  }
  volume {
    name = "shared"
    efs_volume_configuration {
      file_system_id     = "fs-0123456789abcdef0"
      transit_encryption = "ENABLED"
      authorization_config {
        iam = "ENABLED"
      }
    }
  }
  tags = { Name = "full" }
}

resource "aws_ecs_task_definition" "host" {
  family                = "host"
  pid_mode              = "host"
  container_definitions = jsonencode([{ name = "app", image = "app", memoryReservation = 64, essential = true, cpu = 0 }])
  placement_constraints {
    type       = "memberOf"
    expression = "attribute:ecs.os-type == linux"
  }
  volume {
    name      = "etc"
    host_path = "/etc"
  }
  volume {
    name = "docker"
    docker_volume_configuration {
      scope         = "shared"
      autoprovision = true
      driver        = "local"
    }
  }
}

resource "aws_ecs_service" "minimal" {
  name            = "minimal"
  cluster         = aws_ecs_cluster.minimal.name
  task_definition = "minimal:${aws_ecs_task_definition.minimal.revision}"
}

resource "aws_ecs_service" "fargate" {
  name                   = "fargate"
  cluster                = aws_ecs_cluster.full.id
  task_definition        = aws_ecs_task_definition.full.arn
  desired_count          = 1
  launch_type            = "FARGATE"
  enable_execute_command = true
  wait_for_steady_state  = true
  force_new_deployment   = true
  triggers               = { release = "1" }
  network_configuration {
    subnets         = [aws_subnet.a.id]
    security_groups = [aws_security_group.g.id]
  }
  tags = { Name = "fargate" }
}

resource "aws_ecs_service" "daemon" {
  name                = "daemon"
  cluster             = aws_ecs_cluster.full.arn
  task_definition     = aws_ecs_task_definition.host.arn
  scheduling_strategy = "DAEMON"
  propagate_tags      = "TASK_DEFINITION"
  placement_constraints {
    type       = "memberOf"
    expression = "attribute:ecs.os-type == linux"
  }
}

resource "aws_instance" "i" {
  ami           = data.aws_ami.ecs.id
  instance_type = "t3.micro"
  subnet_id     = aws_subnet.a.id
}

resource "aws_elb_attachment" "a" {
  elb      = aws_elb.minimal.id
  instance = aws_instance.i.id
}

resource "aws_autoscaling_attachment" "a" {
  autoscaling_group_name = aws_autoscaling_group.mixed.id
  elb                    = aws_elb.minimal.id
}

resource "aws_ecs_cluster_capacity_providers" "c" {
  cluster_name       = aws_ecs_cluster.minimal.name
  capacity_providers = ["FARGATE_SPOT", "FARGATE"]
  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 100
  }
}

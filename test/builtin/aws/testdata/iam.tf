data "aws_iam_policy_document" "logs" {
  statement {
    sid       = "Logs"
    actions   = ["logs:PutLogEvents", "logs:CreateLogStream"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_group" "minimal" {
  name = "minimal"
}

resource "aws_iam_group" "full" {
  name = "full"
  path = "/people/"
}

resource "aws_iam_group_policy" "minimal" {
  group  = aws_iam_group.full.name
  policy = data.aws_iam_policy_document.logs.json
}

resource "aws_iam_group_policy" "full" {
  name   = "full"
  group  = aws_iam_group.full.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["iam:Get*"], Resource = "*" }] })
}

resource "aws_iam_user" "minimal" {
  name = "minimal"
}

resource "aws_iam_user" "full" {
  name          = "full"
  path          = "/people/"
  force_destroy = true
  tags          = { Mail = "full@example.org", Team = "web" }
}

resource "aws_iam_user_group_membership" "full" {
  user   = aws_iam_user.full.name
  groups = [aws_iam_group.minimal.name, aws_iam_group.full.name]
}

resource "aws_iam_role" "minimal" {
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "prefixed" {
  name_prefix        = "prefixed-"
  description        = "With a text"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role" "full" {
  name                  = "full"
  path                  = "/service/"
  description           = "Everything set"
  max_session_duration  = 7200
  force_detach_policies = true
  permissions_boundary  = aws_iam_policy.full.arn
  assume_role_policy    = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        { "Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" } }
      ]
    }
  EOT
  tags = { Name = "full" }
}

resource "aws_iam_role_policy" "minimal" {
  role   = aws_iam_role.full.id
  policy = data.aws_iam_policy_document.logs.json
}

resource "aws_iam_role_policy" "full" {
  name_prefix = "prefixed-"
  role        = aws_iam_role.full.name
  policy      = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [{ "Action": ["s3:Get*"], "Effect": "Allow", "Resource": ["*"] }]
    }
  EOT
}

resource "aws_iam_policy" "minimal" {
  policy = data.aws_iam_policy_document.logs.json
}

resource "aws_iam_policy" "full" {
  name        = "full"
  path        = "/service/"
  description = "Everything set"
  policy      = data.aws_iam_policy_document.logs.json
  tags        = { Name = "full" }
}

resource "aws_iam_role_policy_attachment" "full" {
  role       = aws_iam_role.minimal.name
  policy_arn = aws_iam_policy.minimal.arn
}

resource "aws_iam_instance_profile" "minimal" {}

resource "aws_iam_instance_profile" "full" {
  name_prefix = "prefixed-"
  path        = "/service/"
  role        = aws_iam_role.full.name
  tags        = { Name = "full" }
}

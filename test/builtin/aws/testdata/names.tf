resource "aws_route53_zone" "public" {
  name = "names.test"

  tags = {
    Name = "public"
  }
}

resource "aws_route53_record" "address" {
  zone_id = aws_route53_zone.public.zone_id
  name    = "www"
  type    = "A"
  ttl     = 300
  records = ["192.0.2.2", "192.0.2.1"]
}

resource "aws_route53_record" "any" {
  zone_id = aws_route53_zone.public.zone_id
  name    = "*.Names.Test"
  type    = "CNAME"
  ttl     = 60
  records = ["www.names.test"]
}

resource "aws_route53_record" "text" {
  zone_id = aws_route53_zone.public.zone_id
  name    = "names.test"
  type    = "TXT"
  ttl     = 60
  records = ["v=spf1 -all", "one\"\"two"]
}

resource "aws_route53_record" "mail" {
  zone_id = aws_route53_zone.public.zone_id
  name    = ""
  type    = "MX"
  ttl     = 3600
  records = ["10 mx1.names.test.", "20 mx2.names.test."]
}

resource "aws_route53_record" "balancer" {
  zone_id = aws_route53_zone.public.zone_id
  name    = "api"
  type    = "A"

  alias {
    name                   = "Api-123456.eu-central-1.elb.amazonaws.com"
    zone_id                = "Z215JYRZR1TBD5"
    evaluate_target_health = true
  }
}

resource "aws_route53_record" "apex" {
  zone_id = aws_route53_zone.public.zone_id
  name    = "names.test"
  type    = "A"

  alias {
    name                   = aws_route53_record.address.fqdn
    zone_id                = aws_route53_zone.public.zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "blue" {
  zone_id        = aws_route53_zone.public.zone_id
  name           = "db"
  type           = "CNAME"
  ttl            = 30
  set_identifier = "blue"
  records        = ["blue.db.names.test"]

  weighted_routing_policy {
    weight = 90
  }
}

resource "aws_route53_record" "green" {
  zone_id        = aws_route53_zone.public.zone_id
  name           = "db"
  type           = "CNAME"
  ttl            = 30
  set_identifier = "green"
  records        = ["green.db.names.test"]

  weighted_routing_policy {
    weight = 10
  }
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/test/api"
  retention_in_days = 14

  tags = {
    Service = "api"
  }
}

resource "aws_cloudwatch_log_group" "prefixed" {
  name_prefix = "/test/prefixed-"
}

resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "api-cpu"
  alarm_description   = "CPU of the API"
  namespace           = "AWS/ECS"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  alarm_actions       = ["arn:aws:sns:eu-central-1:123456789012:alarms"]

  dimensions = {
    ClusterName = "main"
    ServiceName = "api"
  }

  tags = {
    Service = "api"
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "api-errors"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 0.05
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "rate"
    expression  = "errors / requests"
    label       = "Error rate"
    return_data = true
  }

  metric_query {
    id = "errors"

    metric {
      namespace   = "AWS/ELB"
      metric_name = "HTTPCode_Backend_5XX"
      period      = 300
      stat        = "Sum"

      dimensions = {
        LoadBalancerName = "api"
      }
    }
  }

  metric_query {
    id = "requests"

    metric {
      namespace   = "AWS/ELB"
      metric_name = "RequestCount"
      period      = 300
      stat        = "Sum"
    }
  }
}


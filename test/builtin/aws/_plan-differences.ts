/**
 * Where the two are known to answer differently: the cell as `TYPE ATTRIBUTE OPERATION`, and why it is left. A cell that is named here
 * may differ in any way; one that no longer does is in the table of docs/providers.md as the same.
 */
const known: readonly (readonly [cell: RegExp, why: string])[] = [
  // What hashicorp/aws refuses before planning and the data files have no rule for: AWS refuses it when it is applied.
  [
    /^aws_autoscaling_group (initial_lifecycle_hook|instance_maintenance_policy|instance_refresh|traffic_source|tag|load_balancers|target_group_arns|warm_pool|capacity_reservation_specification)\b/,
    'values and combinations inside blocks are checked by AWS, not while planning',
  ],
  [
    /^aws_cloudwatch_metric_alarm (metric_query|statistic)\b/,
    'what a metric_query may combine is checked by AWS; its elements are paired by position here',
  ],
  [/^aws_ecs_cluster setting\b/, 'names of settings are checked by AWS'],
  [
    /^aws_eip (address|network_border_group|customer_owned_ipv4_pool|public_ipv4_pool|instance|network_interface|ipam_pool_id|domain|vpc)\b/,
    'combinations are checked by AWS',
  ],
  [/^aws_route_table route\b/, 'networks inside routes are checked by AWS'],
  [/^aws_s3_bucket_versioning versioning_configuration\b/, 'values of mfa_delete are checked by S3'],
  [
    /^aws_subnet (availability_zone|availability_zone_id|ipv6_cidr_block)\b/,
    'combinations are checked by AWS; an association is new with each network here',
  ],
  [
    /^aws_vpc (ipv4_netmask_length|ipv6_\w+|assign_generated_ipv6_cidr_block)\b/,
    'combinations are checked by AWS; what follows from a new network is unknown here',
  ],
  // What the old SDK does with blocks in sets and with parts of blocks, beyond the rules that the kit has.
  [
    /^aws_ecs_task_definition (volume|proxy_configuration|enable_fault_injection|placement_constraints|runtime_platform|ephemeral_storage|inference_accelerator)\b/,
    'blocks in sets are made anew by the old SDK when a part of one changes, with zeros where nothing is set; values inside are checked by AWS',
  ],
  [
    /^aws_elb (listener|health_check|access_logs|subnets|availability_zones)\b/,
    'listeners are a set: paired by position here; values inside are checked by AWS',
  ],
  [/^aws_iam_role inline_policy\b/, 'a policy whose name changes is another one here, and both at once to the old SDK'],
  [
    /^aws_instance (cpu_options|credit_specification|ebs_block_device|enclave_options|ephemeral_block_device|launch_template|network_interface|private_dns_name_options|root_block_device)\b/,
    'parts of blocks that are not set, where the object has values of its own: null here, zero or kept with the old SDK',
  ],
  [
    /^aws_instance (hibernation|ipv6_addresses|security_groups|source_dest_check|user_data|user_data_replace_on_change)\b/,
    'attributes that AWS fills in: what was never stored is compared as absent here, and as the zero of its type by the old SDK',
  ],
  [
    /^aws_autoscaling_group (name|launch_template|mixed_instances_policy|availability_zone_distribution)\b/,
    'ids that follow from a name are not known before apply here; the old SDK writes the text "unknown", or zeros',
  ],
  [/^aws_ecs_(service|cluster|cluster_capacity_providers) /, 'parts of blocks that are not set: null here, zero with the old SDK'],
  [
    /^aws_s3_bucket object_lock_enabled\b/,
    'false for a bucket that has never been stored with a value: only a state of another program could have that',
  ],
  // What follows from a change in place.
  [
    /^aws_iam_(user|group) (name|path)\b/,
    'id and ARN of what is renamed are not known before apply here; hashicorp/aws plans the old ones and stores the new',
  ],
  [/^aws_route53_record (set_identifier|type)\b/, 'the id follows from both; hashicorp/aws plans the old one, which it then replaces'],
  [/^aws_route53_zone vpc\b/, 'the region of an association is taken from configuration here'],
  [
    /^aws_nat_gateway (connectivity_type|secondary_allocation_ids|secondary_private_ip_\w+)\b/,
    'combinations are checked by AWS when applying',
  ],
  [
    /^aws_vpc_security_group_(ingress|egress)_rule (cidr_ipv4|cidr_ipv6|prefix_list_id|referenced_security_group_id)\b/,
    'of two sources at once, which validation refuses, hashicorp/aws looks at the first',
  ],
]

/** The reason; undefined for a difference that nobody has looked at. */
export function knownDifference(typeName: string, cell: string): string | undefined {
  return known.find(([where]) => where.test(`${typeName} ${cell}`))?.[1]
}

export const knownReasons: readonly string[] = known.map(([, why]) => why)

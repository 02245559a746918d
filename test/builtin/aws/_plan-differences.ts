/**
 * Where the two are known to answer differently: the cell as `TYPE ATTRIBUTE OPERATION`, and why it is left. A cell that is named here
 * may differ in any way; one that no longer does is in the table of docs/providers.md as the same.
 */
const known: readonly (readonly [cell: RegExp, why: string])[] = [
  // What is refused earlier here: AWS, or hashicorp/aws when it applies, refuses it too.
  [/^aws_elb listener\b/, 'a certificate of a listener that does not encrypt is refused here when planning, there when applying'],
  [
    /^aws_route_table route\b/,
    'an object of "route" without networks is refused by hashicorp/aws, which reads what is not written as an empty text',
  ],
  // What follows from a change in place. With the old values whatever depends on them would be planned wrongly.
  [
    /^aws_iam_(user|group) (name|path)\b/,
    'id and ARN of what is renamed are not known before apply here; hashicorp/aws plans the old ones and stores the new',
  ],
  [/^aws_route53_record (set_identifier|type)\b/, 'the id follows from both; hashicorp/aws plans the old one, which it then replaces'],
  [/^aws_vpc assign_generated_ipv6_cidr_block\b/, 'what follows from a new network is unknown here, all of it'],
  // What the old SDK makes of some blocks, beyond the rules that the kit has.
  [
    /^aws_autoscaling_group mixed_instances_policy\.launch_template\.override\b/,
    'a text that is taken out of an override is null here, empty there',
  ],
  [
    /^aws_launch_template (disable_api_stop|enclave_options\.enabled|hibernation_options\.configured) set/,
    'false in place of what was never stored is no other template here, another version there',
  ],
  [/^aws_ecs_service alarms unset/, 'alarms that are taken out are no block here, one of nulls there'],
  [/^aws_ecs_task_definition volume\.docker_volume_configuration\.driver\b/, 'a driver alone makes no other volume there'],
  [/^aws_iam_role inline_policy\b/, 'a policy whose name changes is another one here, and both at once to the old SDK'],
  [
    /^aws_instance (credit_specification\.cpu_credits|ebs_block_device|ephemeral_block_device|network_interface|private_dns_name_options)\b/,
    'parts of blocks that are taken out while the object has values of its own: null here, zero or kept there',
  ],
  [/^aws_instance launch_template unset/, 'the block cannot be set here, so no state has it'],
  [
    /^aws_instance user_data(_replace_on_change)? (unset|change)/,
    'of a digest that is stored and not configured hashicorp/aws takes the digest again, and plans a change each time',
  ],
  [
    /^aws_vpc_security_group_egress_rule (cidr_ipv6|prefix_list_id|referenced_security_group_id)\b/,
    'of two sources at once, which validation refuses, hashicorp/aws looks at the first',
  ],
]

/** The reason; undefined for a difference that nobody has looked at. */
export function knownDifference(typeName: string, cell: string): string | undefined {
  return known.find(([where]) => where.test(`${typeName} ${cell}`))?.[1]
}

export const knownReasons: readonly string[] = known.map(([, why]) => why)

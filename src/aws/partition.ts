/** A group of regions with its own accounts, ARNs and domain. */
export interface Partition {
  readonly id: string
  readonly dnsSuffix: string
  readonly name: string
  readonly reverseDnsPrefix: string
}

const partitions: readonly (Partition & { readonly regions: RegExp })[] = [
  { id: 'aws-cn', dnsSuffix: 'amazonaws.com.cn', name: 'AWS China', reverseDnsPrefix: 'cn.com.amazonaws', regions: /^cn-\w+-\d+$/ },
  {
    id: 'aws-us-gov',
    dnsSuffix: 'amazonaws.com',
    name: 'AWS GovCloud (US)',
    reverseDnsPrefix: 'com.amazonaws',
    regions: /^us-gov-\w+-\d+$/,
  },
  { id: 'aws-iso', dnsSuffix: 'c2s.ic.gov', name: 'AWS ISO (US)', reverseDnsPrefix: 'gov.ic.c2s', regions: /^us-iso-\w+-\d+$/ },
  { id: 'aws-iso-b', dnsSuffix: 'sc2s.sgov.gov', name: 'AWS ISOB (US)', reverseDnsPrefix: 'gov.sgov.sc2s', regions: /^us-isob-\w+-\d+$/ },
  {
    id: 'aws-iso-e',
    dnsSuffix: 'cloud.adc-e.uk',
    name: 'AWS ISOE (Europe)',
    reverseDnsPrefix: 'uk.adc-e.cloud',
    regions: /^eu-isoe-\w+-\d+$/,
  },
  { id: 'aws-iso-f', dnsSuffix: 'csp.hci.ic.gov', name: 'AWS ISOF', reverseDnsPrefix: 'gov.ic.hci.csp', regions: /^us-isof-\w+-\d+$/ },
  { id: 'aws-eusc', dnsSuffix: 'amazonaws.eu', name: 'AWS EUSC', reverseDnsPrefix: 'eu.amazonaws', regions: /^eusc-\w+-\w+-\d+$/ },
]

const standard: Partition = { id: 'aws', dnsSuffix: 'amazonaws.com', name: 'AWS Standard', reverseDnsPrefix: 'com.amazonaws' }

/** The partition of a region, judged by its name; the standard one for names of no known form. */
export function partitionOf(region: string): Partition {
  return partitions.find((p) => p.regions.test(region)) ?? standard
}

/** Whether a name has the form of a region at all. */
export function isRegionName(name: string): boolean {
  return /^(af|ap|ca|eu|il|me|mx|sa|us)-[a-z]+-\d+$/.test(name) || partitions.some((p) => p.regions.test(name))
}

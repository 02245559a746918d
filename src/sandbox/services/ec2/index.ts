import { ec2Refusals } from '../../kernel/refusals.ts'
import type { Service } from '../../kernel/service.ts'
import { ec2Query, sdkModel } from '../../protocols/index.ts'
import { addressOperations } from './address.ts'
import { gatewayEvents, gatewayOperations } from './gateway.ts'
import { imageOperations } from './image.ts'
import { instanceEvents, instanceOperations } from './instance.ts'
import { instanceTypeOperations } from './instance-type.ts'
import { keyPairOperations } from './key-pair.ts'
import { launchTemplateOperations } from './launch-template.ts'
import { networkAclOperations } from './network-acl.ts'
import { networkInterfaceOperations } from './network-interface.ts'
import { placeOperations } from './places.ts'
import { routeTableOperations } from './route-table.ts'
import { securityGroupOperations } from './security-group.ts'
import { subnetEvents, subnetOperations } from './subnet.ts'
import { tagOperations } from './tags.ts'
import { volumeEvents, volumeOperations } from './volume.ts'
import { furnish, vpcEvents, vpcOperations } from './vpc.ts'

export const ec2: Service = {
  name: 'ec2',
  protocol: ec2Query,
  facts: { version: '2016-11-15', xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/' },
  model: async () => sdkModel(await import('@aws-sdk/client-ec2')),
  operations: {
    ...addressOperations,
    ...gatewayOperations,
    ...imageOperations,
    ...instanceOperations,
    ...instanceTypeOperations,
    ...keyPairOperations,
    ...launchTemplateOperations,
    ...networkAclOperations,
    ...networkInterfaceOperations,
    ...placeOperations,
    ...routeTableOperations,
    ...securityGroupOperations,
    ...subnetOperations,
    ...tagOperations,
    ...volumeOperations,
    ...vpcOperations,
  },
  prepare: furnish,
  events: { ...gatewayEvents, ...instanceEvents, ...subnetEvents, ...volumeEvents, ...vpcEvents },
  refusals: ec2Refusals,
}

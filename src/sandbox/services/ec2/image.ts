import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { type ImageRow, publicImages } from './_image-catalogue.ts'
import { type Kind, rowsOf, select, tagsOf } from './_kind.ts'

export const imageKind: Kind<ImageRow> = {
  type: 'image',
  prefix: 'ami',
  notFound: (ids) =>
    new AwsError(
      'InvalidAMIID.NotFound',
      `The image id${ids.length === 1 ? '' : 's'} '[${ids.join(', ')}]' do${ids.length === 1 ? 'es' : ''} not exist`,
    ),
  filters: {
    architecture: (image) => image.architecture,
    'block-device-mapping.device-name': (image) => image.rootDevice,
    'block-device-mapping.snapshot-id': (image) => image.snapshotId,
    'block-device-mapping.volume-size': (image) => image.rootSize,
    'block-device-mapping.volume-type': (image) => image.rootType,
    'block-device-mapping.encrypted': () => false,
    'block-device-mapping.delete-on-termination': () => true,
    'creation-date': (image) => image.created,
    description: (image) => image.description,
    'ena-support': () => true,
    hypervisor: () => 'xen',
    'image-id': (image) => image.id,
    'image-type': () => 'machine',
    'is-public': (image) => image.isPublic,
    name: (image) => image.name,
    'owner-alias': (image) => image.ownerAlias,
    'owner-id': (image) => image.owner,
    platform: (image) => image.platform,
    'root-device-name': (image) => image.rootDevice,
    'root-device-type': () => 'ebs',
    state: () => 'available',
    'virtualization-type': () => 'hvm',
  },
}

export const imageOperations = {
  DescribeImages(input: Ec2.DescribeImagesRequest, call: Call): Ec2.DescribeImagesResult {
    for (const id of input.ImageIds ?? [])
      if (!/^ami-[0-9a-f]{8,17}$/.test(id)) throw new AwsError('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`)
    const owners = input.Owners ?? []
    const owned = (image: ImageRow) =>
      owners.length === 0 ||
      owners.some((owner) => (owner === 'self' ? image.owner === call.account : owner === image.owner || owner === image.ownerAlias))
    const candidates = [...publicImages(call.region).values(), ...rowsOf(imageKind, call).values()].filter(owned)
    const { rows, NextToken } = select(
      imageKind,
      call,
      { ids: input.ImageIds, filters: input.Filters, token: input.NextToken, size: input.MaxResults },
      candidates,
    )
    return { Images: rows.map((row) => describeImage(row, call)), NextToken }
  },
}

/** @throws AwsError when the caller can see no such image */
export function findImage(call: Call, id: string | undefined): ImageRow {
  if (id === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter ImageId')
  if (!/^ami-[0-9a-f]{8,17}$/.test(id)) throw new AwsError('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`)
  const image = publicImages(call.region).get(id) ?? rowsOf(imageKind, call).get(id)
  if (image === undefined) throw imageKind.notFound([id])
  return image
}

function describeImage(image: ImageRow, call: Call): Ec2.Image {
  return {
    ImageId: image.id,
    Name: image.name,
    Description: image.description,
    ImageLocation: `${image.ownerAlias ?? image.owner}/${image.name}`,
    ImageType: 'machine',
    OwnerId: image.owner,
    ImageOwnerAlias: image.ownerAlias,
    Architecture: image.architecture,
    Public: image.isPublic,
    State: 'available',
    CreationDate: image.created,
    DeprecationTime: `${Number(image.created.slice(0, 4)) + 2}${image.created.slice(4)}`,
    Hypervisor: 'xen',
    VirtualizationType: 'hvm',
    EnaSupport: true,
    SriovNetSupport: 'simple',
    RootDeviceName: image.rootDevice,
    RootDeviceType: 'ebs',
    // EC2 says "windows" in lower case here, which is no value of the type.
    Platform: image.platform as Ec2.PlatformValues | undefined,
    PlatformDetails: image.platformDetails,
    UsageOperation: image.platform === 'windows' ? 'RunInstances:0002' : 'RunInstances',
    BootMode: image.bootMode,
    ImdsSupport: image.imdsV2 ? 'v2.0' : undefined,
    ProductCodes: [],
    BlockDeviceMappings: [
      {
        DeviceName: image.rootDevice,
        Ebs: {
          DeleteOnTermination: true,
          Encrypted: false,
          SnapshotId: image.snapshotId,
          VolumeSize: image.rootSize,
          VolumeType: image.rootType,
          ...(image.rootType === 'gp3' ? { Iops: 3000, Throughput: 125 } : {}),
        },
      },
    ],
    Tags: [...tagsOf(call, image.id)],
  }
}

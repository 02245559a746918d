import { type ImageRow, publicImages } from '../ec2/_image-catalogue.ts'
import type { ParameterRow } from './_rows.ts'

type Architecture = ImageRow['architecture']

/** Families of images whose newest release has a public parameter, by the beginning of the images' names. */
const families: readonly {
  readonly path: (architecture: Architecture) => string
  readonly image: (architecture: Architecture) => RegExp
}[] = [
  latest('al2023-ami-kernel-default', /^al2023-ami-2023\./),
  latest('al2023-ami-kernel-6.1', /^al2023-ami-2023\./),
  latest('al2023-ami-minimal-kernel-default', /^al2023-ami-minimal-2023\./),
  latest('al2023-ami-minimal-kernel-6.1', /^al2023-ami-minimal-2023\./),
  latest('amzn2-ami-hvm', /^amzn2-ami-hvm-2\.0\./, '-gp2'),
  latest('amzn2-ami-kernel-5.10-hvm', /^amzn2-ami-kernel-5\.10-hvm-/, '-gp2'),
  {
    path: (architecture) => `/aws/service/canonical/ubuntu/server/22.04/stable/current/${debianName(architecture)}/hvm/ebs-gp2/ami-id`,
    image: ofName(/ubuntu-jammy-22\.04/),
  },
  {
    path: (architecture) => `/aws/service/canonical/ubuntu/server/24.04/stable/current/${debianName(architecture)}/hvm/ebs-gp3/ami-id`,
    image: ofName(/ubuntu-noble-24\.04/),
  },
  { path: (architecture) => `/aws/service/debian/release/12/latest/${debianName(architecture)}`, image: ofName(/^debian-12-/) },
]

function latest(name: string, start: RegExp, end = ''): (typeof families)[number] {
  return { path: (architecture) => `/aws/service/ami-amazon-linux-latest/${name}-${architecture}${end}`, image: () => start }
}

function ofName(pattern: RegExp): () => RegExp {
  return () => pattern
}

function debianName(architecture: Architecture): string {
  return architecture === 'x86_64' ? 'amd64' : 'arm64'
}

/** The images that ECS recommends, each with its path under `/aws/service/ecs/optimized-ami/`. */
const ecsFamilies = [
  { path: 'amazon-linux-2', architecture: 'x86_64', image: /^amzn2-ami-ecs-hvm-/, os: 'Amazon Linux 2' },
  { path: 'amazon-linux-2/arm64', architecture: 'arm64', image: /^amzn2-ami-ecs-hvm-/, os: 'Amazon Linux 2' },
  { path: 'amazon-linux-2023', architecture: 'x86_64', image: /^al2023-ami-ecs-hvm-/, os: 'Amazon Linux 2023' },
  { path: 'amazon-linux-2023/arm64', architecture: 'arm64', image: /^al2023-ami-ecs-hvm-/, os: 'Amazon Linux 2023' },
] as const

const ECS_AGENT = '1.99.1'
const DOCKER = 'Docker version 25.0.13'

const byRegion = new Map<string, ReadonlyMap<string, ParameterRow>>()

/** The parameters that AWS publishes in a region, by name: all of them name images that the sandbox has there. */
export function publicParameters(region: string): ReadonlyMap<string, ParameterRow> {
  let parameters = byRegion.get(region)
  if (parameters === undefined) {
    const images = [...publicImages(region).values()]
    const rows: ParameterRow[] = []
    for (const architecture of ['x86_64', 'arm64'] as const)
      for (const family of families) {
        const image = newest(images, architecture, family.image(architecture))
        if (image !== undefined) rows.push(publicParameter(family.path(architecture), image.id, image, 'aws:ec2:image'))
      }
    for (const family of ecsFamilies) {
      const image = newest(images, family.architecture, family.image)
      if (image !== undefined) rows.push(...ecsParameters(`/aws/service/ecs/optimized-ami/${family.path}`, image, family.os))
    }
    parameters = new Map(rows.map((row) => [row.id, row]))
    byRegion.set(region, parameters)
  }
  return parameters
}

function newest(images: readonly ImageRow[], architecture: Architecture, name: RegExp): ImageRow | undefined {
  return images
    .filter((image) => image.architecture === architecture && name.test(image.name))
    .sort((a, b) => (a.created < b.created ? 1 : -1))[0]
}

function publicParameter(id: string, value: string, image: ImageRow, dataType = 'text'): ParameterRow {
  return {
    id,
    type: 'String',
    value,
    version: 1,
    modified: new Date(image.created),
    modifiedBy: '',
    tier: 'Standard',
    dataType,
    tags: {},
    policies: [],
    history: [],
  }
}

/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/retrieve-ecs-optimized_AMI.html */
function ecsParameters(path: string, image: ImageRow, os: string): ParameterRow[] {
  const facts = {
    ecs_agent_version: ECS_AGENT,
    ecs_runtime_version: DOCKER,
    image_id: image.id,
    image_name: image.name,
    image_version: /(\d{8})/.exec(image.name)?.[1] ?? '',
    os,
    schema_version: '1',
    source_image_name: image.name.replace('-ecs', ''),
  }
  return [
    publicParameter(`${path}/recommended`, JSON.stringify(facts), image),
    ...Object.entries(facts).map(([name, value]) =>
      publicParameter(`${path}/recommended/${name}`, value, image, name === 'image_id' ? 'aws:ec2:image' : 'text'),
    ),
  ]
}

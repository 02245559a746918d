import { createHash } from 'node:crypto'
import type { Row } from '../../kernel/store.ts'

export interface ImageRow extends Row {
  readonly name: string
  readonly description: string
  readonly owner: string
  readonly ownerAlias?: string
  readonly architecture: 'x86_64' | 'arm64'
  readonly rootDevice: string
  readonly rootSize: number
  readonly rootType: 'gp2' | 'gp3'
  readonly snapshotId: string
  readonly created: string
  readonly platform?: 'windows'
  readonly platformDetails: string
  readonly bootMode?: 'uefi-preferred' | 'uefi'
  readonly imdsV2: boolean
  readonly isPublic: boolean
}

const AMAZON = '137112412989'
const AMAZON_ECS = '591542846629'
const CANONICAL = '099720109477'
const DEBIAN = '136693071363'
const MICROSOFT = '801119661308'

type Entry = Omit<ImageRow, 'id' | 'snapshotId' | 'created' | 'isPublic'>

const arm = { x86_64: 'amd64', arm64: 'arm64' } as const

function releases(architecture: 'x86_64' | 'arm64', date: string): Entry[] {
  const debian = arm[architecture]
  const linux = { architecture, platformDetails: 'Linux/UNIX' }
  const amazon = { ...linux, owner: AMAZON, ownerAlias: 'amazon', rootDevice: '/dev/xvda' }
  const ubuntu = { ...linux, owner: CANONICAL, rootDevice: '/dev/sda1', rootSize: 8, imdsV2: false }
  const uefi = { bootMode: architecture === 'arm64' ? 'uefi' : 'uefi-preferred' } as const
  return [
    {
      ...amazon,
      ...uefi,
      name: `al2023-ami-2023.9.${date}.1-kernel-6.1-${architecture}`,
      description: `Amazon Linux 2023 AMI 2023.9.${date}.1 ${architecture} HVM kernel-6.1`,
      rootSize: 8,
      rootType: 'gp3',
      imdsV2: true,
    },
    {
      ...amazon,
      ...uefi,
      name: `al2023-ami-minimal-2023.9.${date}.1-kernel-6.1-${architecture}`,
      description: `Amazon Linux 2023 AMI 2023.9.${date}.1 ${architecture} Minimal HVM kernel-6.1`,
      rootSize: 2,
      rootType: 'gp3',
      imdsV2: true,
    },
    {
      ...amazon,
      name: `amzn2-ami-hvm-2.0.${date}.1-${architecture}-gp2`,
      description: `Amazon Linux 2 AMI 2.0.${date}.1 ${architecture} HVM gp2`,
      rootSize: 8,
      rootType: 'gp2',
      imdsV2: false,
    },
    {
      ...amazon,
      name: `amzn2-ami-kernel-5.10-hvm-2.0.${date}.1-${architecture}-gp2`,
      description: `Amazon Linux 2 Kernel 5.10 AMI 2.0.${date}.1 ${architecture} HVM gp2`,
      rootSize: 8,
      rootType: 'gp2',
      imdsV2: false,
    },
    {
      ...amazon,
      ...uefi,
      owner: AMAZON_ECS,
      name: `al2023-ami-ecs-hvm-2023.0.${date}-kernel-6.1-${architecture}`,
      description: `Amazon Linux AMI 2023.0.${date} ${architecture} ECS HVM EBS`,
      rootSize: 30,
      rootType: 'gp3',
      imdsV2: true,
    },
    {
      ...amazon,
      owner: AMAZON_ECS,
      name: `amzn2-ami-ecs-hvm-2.0.${date}-${architecture}-ebs`,
      description: `Amazon Linux AMI 2.0.${date} ${architecture} ECS HVM GP2`,
      rootSize: 30,
      rootType: 'gp2',
      imdsV2: false,
    },
    {
      ...ubuntu,
      name: `ubuntu/images/hvm-ssd/ubuntu-focal-20.04-${debian}-server-${date}`,
      description: `Canonical, Ubuntu, 20.04 LTS, ${debian} focal image build on ${dashed(date)}`,
      rootType: 'gp2',
    },
    {
      ...ubuntu,
      ...uefi,
      name: `ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-${debian}-server-${date}`,
      description: `Canonical, Ubuntu, 22.04, ${debian} jammy image`,
      rootType: 'gp2',
    },
    {
      ...ubuntu,
      ...uefi,
      name: `ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${debian}-server-${date}`,
      description: `Canonical, Ubuntu, 24.04, ${debian} noble image`,
      rootType: 'gp3',
    },
    {
      ...linux,
      owner: DEBIAN,
      rootDevice: '/dev/xvda',
      rootSize: 8,
      imdsV2: false,
      name: `debian-12-${debian}-${date}-2294`,
      description: `Debian 12 (${date}-2294)`,
      rootType: 'gp3',
    },
  ]
}

function dashed(date: string): string {
  return `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`
}

function windows(date: string): Entry {
  return {
    name: `Windows_Server-2022-English-Full-Base-${dashed(date).replaceAll('-', '.')}`,
    description: 'Microsoft Windows Server 2022 Full Locale English AMI provided by Amazon',
    owner: MICROSOFT,
    ownerAlias: 'amazon',
    architecture: 'x86_64',
    rootDevice: '/dev/sda1',
    rootSize: 30,
    rootType: 'gp2',
    platform: 'windows',
    platformDetails: 'Windows',
    imdsV2: false,
  }
}

/** Two releases of each image, so that "the most recent" means something. */
const dates = ['20250915', '20251110']
const entries = dates.flatMap((date) =>
  [...releases('x86_64', date), ...releases('arm64', date), windows(date)].map((entry) => ({
    entry,
    created: `${dashed(date)}T12:00:00.000Z`,
  })),
)

const byRegion = new Map<string, ReadonlyMap<string, ImageRow>>()

/** The public images of a region by id. Ids are the same in every sandbox, as public images are in every account. */
export function publicImages(region: string): ReadonlyMap<string, ImageRow> {
  let images = byRegion.get(region)
  if (images === undefined) {
    const rows = entries.map(({ entry, created }): ImageRow => {
      const digest = createHash('sha256').update(`${region} ${entry.owner} ${entry.name}`).digest('hex')
      return { ...entry, id: `ami-0${digest.slice(0, 16)}`, snapshotId: `snap-0${digest.slice(16, 32)}`, created, isPublic: true }
    })
    images = new Map(rows.map((row) => [row.id, row]))
    byRegion.set(region, images)
  }
  return images
}

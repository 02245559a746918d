import { isAwsError, type OutputOf } from '../../../aws/index.ts'
import { blocks, bool, defineResource, number, type Plain, setting, string, stringMap, strings } from '../resource.ts'
import {
  normalizeContainerDefinitions,
  orderContainerDefinitions,
  parseContainerDefinitions,
  sameContainerDefinitions,
} from './container-definitions.ts'
import { ecsTags } from './tags.ts'

type Answer = OutputOf<'ecs', 'DescribeTaskDefinition'>
type Definition = NonNullable<Answer['taskDefinition']>
type Remote = Definition & { readonly tags: Answer['tags']; readonly arnWithoutRevision: string }
type Volume = NonNullable<Definition['volumes']>[number]

const computed = { create: false } as const

const volumeFields = {
  configure_at_launch: bool('configuredAtLaunch'),
  host_path: string('host.sourcePath'),
  name: string('name'),
  docker_volume_configuration: blocks('dockerVolumeConfiguration', {
    autoprovision: bool('autoprovision', { default: false }),
    driver: string('driver'),
    driver_opts: stringMap('driverOpts'),
    labels: stringMap('labels'),
    scope: string('scope'),
  }),
  efs_volume_configuration: blocks('efsVolumeConfiguration', {
    file_system_id: string('fileSystemId'),
    root_directory: string('rootDirectory', { default: '/' }),
    transit_encryption: string('transitEncryption'),
    transit_encryption_port: number('transitEncryptionPort', { default: 0, expand: (v) => v || undefined }),
    authorization_config: blocks('authorizationConfig', { access_point_id: string('accessPointId'), iam: string('iam') }),
  }),
  fsx_windows_file_server_volume_configuration: blocks('fsxWindowsFileServerVolumeConfiguration', {
    file_system_id: string('fileSystemId'),
    root_directory: string('rootDirectory'),
    authorization_config: blocks('authorizationConfig', {
      credentials_parameter: string('credentialsParameter'),
      domain: string('domain'),
    }),
  }),
}

const fields = {
  arn: string('taskDefinitionArn', computed),
  arn_without_revision: string('arnWithoutRevision', computed),
  container_definitions: string('containerDefinitions', {
    normalize: normalizeContainerDefinitions,
    expand: (text) => parseContainerDefinitions(text),
    flatten: (containers: readonly object[]) => JSON.stringify(orderContainerDefinitions(containers as never)),
  }),
  cpu: string('cpu'),
  enable_fault_injection: bool('enableFaultInjection', { expand: (v) => v || undefined }),
  execution_role_arn: string('executionRoleArn'),
  family: string('family'),
  ipc_mode: string('ipcMode'),
  memory: string('memory'),
  network_mode: string('networkMode'),
  pid_mode: string('pidMode'),
  requires_compatibilities: strings('requiresCompatibilities'),
  revision: number('revision', computed),
  skip_destroy: bool(undefined, setting),
  task_role_arn: string('taskRoleArn'),
  track_latest: bool(undefined, setting),
  ephemeral_storage: blocks('ephemeralStorage', { size_in_gib: number('sizeInGiB') }),
  inference_accelerator: blocks('inferenceAccelerators[]', { device_name: string('deviceName'), device_type: string('deviceType') }),
  placement_constraints: blocks('placementConstraints[]', { expression: string('expression'), type: string('type') }),
  proxy_configuration: blocks('proxyConfiguration', {
    container_name: string('containerName'),
    properties: stringMap('properties', {
      expand: (properties) => Object.entries(properties).map(([name, value]) => ({ name, value })),
      flatten: (list: readonly { name?: string; value?: string }[]) =>
        Object.fromEntries(list.map((one) => [one.name ?? '', one.value ?? ''])),
    }),
    type: string('type', { default: 'APPMESH' }),
  }),
  runtime_platform: blocks('runtimePlatform', {
    cpu_architecture: string('cpuArchitecture'),
    operating_system_family: string('operatingSystemFamily'),
  }),
  volume: blocks('volumes[]', volumeFields),
}

/** The revision that a create has made: its id says the family only. */
const made = new WeakMap<object, string>()

/** Every change is a new revision; an old one is deregistered. */
export const taskDefinition = defineResource({
  type: 'aws_ecs_task_definition',
  title: 'ECS Task Definition',
  rules: 'sdk',
  traits: [ecsTags((_id, prior) => String(prior.arn))],
  fields,

  async create(op, request, planned) {
    const { taskDefinition: answer } = await op.api.call('ecs', 'RegisterTaskDefinition', request as never)
    made.set(op, answer!.taskDefinitionArn!)
    return planned.family!
  },

  async find(op, id, state): Promise<Remote | undefined> {
    const known = made.get(op) ?? state.arn
    const name = state.track_latest === true || !known ? id : known
    try {
      const { taskDefinition: found, tags } = await op.api.call('ecs', 'DescribeTaskDefinition', {
        taskDefinition: name,
        include: ['TAGS'],
      })
      if (found === undefined || found.status !== 'ACTIVE') return undefined
      const volumes = found.volumes?.map(shownVolume)
      return { ...found, volumes, tags, arnWithoutRevision: found.taskDefinitionArn!.replace(/:\d+$/, '') }
    } catch (error) {
      if (isAwsError(error, 'ClientException')) return undefined
      throw error
    }
  },

  async delete({ api }, _id, state) {
    if (state.skip_destroy || !state.arn) return
    await api.call('ecs', 'DeregisterTaskDefinition', { taskDefinition: state.arn }).catch((error: unknown) => {
      if (!isAwsError(error, 'ClientException')) throw error
    })
  },

  plan({ planned, prior }) {
    const before = prior?.container_definitions
    const after: Plain = planned.container_definitions ?? null
    if (
      typeof before === 'string' &&
      typeof after === 'string' &&
      sameContainerDefinitions(before, after, planned.network_mode === 'awsvpc')
    )
      planned.container_definitions = before
  },

  validate(config) {
    const text = config.container_definitions
    if (typeof text !== 'string' || text === '' || parseContainerDefinitions(text) !== undefined) return []
    return [
      {
        summary: 'Invalid container definitions',
        detail: 'ECS Task Definition container_definitions is invalid: it is not a JSON array of objects.',
      },
    ]
  },

  importId(arn) {
    const family = /^arn:[^:]+:ecs:[^:]*:\d*:task-definition\/([^:/]+):\d+$/.exec(arn)?.[1]
    return family === undefined ? undefined : { id: family, arn }
  },
})

/** An empty host is none. */
function shownVolume(volume: Volume): Volume {
  const { host, ...rest } = volume
  return host?.sourcePath === undefined ? rest : volume
}

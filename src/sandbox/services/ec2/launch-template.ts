import type * as Ec2 from '@aws-sdk/client-ec2'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import type { Row } from '../../kernel/store.ts'
import { create, destroy, type Kind, rowsOf, select, specifiedTags, tagsOf } from './_kind.ts'

export interface LaunchTemplateVersionRow {
  readonly number: number
  readonly description?: string
  readonly created: Date
  readonly createdBy: string
  readonly data: Ec2.RequestLaunchTemplateData
}

export interface LaunchTemplateRow extends Row {
  readonly name: string
  readonly created: Date
  readonly createdBy: string
  readonly defaultVersion: number
  /** The highest number ever given: numbers are not used again. */
  readonly latestVersion: number
  readonly versions: readonly LaunchTemplateVersionRow[]
}

export const launchTemplateKind: Kind<LaunchTemplateRow> = {
  type: 'launch-template',
  prefix: 'lt',
  notFound: (ids) =>
    new AwsError(
      'InvalidLaunchTemplateId.NotFound',
      ids.length === 1
        ? `The specified launch template, with template ID ${ids[0]}, does not exist.`
        : `The specified launch templates, with template IDs ${ids.join(', ')}, do not exist.`,
    ),
  filters: {
    'create-time': (template) => template.created.toISOString(),
    'launch-template-id': (template) => template.id,
    'launch-template-name': (template) => template.name,
  },
}

interface TemplateName {
  readonly LaunchTemplateId?: string
  readonly LaunchTemplateName?: string
}

export const launchTemplateOperations = {
  CreateLaunchTemplate(input: Ec2.CreateLaunchTemplateRequest, call: Call): Ec2.CreateLaunchTemplateResult {
    const name = input.LaunchTemplateName!
    if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name))
      throw new AwsError(
        'InvalidLaunchTemplateName.MalformedException',
        'A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _.',
      )
    if ([...rowsOf(launchTemplateKind, call).values()].some((row) => row.name === name))
      throw new AwsError('InvalidLaunchTemplateName.AlreadyExistsException', 'Launch template name already in use.')
    const tags = specifiedTags(input.TagSpecifications, 'launch-template')
    const row = create(
      launchTemplateKind,
      call,
      {
        id: call.newId('lt'),
        name,
        created: call.now,
        createdBy: call.identity.arn,
        defaultVersion: 1,
        latestVersion: 1,
        versions: [versionOf(call, 1, input.VersionDescription, checkData(input.LaunchTemplateData!))],
      },
      tags,
    )
    return { LaunchTemplate: describe(row, call) }
  },

  CreateLaunchTemplateVersion(input: Ec2.CreateLaunchTemplateVersionRequest, call: Call): Ec2.CreateLaunchTemplateVersionResult {
    const row = findLaunchTemplate(call, input)
    const source = input.SourceVersion === undefined ? {} : findVersion(row, input.SourceVersion).data
    const data = { ...source, ...checkData(input.LaunchTemplateData!) }
    const number = row.latestVersion + 1
    const version = versionOf(call, number, input.VersionDescription, data)
    const changed = rowsOf(launchTemplateKind, call).patch(row.id, { latestVersion: number, versions: [...row.versions, version] })
    return { LaunchTemplateVersion: describeVersion(changed, version) }
  },

  ModifyLaunchTemplate(input: Ec2.ModifyLaunchTemplateRequest, call: Call): Ec2.ModifyLaunchTemplateResult {
    const row = findLaunchTemplate(call, input)
    if (input.DefaultVersion === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter DefaultVersion')
    const { number } = findVersion(row, input.DefaultVersion)
    return { LaunchTemplate: describe(rowsOf(launchTemplateKind, call).patch(row.id, { defaultVersion: number }), call) }
  },

  DescribeLaunchTemplates(input: Ec2.DescribeLaunchTemplatesRequest, call: Call): Ec2.DescribeLaunchTemplatesResult {
    for (const id of input.LaunchTemplateIds ?? []) checkId(id)
    const named = (input.LaunchTemplateNames ?? []).map((LaunchTemplateName) => findLaunchTemplate(call, { LaunchTemplateName }).id)
    const ids = [...(input.LaunchTemplateIds ?? []), ...named]
    const { rows, NextToken } = select(launchTemplateKind, call, {
      ids,
      filters: input.Filters,
      token: input.NextToken,
      size: ids.length > 0 ? undefined : (input.MaxResults ?? 200),
    })
    return { LaunchTemplates: rows.map((row) => describe(row, call)), NextToken }
  },

  /** Of one template its versions, by number; of all templates their default or latest ones. */
  DescribeLaunchTemplateVersions(input: Ec2.DescribeLaunchTemplateVersionsRequest, call: Call): Ec2.DescribeLaunchTemplateVersionsResult {
    const versions = input.Versions ?? []
    const isOne = input.LaunchTemplateId !== undefined || input.LaunchTemplateName !== undefined
    if (!isOne && (versions.length === 0 || versions.some((version) => version !== '$Latest' && version !== '$Default')))
      throw new AwsError('MissingParameter', 'Either the launch template ID or the launch template name must be specified.')
    const found = isOne
      ? versionsOf(findLaunchTemplate(call, input), input)
      : [...rowsOf(launchTemplateKind, call).values()].flatMap((row) => versionsOf(row, input))
    const page = pageOf(call, found, input.NextToken, input.MaxResults ?? 200)
    return { LaunchTemplateVersions: [...page.items], NextToken: page.nextToken }
  },

  DeleteLaunchTemplate(input: Ec2.DeleteLaunchTemplateRequest, call: Call): Ec2.DeleteLaunchTemplateResult {
    const row = findLaunchTemplate(call, input)
    const LaunchTemplate = describe(row, call)
    destroy(launchTemplateKind, call, row.id)
    return { LaunchTemplate }
  },

  DeleteLaunchTemplateVersions(input: Ec2.DeleteLaunchTemplateVersionsRequest, call: Call): Ec2.DeleteLaunchTemplateVersionsResult {
    const row = findLaunchTemplate(call, input)
    const names = { LaunchTemplateId: row.id, LaunchTemplateName: row.name }
    const gone = new Set<number>()
    const failed: Ec2.DeleteLaunchTemplateVersionsResponseErrorItem[] = []
    for (const text of input.Versions ?? []) {
      const number = Number(text)
      if (number === row.defaultVersion) {
        const Message = `The launch template version ${number} is the default version and cannot be deleted.`
        failed.push({ ...names, VersionNumber: number, ResponseError: { Code: 'unexpectedError', Message } })
      } else if (row.versions.some((version) => version.number === number)) gone.add(number)
      else {
        const Message = `The specified launch template version ${text} does not exist.`
        failed.push({ ...names, VersionNumber: number, ResponseError: { Code: 'launchTemplateVersionDoesNotExist', Message } })
      }
    }
    rowsOf(launchTemplateKind, call).patch(row.id, { versions: row.versions.filter((version) => !gone.has(version.number)) })
    return {
      SuccessfullyDeletedLaunchTemplateVersions: [...gone].map((VersionNumber) => ({ ...names, VersionNumber })),
      UnsuccessfullyDeletedLaunchTemplateVersions: failed,
    }
  },
}

function checkId(id: string): void {
  if (!/^lt-[0-9a-f]{8,17}$/.test(id)) throw new AwsError('InvalidLaunchTemplateId.Malformed', `Invalid id: "${id}" (expecting "lt-...")`)
}

/** @throws AwsError when there is none of this id or name, or both or neither are given */
export function findLaunchTemplate(call: Call, { LaunchTemplateId: id, LaunchTemplateName: name }: TemplateName): LaunchTemplateRow {
  if (id !== undefined && name !== undefined)
    throw new AwsError('InvalidParameterCombination', 'Only one of launchTemplateId or launchTemplateName may be specified.')
  const table = rowsOf(launchTemplateKind, call)
  if (id !== undefined) {
    checkId(id)
    const row = table.get(id)
    if (row === undefined) throw launchTemplateKind.notFound([id])
    return row
  }
  if (name === undefined)
    throw new AwsError('MissingParameter', 'Either the launch template ID or the launch template name must be specified.')
  const row = [...table.values()].find((template) => template.name === name)
  if (row === undefined)
    throw new AwsError(
      'InvalidLaunchTemplateName.NotFoundException',
      'At least one of the launch templates specified in the request does not exist.',
    )
  return row
}

/** The version of a number, `$Latest` or `$Default`; the default one when nothing is given. */
export function findVersion(row: LaunchTemplateRow, text = '$Default'): LaunchTemplateVersionRow {
  const highest = Math.max(...row.versions.map((version) => version.number))
  const number = text === '' || text === '$Default' ? row.defaultVersion : text === '$Latest' ? highest : Number(text)
  if (!Number.isInteger(number)) throw new AwsError('InvalidLaunchTemplateId.VersionNotFound', `Invalid launch template version: '${text}'`)
  const version = row.versions.find((candidate) => candidate.number === number)
  if (version === undefined)
    throw new AwsError(
      'InvalidLaunchTemplateId.VersionNotFound',
      `Could not find the specified version ${text} for the launch template with ID ${row.id}.`,
    )
  return version
}

/**
 * A request to launch as its template completes it: what the request says goes before, lists and blocks as a whole; tags of
 * both are given, tag by tag. The template stays in it by its id and the number of the version.
 *
 * @throws AwsError when the template is not there
 */
export function completeRequest(call: Call, request: Ec2.RunInstancesRequest): Ec2.RunInstancesRequest {
  const { LaunchTemplate: reference, ...own } = request
  if (reference === undefined) return request
  const template = findLaunchTemplate(call, reference)
  const { data, number } = findVersion(template, reference.Version)
  const { TagSpecifications: tagSpecifications, InstanceRequirements: _, ...rest } = data
  const given = Object.fromEntries(
    Object.entries(own).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  )
  // Groups and subnet of a template with interfaces stand in the interfaces, and those of the request replace them.
  return {
    ...(rest as Partial<Ec2.RunInstancesRequest>),
    ...(given as unknown as Ec2.RunInstancesRequest),
    TagSpecifications: mergeTags(tagSpecifications, own.TagSpecifications),
    LaunchTemplate: { LaunchTemplateId: template.id, Version: String(number) },
  }
}

function mergeTags(
  below: readonly Ec2.LaunchTemplateTagSpecificationRequest[] | undefined,
  above: readonly Ec2.TagSpecification[] | undefined,
): Ec2.TagSpecification[] {
  const types = new Map<string, Map<string, Ec2.Tag>>()
  for (const { ResourceType = '', Tags } of [...(below ?? []), ...(above ?? [])]) {
    const tags = types.get(ResourceType) ?? new Map<string, Ec2.Tag>()
    for (const tag of Tags ?? []) tags.set(tag.Key ?? '', tag)
    types.set(ResourceType, tags)
  }
  return [...types].map(([type, tags]) => ({ ResourceType: type as Ec2.ResourceType, Tags: [...tags.values()] }))
}

function checkData(data: Ec2.RequestLaunchTemplateData): Ec2.RequestLaunchTemplateData {
  if ((data.NetworkInterfaces ?? []).length > 0 && ((data.SecurityGroupIds ?? []).length > 0 || (data.SecurityGroups ?? []).length > 0))
    throw new AwsError(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level security groups may not be specified on the same request',
    )
  if (data.InstanceType !== undefined && data.InstanceRequirements !== undefined)
    throw new AwsError('InvalidParameterCombination', 'InstanceType and InstanceRequirements may not both be specified')
  return data
}

function versionOf(
  call: Call,
  number: number,
  description: string | undefined,
  data: Ec2.RequestLaunchTemplateData,
): LaunchTemplateVersionRow {
  return { number, created: call.now, createdBy: call.identity.arn, data, ...(description === undefined ? {} : { description }) }
}

function versionsOf(row: LaunchTemplateRow, input: Ec2.DescribeLaunchTemplateVersionsRequest): Ec2.LaunchTemplateVersion[] {
  const least = input.MinVersion === undefined ? 1 : Number(input.MinVersion)
  const most = input.MaxVersion === undefined ? Number.POSITIVE_INFINITY : Number(input.MaxVersion)
  const versions =
    input.Versions !== undefined && input.Versions.length > 0
      ? input.Versions.map((version) => findVersion(row, version))
      : row.versions.filter(({ number }) => number >= least && number <= most).reverse()
  return versions.map((version) => describeVersion(row, version))
}

function describe(row: LaunchTemplateRow, call: Call): Ec2.LaunchTemplate {
  return {
    LaunchTemplateId: row.id,
    LaunchTemplateName: row.name,
    CreateTime: row.created,
    CreatedBy: row.createdBy,
    DefaultVersionNumber: row.defaultVersion,
    LatestVersionNumber: row.latestVersion,
    Tags: [...tagsOf(call, row.id)],
  }
}

function describeVersion(row: LaunchTemplateRow, version: LaunchTemplateVersionRow): Ec2.LaunchTemplateVersion {
  return {
    LaunchTemplateId: row.id,
    LaunchTemplateName: row.name,
    VersionNumber: version.number,
    VersionDescription: version.description,
    CreateTime: version.created,
    CreatedBy: version.createdBy,
    DefaultVersion: version.number === row.defaultVersion,
    LaunchTemplateData: version.data as Ec2.ResponseLaunchTemplateData,
  }
}

import type * as Ssm from '@aws-sdk/client-ssm'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import { publicImages } from '../ec2/_image-catalogue.ts'
import { publicParameters } from './_public-parameters.ts'
import { notFound, type ParameterRow, type ParameterVersion, parameters, validation } from './_rows.ts'

const MAX_VERSIONS = 100
const MAX_STANDARD_BYTES = 4096
const MAX_ADVANCED_BYTES = 8192
const MAX_DEPTH = 15

export const parameterOperations = {
  PutParameter(input: Ssm.PutParameterRequest, call: Call): Ssm.PutParameterResult {
    const name = checkName(input.Name!)
    const existing = parameters(call).get(name)
    if (existing !== undefined && input.Overwrite !== true)
      throw new AwsError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      )
    if (existing === undefined && input.Type === undefined) throw validation('A parameter type is required when you create a parameter.')
    if (input.Overwrite === true && (input.Tags ?? []).length > 0)
      throw validation(
        "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
      )
    const row = newVersion(call, name, input, existing)
    parameters(call).put(row)
    return { Version: row.version, Tier: row.tier }
  },

  GetParameter(input: Ssm.GetParameterRequest, call: Call): Ssm.GetParameterResult {
    const found = tryParameter(call, input.Name!)
    if (found === undefined) throw notFound()
    return { Parameter: describeValue(call, found, input.WithDecryption === true) }
  },

  GetParameters(input: Ssm.GetParametersRequest, call: Call): Ssm.GetParametersResult {
    const names = input.Names ?? []
    if (names.length > 10) throw tooLong('names', names, 10)
    const invalid: string[] = []
    const found: Ssm.Parameter[] = []
    for (const name of new Set(names)) {
      const parameter = tryOrNone(call, name)
      if (parameter === undefined) invalid.push(name)
      else found.push(describeValue(call, parameter, input.WithDecryption === true))
    }
    return { Parameters: found, InvalidParameters: invalid }
  },

  GetParametersByPath(input: Ssm.GetParametersByPathRequest, call: Call): Ssm.GetParametersByPathResult {
    const path = input.Path!
    if (!path.startsWith('/'))
      throw validation(
        `The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward slash "/". It can't be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.`,
      )
    if (input.MaxResults !== undefined && (input.MaxResults < 1 || input.MaxResults > 10))
      throw validation(
        `1 validation error detected: Value '${input.MaxResults}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 10`,
      )
    const prefix = path.endsWith('/') ? path : `${path}/`
    const from = path.startsWith('/aws/service') ? publicParameters(call.region).values() : parameters(call).values()
    const filters = (input.ParameterFilters ?? []).map(filterOf)
    const found = [...from]
      .filter((row) => row.id.startsWith(prefix) && (input.Recursive === true || !row.id.slice(prefix.length).includes('/')))
      .filter((row) => filters.every((fits) => fits(row)))
      .sort(byName)
    const page = pageOf(call, found, input.NextToken, input.MaxResults ?? 10, 'InvalidNextToken')
    return {
      Parameters: page.items.map((row) => describeValue(call, { name: row.id, version: row }, input.WithDecryption === true)),
      NextToken: page.nextToken,
    }
  },

  DescribeParameters(input: Ssm.DescribeParametersRequest, call: Call): Ssm.DescribeParametersResult {
    const old = (input.Filters ?? []).map(({ Key, Values }) => ({ Key, Option: Key === 'Name' ? 'BeginsWith' : 'Equals', Values }))
    const filters = [...old, ...(input.ParameterFilters ?? [])].map(filterOf)
    const found = [...parameters(call).values()].filter((row) => filters.every((fits) => fits(row))).sort(byName)
    const page = pageOf(call, found, input.NextToken, input.MaxResults ?? 50, 'InvalidNextToken')
    return { Parameters: page.items.map((row) => describeMetadata(call, row)), NextToken: page.nextToken }
  },

  GetParameterHistory(input: Ssm.GetParameterHistoryRequest, call: Call): Ssm.GetParameterHistoryResult {
    const row = find(call, input.Name)
    const page = pageOf(call, [...row.history, row], input.NextToken, input.MaxResults ?? 50, 'InvalidNextToken')
    return {
      Parameters: page.items.map((version) => ({
        Name: row.id,
        Type: version.type,
        KeyId: version.keyId,
        LastModifiedDate: version.modified,
        LastModifiedUser: version.modifiedBy,
        Description: version.description,
        Value: shownValue(call, version, input.WithDecryption === true),
        AllowedPattern: version.allowedPattern,
        Version: version.version,
        Labels: [...(version.labels ?? [])],
        Tier: version.tier,
        Policies: [],
        DataType: version.dataType,
      })),
      NextToken: page.nextToken,
    }
  },

  LabelParameterVersion(input: Ssm.LabelParameterVersionRequest, call: Call): Ssm.LabelParameterVersionResult {
    const row = find(call, input.Name)
    const number = input.ParameterVersion ?? row.version
    if (number !== row.version && !row.history.some((version) => version.version === number))
      throw new AwsError(
        'ParameterVersionNotFound',
        `Systems Manager could not find version ${number} of ${row.id}. Verify the version and try again.`,
      )
    const invalid = (input.Labels ?? []).filter((label) => !/^(?!aws|ssm|\d)[A-Za-z0-9._-]{1,100}$/i.test(label))
    const labels = (input.Labels ?? []).filter((label) => !invalid.includes(label))
    const relabel = <V extends ParameterVersion>(version: V): V => {
      const kept = (version.labels ?? []).filter((label) => !labels.includes(label))
      return { ...version, labels: version.version === number ? [...kept, ...labels] : kept }
    }
    parameters(call).put({ ...relabel(row), history: row.history.map(relabel) })
    return { InvalidLabels: invalid, ParameterVersion: number }
  },

  DeleteParameter(input: Ssm.DeleteParameterRequest, call: Call): object {
    parameters(call).delete(find(call, input.Name).id)
    return {}
  },

  DeleteParameters(input: Ssm.DeleteParametersRequest, call: Call): Ssm.DeleteParametersResult {
    const names = input.Names ?? []
    if (names.length > 10) throw tooLong('names', names, 10)
    const deleted = names.filter((name) => parameters(call).get(name) !== undefined)
    for (const name of deleted) parameters(call).delete(name)
    return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) }
  },
}

function newVersion(call: Call, name: string, input: Ssm.PutParameterRequest, existing: ParameterRow | undefined): ParameterRow {
  const type = input.Type ?? existing!.type
  if (type !== 'String' && type !== 'StringList' && type !== 'SecureString')
    throw new AwsError('UnsupportedParameterType', `The parameter type ${type} is not supported.`)
  const value = input.Value!
  const bytes = Buffer.byteLength(value)
  if (value === '')
    throw validation(
      "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1.",
    )
  const tier = tierOf(input, existing, bytes)
  const limit = tier === 'Standard' ? MAX_STANDARD_BYTES : MAX_ADVANCED_BYTES
  if (bytes > limit)
    throw validation(
      tier === 'Standard'
        ? `Standard tier parameters support a maximum parameter value of ${limit} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html`
        : `The parameter value must be at most ${limit} characters.`,
    )
  const allowedPattern = input.AllowedPattern === '' ? undefined : input.AllowedPattern
  if (allowedPattern !== undefined && !new RegExp(`^(?:${allowedPattern})$`).test(value))
    throw new AwsError(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${allowedPattern}`,
    )
  const dataType = input.DataType ?? existing?.dataType ?? 'text'
  checkDataType(call, dataType, value)
  if (input.KeyId !== undefined && type !== 'SecureString') throw validation('KeyId is required for SecureString type parameter only.')
  const history = existing === undefined ? [] : [...existing.history, withoutHistory(existing)]
  return {
    id: name,
    type,
    value,
    version: (existing?.version ?? 0) + 1,
    modified: call.now,
    modifiedBy: call.identity.arn,
    description: input.Description ?? existing?.description,
    allowedPattern,
    keyId: type === 'SecureString' ? (input.KeyId ?? existing?.keyId ?? 'alias/aws/ssm') : undefined,
    tier,
    dataType,
    policies: [],
    tags: existing?.tags ?? Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
    history: history.slice(-(MAX_VERSIONS - 1)),
  }
}

function withoutHistory({ id: _id, tags: _tags, history: _history, ...version }: ParameterRow): ParameterVersion {
  return version
}

function tierOf(input: Ssm.PutParameterRequest, existing: ParameterRow | undefined, bytes: number): Ssm.ParameterTier {
  const given = input.Tier ?? existing?.tier ?? 'Standard'
  if (given === 'Intelligent-Tiering') return bytes > MAX_STANDARD_BYTES || existing?.tier === 'Advanced' ? 'Advanced' : 'Standard'
  if (given === 'Standard' && existing?.tier === 'Advanced')
    throw validation(
      "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.",
    )
  return given
}

function checkDataType(call: Call, dataType: string, value: string): void {
  if (dataType === 'text' || dataType === 'aws:ssm:integration') return
  if (dataType !== 'aws:ec2:image')
    throw validation(`The following data type is not supported: ${dataType} (Data type names are all lowercase.)`)
  const own = call.scopeOf('ec2').table('image').get(value)
  if (own === undefined && !publicImages(call.region).has(value)) throw validation(`The AMI ${value} does not exist.`)
}

/** @throws AwsError ValidationException for names that Parameter Store does not take */
function checkName(name: string): string {
  if (name === '' || name.length > 1011)
    throw validation(
      `1 validation error detected: Value '${name}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 2048`,
    )
  if (!/^[a-zA-Z0-9_.\-/]+$/.test(name))
    throw validation(
      'Parameter name must be a fully qualified name. It can only contain a mix of letters, numbers and the following 3 symbols .-_',
    )
  if (name.includes('/') && !name.startsWith('/')) throw validation('Parameter name must be a fully qualified name.')
  if (/^\/?aws/i.test(name)) throw validation(`No access to reserved parameter name: ${name}.`)
  if (/^\/?ssm/i.test(name))
    throw validation(
      'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_',
    )
  if (name.split('/').length - 1 > MAX_DEPTH)
    throw new AwsError('HierarchyLevelLimitExceededException', `Hierarchy depth exceeded. The maximum depth is ${MAX_DEPTH}.`)
  return name
}

function tooLong(member: string, given: readonly string[], limit: number): AwsError {
  return validation(
    `1 validation error detected: Value '[${given.join(', ')}]' at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${limit}`,
  )
}

export function find(call: Call, name: string | undefined): ParameterRow {
  const row = parameters(call).get(bareName(call, name ?? ''))
  if (row === undefined) throw notFound()
  return row
}

/** Parameters go by their names and by their ARNs. */
function bareName(call: Call, nameOrArn: string): string {
  const match = /^arn:aws[\w-]*:ssm:[^:]+:(\d*):parameter(\/.+)$/.exec(nameOrArn)
  if (match === null) return nameOrArn
  const path = match[2]!
  const isPublic = publicParameters(call.region).has(path)
  return isPublic || parameters(call).get(path) !== undefined ? path : path.slice(1)
}

interface Found {
  readonly name: string
  readonly version: ParameterVersion
  /** `:3` or `:label`, as it was asked for. */
  readonly selector?: string
}

/** A parameter, or the version of it that follows a colon. @throws AwsError ParameterVersionNotFound */
function tryParameter(call: Call, asked: string): Found | undefined {
  const match = /^([^:]*|arn:.*?parameter[^:]*):([^:]+)$/.exec(asked)
  const isSelector = match !== null && !/^arn:[^:]*:[^:]*:[^:]*:[^:]*:[^:]*$/.test(asked)
  const name = bareName(call, isSelector ? match[1]! : asked)
  const row = publicParameters(call.region).get(name) ?? parameters(call).get(name)
  if (row === undefined || !call.isVisible(row.id)) return undefined
  if (!isSelector) return { name, version: row }
  const wanted = match[2]!
  const version = [row, ...row.history].find((v) =>
    /^\d+$/.test(wanted) ? v.version === Number(wanted) : v.labels?.includes(wanted) === true,
  )
  if (version === undefined)
    throw new AwsError(
      'ParameterVersionNotFound',
      `Systems Manager could not find ${/^\d+$/.test(wanted) ? 'version' : 'label'} ${wanted} of ${name}. Verify the version and try again.`,
    )
  return { name, version, selector: `:${wanted}` }
}

function tryOrNone(call: Call, asked: string): Found | undefined {
  try {
    return tryParameter(call, asked)
  } catch (error) {
    if (error instanceof AwsError) return undefined
    throw error
  }
}

/** Public parameters belong to no account. */
function arnOf(call: Call, name: string): string {
  const path = name.startsWith('/') ? name : `/${name}`
  return publicParameters(call.region).has(name) ? `arn:aws:ssm:${call.region}::parameter${path}` : call.arn(`parameter${path}`)
}

/** What a secret looks like to those who may not decrypt it: a text that tells nothing. */
function shownValue(call: Call, version: ParameterVersion, withDecryption: boolean): string {
  if (version.type !== 'SecureString' || withDecryption) return version.value
  return `AQICAH${Buffer.from(`${call.kernel.seed} ${version.version}`).toString('base64')}`
}

function describeValue(call: Call, { name, version, selector }: Found, withDecryption: boolean): Ssm.Parameter {
  return {
    Name: name,
    Type: version.type,
    Value: shownValue(call, version, withDecryption),
    Version: version.version,
    Selector: selector,
    LastModifiedDate: version.modified,
    ARN: arnOf(call, name),
    DataType: version.dataType,
  }
}

function describeMetadata(call: Call, row: ParameterRow): Ssm.ParameterMetadata {
  return {
    Name: row.id,
    ARN: arnOf(call, row.id),
    Type: row.type,
    KeyId: row.keyId,
    LastModifiedDate: row.modified,
    LastModifiedUser: row.modifiedBy,
    Description: row.description,
    AllowedPattern: row.allowedPattern,
    Version: row.version,
    Tier: row.tier,
    Policies: [],
    DataType: row.dataType,
  }
}

function byName(a: ParameterRow, b: ParameterRow): number {
  return a.id < b.id ? -1 : 1
}

/** @throws AwsError InvalidFilterKey, InvalidFilterOption */
function filterOf({ Key = '', Option, Values = [] }: Ssm.ParameterStringFilter): (row: ParameterRow) => boolean {
  const read: Record<string, (row: ParameterRow) => string | undefined> = {
    Name: (row) => row.id,
    Type: (row) => row.type,
    KeyId: (row) => row.keyId,
    Tier: (row) => row.tier,
    DataType: (row) => row.dataType,
  }
  if (Key === 'Path') {
    const prefixes = Values.map((path) => (path.endsWith('/') ? path : `${path}/`))
    return (row) =>
      prefixes.some((prefix) => row.id.startsWith(prefix) && (Option === 'Recursive' || !row.id.slice(prefix.length).includes('/')))
  }
  if (Key === 'Label') return (row) => Values.some((label) => row.labels?.includes(label) === true)
  const value = Key.startsWith('tag:') ? (row: ParameterRow) => row.tags[Key.slice(4)] : Object.hasOwn(read, Key) ? read[Key] : undefined
  if (value === undefined)
    throw new AwsError(
      'InvalidFilterKey',
      `The following filter key is not valid: ${Key}. Valid filter keys include: [Path, Name, Type, KeyId, Tier, Label, DataType].`,
    )
  const test: Record<string, (text: string, given: string) => boolean> = {
    Equals: (text, given) => text === given,
    BeginsWith: (text, given) => text.startsWith(given),
    Contains: (text, given) => text.includes(given),
  }
  const fits = test[Option ?? 'Equals']
  if (fits === undefined)
    throw new AwsError(
      'InvalidFilterOption',
      `The following filter option is not valid: ${Option}. Valid options include: [Equals, BeginsWith, Contains].`,
    )
  return (row) => {
    const text = value(row)
    return text !== undefined && (Values.length === 0 || Values.some((given) => fits(text, given)))
  }
}

import type { InputOf, OutputOf } from '../../../aws/index.ts'
import { isAwsError } from '../../../aws/index.ts'
import { Lookup } from '../../../providers/kit/index.ts'
import type { AwsApi } from '../resource.ts'
import { plainName } from './_names.ts'

type ListInput = InputOf<'route53', 'ListResourceRecordSets'>
export type RecordSet = NonNullable<OutputOf<'route53', 'ListResourceRecordSets'>['ResourceRecordSets']>[number]

/** Few record sets are asked for one by one, more by reading the zone. */
const fewKeys = 3
/** More than the one that is looked for: not everything that speaks this API begins at an identifier. */
const fewSets = 20

/** What tells the record sets of a zone apart. */
export function recordKey(name: string, type: string, setIdentifier: string | null | undefined): string {
  return JSON.stringify([plainName(name), type, setIdentifier ?? ''])
}

/** The record sets of one zone by `recordKey`. */
export function recordSets(api: AwsApi, zoneId: string): Lookup<RecordSet> {
  return api.lookup(`route53/records/${zoneId}`, () => new Lookup((keys) => readSets(api, zoneId, keys), Number.POSITIVE_INFINITY))
}

async function readSets(api: AwsApi, HostedZoneId: string, keys: readonly string[]): Promise<ReadonlyMap<string, RecordSet>> {
  const found = new Map<string, RecordSet>()
  const add = (sets: readonly RecordSet[] | undefined): void => {
    for (const set of sets ?? []) found.set(recordKey(set.Name!, set.Type!, set.SetIdentifier), set)
  }
  try {
    if (keys.length <= fewKeys) {
      await Promise.all(
        keys.map(async (key) =>
          add(
            (await api.call('route53', 'ListResourceRecordSets', { HostedZoneId, ...startAt(key), MaxItems: fewSets })).ResourceRecordSets,
          ),
        ),
      )
      return found
    }
    let start: Omit<ListInput, 'HostedZoneId'> | undefined = {}
    while (start !== undefined) {
      const page: OutputOf<'route53', 'ListResourceRecordSets'> = await api.call('route53', 'ListResourceRecordSets', {
        HostedZoneId,
        ...start,
      })
      add(page.ResourceRecordSets)
      const { NextRecordName: StartRecordName, NextRecordType: StartRecordType, NextRecordIdentifier: StartRecordIdentifier } = page
      start = page.IsTruncated ? { StartRecordName, StartRecordType, StartRecordIdentifier } : undefined
    }
  } catch (error) {
    if (!isAwsError(error, 'NoSuchHostedZone')) throw error
  }
  return found
}

function startAt(key: string): Omit<ListInput, 'HostedZoneId'> {
  const [StartRecordName, type, identifier] = JSON.parse(key) as [string, string, string]
  return {
    StartRecordName,
    StartRecordType: type as ListInput['StartRecordType'],
    ...(identifier === '' ? {} : { StartRecordIdentifier: identifier }),
  }
}

const zoneNames = new WeakMap<AwsApi, Map<string, Promise<string | undefined>>>()

/** The name of a zone, which never changes; undefined when there is no such zone. */
export function zoneNameOf(api: AwsApi, zoneId: string): Promise<string | undefined> {
  let names = zoneNames.get(api)
  if (names === undefined) {
    names = new Map()
    zoneNames.set(api, names)
  }
  let name = names.get(zoneId)
  if (name === undefined) {
    name = readZoneName(api, zoneId)
    names.set(zoneId, name)
    const forget = (): void => void names.delete(zoneId)
    name.then((known) => (known === undefined ? forget() : undefined), forget)
  }
  return name
}

async function readZoneName(api: AwsApi, Id: string): Promise<string | undefined> {
  try {
    return (await api.call('route53', 'GetHostedZone', { Id })).HostedZone?.Name
  } catch (error) {
    if (isAwsError(error, 'NoSuchHostedZone')) return undefined
    throw error
  }
}

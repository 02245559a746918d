import type * as Logs from '@aws-sdk/client-cloudwatch-logs'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { pageOf } from '../../kernel/paging.ts'
import {
  events,
  findGroup,
  findStream,
  groupArn,
  invalidParameter,
  type LogEventRow,
  type LogStreamRow,
  streams,
  validation,
} from './_rows.ts'

const DAY_MS = 86_400_000
/** What CloudWatch counts for each event beside its message. */
const EVENT_OVERHEAD_BYTES = 26
const MAX_BATCH_BYTES = 1_048_576

export const logStreamOperations = {
  CreateLogStream(input: Logs.CreateLogStreamRequest, call: Call): object {
    const group = findGroup(call, input.logGroupName)
    const name = input.logStreamName!
    if (name === '' || name.length > 512 || /[:*]/.test(name))
      throw validation(name, 'logStreamName', 'Member must satisfy regular expression pattern: [^:*]*')
    if (streams(call, group.id).get(name) !== undefined)
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists')
    streams(call, group.id).put({ id: name, created: call.now.getTime(), uploadSequence: 0, storedBytes: 0 })
    return {}
  },

  DescribeLogStreams(input: Logs.DescribeLogStreamsRequest, call: Call): Logs.DescribeLogStreamsResponse {
    const group = findGroup(call, input.logGroupName ?? input.logGroupIdentifier)
    const { logStreamNamePrefix: prefix } = input
    if (prefix !== undefined && input.orderBy === 'LastEventTime')
      throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.')
    const found = [...streams(call, group.id).values()]
      .filter((row) => prefix === undefined || row.id.startsWith(prefix))
      .map((row) => describe(call, group.id, row))
    const key = (stream: Logs.LogStream) => (input.orderBy === 'LastEventTime' ? (stream.lastEventTimestamp ?? 0) : stream.logStreamName!)
    found.sort((a, b) => (key(a) < key(b) ? -1 : 1) * (input.descending === true ? -1 : 1))
    const page = pageOf(call, found, input.nextToken, input.limit ?? 50, 'InvalidParameterException')
    return { logStreams: [...page.items], nextToken: page.nextToken }
  },

  DeleteLogStream(input: Logs.DeleteLogStreamRequest, call: Call): object {
    const group = findGroup(call, input.logGroupName)
    const stream = findStream(call, group.id, input.logStreamName)
    const lines = events(call, group.id, stream.id)
    for (const event of [...lines.values()]) lines.delete(event.id)
    streams(call, group.id).delete(stream.id)
    return {}
  },

  PutLogEvents(input: Logs.PutLogEventsRequest, call: Call): Logs.PutLogEventsResponse {
    const group = findGroup(call, input.logGroupName)
    const stream = findStream(call, group.id, input.logStreamName)
    return putEvents(call, group.id, group.retentionInDays, stream, input.logEvents ?? [])
  },

  GetLogEvents(input: Logs.GetLogEventsRequest, call: Call): Logs.GetLogEventsResponse {
    const group = findGroup(call, input.logGroupName ?? input.logGroupIdentifier)
    const stream = findStream(call, group.id, input.logStreamName)
    const all = inTime([...events(call, group.id, stream.id).values()].sort(byTime), input)
    const limit = input.limit ?? 10_000
    const token = /^([fb])\/(\d+)$/.exec(input.nextToken ?? '')
    if (input.nextToken !== undefined && token === null) throw invalidParameter('The specified nextToken is invalid.')
    const position = token === null ? undefined : Number(token[2])
    const forward = token === null ? input.startFromHead === true : token[1] === 'f'
    const start = forward ? (position ?? 0) : Math.max(0, (position ?? all.length) - limit)
    const end = forward ? Math.min(all.length, start + limit) : (position ?? all.length)
    return {
      events: all.slice(start, end).map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
      nextForwardToken: `f/${end}`,
      nextBackwardToken: `b/${start}`,
    }
  },

  /** Patterns of words, of quoted texts and of words that must not occur; patterns on fields are not understood. */
  FilterLogEvents(input: Logs.FilterLogEventsRequest, call: Call): Logs.FilterLogEventsResponse {
    const group = findGroup(call, input.logGroupName ?? input.logGroupIdentifier)
    const { logStreamNames: names, logStreamNamePrefix: prefix } = input
    if (names !== undefined && prefix !== undefined)
      throw invalidParameter('Only one of logStreamNames and logStreamNamePrefix may be given.')
    for (const name of names ?? []) findStream(call, group.id, name)
    const matches = messageFilter(input.filterPattern ?? '')
    const found = [...streams(call, group.id).values()]
      .filter((stream) => (names === undefined ? stream.id.startsWith(prefix ?? '') : names.includes(stream.id)))
      .flatMap((stream) =>
        inTime([...events(call, group.id, stream.id).values()], input)
          .filter((event) => matches(event.message))
          .map((event) => ({
            logStreamName: stream.id,
            timestamp: event.timestamp,
            message: event.message,
            ingestionTime: event.ingestionTime,
            eventId: event.id,
          })),
      )
      .sort((a, b) => a.timestamp - b.timestamp)
    const page = pageOf(call, found, input.nextToken, input.limit ?? 10_000, 'InvalidParameterException')
    return { events: [...page.items], nextToken: page.nextToken }
  },
}

function putEvents(
  call: Call,
  group: string,
  retentionInDays: number | undefined,
  stream: LogStreamRow,
  given: readonly Logs.InputLogEvent[],
): Logs.PutLogEventsResponse {
  const now = call.now.getTime()
  const bytes = given.reduce((sum, event) => sum + Buffer.byteLength(event.message ?? '') + EVENT_OVERHEAD_BYTES, 0)
  if (given.length === 0) throw validation('[]', 'logEvents', 'Member must have length greater than or equal to 1')
  if (given.length > 10_000) throw validation(`${given.length} events`, 'logEvents', 'Member must have length less than or equal to 10000')
  if (bytes > MAX_BATCH_BYTES) throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`)
  const times = given.map((event) => event.timestamp!)
  if (times.some((time, i) => i > 0 && time < times[i - 1]!))
    throw invalidParameter('Log events in a single PutLogEvents request must be in chronological order.')
  const oldest = now - Math.min(14, retentionInDays ?? 14) * DAY_MS
  const newest = now + 2 * 3_600_000
  const accepted = given.filter((event) => event.timestamp! >= oldest && event.timestamp! <= newest)
  const table = events(call, group, stream.id)
  let sequence = stream.uploadSequence
  for (const event of accepted) {
    const id = String(++sequence).padStart(56, '0')
    table.put({ id, timestamp: event.timestamp!, ingestionTime: now, message: event.message! })
  }
  streams(call, group).patch(stream.id, { uploadSequence: sequence, storedBytes: stream.storedBytes + bytes })
  const tooOld = given.filter((event) => event.timestamp! < oldest).length
  const tooNew = given.findIndex((event) => event.timestamp! > newest)
  const rejected = { tooOldLogEventEndIndex: tooOld === 0 ? undefined : tooOld, tooNewLogEventStartIndex: tooNew < 0 ? undefined : tooNew }
  return {
    nextSequenceToken: String(sequence).padStart(56, '4'),
    rejectedLogEventsInfo: accepted.length === given.length ? undefined : rejected,
  }
}

function byTime(a: LogEventRow, b: LogEventRow): number {
  return a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1)
}

/** Events between two times, the second one excluded. */
function inTime(
  all: readonly LogEventRow[],
  { startTime, endTime }: { startTime?: number | undefined; endTime?: number | undefined },
): LogEventRow[] {
  return all.filter((event) => event.timestamp >= (startTime ?? 0) && event.timestamp < (endTime ?? Number.POSITIVE_INFINITY))
}

function messageFilter(pattern: string): (message: string) => boolean {
  if (/^\s*[{[]/.test(pattern)) throw invalidParameter('The sandbox does not understand filter patterns on fields yet.')
  const terms = [...pattern.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign, quoted, word]) => ({
    sign,
    text: quoted ?? word!,
  }))
  const all = terms.filter((term) => term.sign === '').map((term) => term.text)
  const none = terms.filter((term) => term.sign === '-').map((term) => term.text)
  const any = terms.filter((term) => term.sign === '?').map((term) => term.text)
  return (message) =>
    all.every((text) => message.includes(text)) &&
    !none.some((text) => message.includes(text)) &&
    (any.length === 0 || any.some((text) => message.includes(text)))
}

function describe(call: Call, group: string, row: LogStreamRow): Logs.LogStream {
  let first: number | undefined
  let last: number | undefined
  let ingested: number | undefined
  for (const event of events(call, group, row.id).values()) {
    first = Math.min(first ?? event.timestamp, event.timestamp)
    last = Math.max(last ?? event.timestamp, event.timestamp)
    ingested = event.ingestionTime
  }
  return {
    logStreamName: row.id,
    creationTime: row.created,
    firstEventTimestamp: first,
    lastEventTimestamp: last,
    lastIngestionTime: ingested,
    uploadSequenceToken: String(row.uploadSequence).padStart(56, '4'),
    arn: `${groupArn(call, group)}:log-stream:${row.id}`,
    storedBytes: 0,
  }
}

import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { codePoints } from './escape.ts'
import { isObject, type Json } from './plan-json.ts'

/** Where a run stands among the runs of a pull request: compared from the left. For GitHub the run's id and its attempt. */
export type RunOrder = readonly number[]

/** By stack, then by address: what a change looks like, as a digest. */
export type Seen = ReadonlyMap<string, ReadonlyMap<string, string>>

/** What has changed since the run before; addresses with their stack before them. */
export interface Since {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly gone: readonly string[]
}

/** What a comment says of itself in a line that is not shown. */
export interface Marker {
  /** Which comment of the pull request it is; several may be kept apart. */
  readonly id: string
  readonly run: RunOrder
  /** From 0. */
  readonly part: number
  /** Of the first part only; missing when there was too much of it. */
  readonly memory: Memory | undefined
}

export interface Memory {
  readonly commit: string | undefined
  readonly seen: Seen
  readonly since: Since | undefined
}

/** The whole first line of a comment, which nobody else's text can be: `{` to `}` never holds a dash or an angle bracket. */
const shape =
  /^<!-- landform:comment v=(\d{1,4})(?: id=([\w.%]{1,200}) run=([\d.]{1,100}) part=(\d{1,4})(?: data=([A-Za-z0-9+/=]*))?)? -->(?:\n|$)/
const version = 1
/** Code points of a marker's data: more would leave too little room for the comment. */
const mostData = 20_000
const mostInflated = 8_000_000

export function markerText(marker: Marker): string {
  const { id, run, part, memory } = marker
  const data = memory === undefined ? undefined : pack(memory)
  return `<!-- landform:comment v=${version} id=${encodeId(id)} run=${run.join('.')} part=${part}${data === undefined ? '' : ` data=${data}`} -->\n`
}

/** How much room a marker takes at most. */
export function markerRoom(marker: Marker): number {
  return codePoints(markerText(marker))
}

/**
 * The marker that a comment begins with. Undefined: it has none. `newer`: a later release of Landform wrote it.
 */
export function readMarker(body: string): Marker | 'newer' | undefined {
  const match = shape.exec(body.replaceAll('\r\n', '\n'))
  if (match === null) return undefined
  if (Number(match[1]) > version) return 'newer'
  if (match[2] === undefined) return undefined
  try {
    return {
      id: decodeURIComponent(match[2]),
      run: match[3]!.split('.').map(Number),
      part: Number(match[4]),
      memory: match[5] === undefined ? undefined : unpack(match[5]),
    }
  } catch {
    return undefined
  }
}

/** A comment's text after its marker. */
export function withoutMarker(body: string): string {
  return body.replaceAll('\r\n', '\n').replace(shape, '').trimEnd()
}

export function compareRuns(a: RunOrder, b: RunOrder): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function encodeId(id: string): string {
  return encodeURIComponent(id).replace(/[!'()*~-]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function pack(memory: Memory): string | undefined {
  const { commit, seen, since } = memory
  const json = JSON.stringify({ commit, seen: [...seen].map(([stack, changes]) => [stack, [...changes].flat()]), since })
  const data = deflateRawSync(json, { level: 9 }).toString('base64')
  return data.length <= mostData ? data : undefined
}

function unpack(data: string): Memory | undefined {
  try {
    const json = JSON.parse(inflateRawSync(Buffer.from(data, 'base64'), { maxOutputLength: mostInflated }).toString('utf8')) as Json
    if (!isObject(json) || !Array.isArray(json.seen)) return undefined
    const seen = new Map<string, ReadonlyMap<string, string>>()
    for (const entry of json.seen as readonly Json[]) {
      const [stack, flat] = entry as readonly [string, readonly string[]]
      const changes = new Map<string, string>()
      for (let i = 0; i + 1 < flat.length; i += 2) changes.set(String(flat[i]), String(flat[i + 1]))
      seen.set(String(stack), changes)
    }
    const since = isObject(json.since)
      ? { added: texts(json.since.added), changed: texts(json.since.changed), gone: texts(json.since.gone) }
      : undefined
    return { commit: typeof json.commit === 'string' ? json.commit : undefined, seen, since }
  } catch {
    // Somebody has edited it by hand.
    return undefined
  }
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string') : []
}

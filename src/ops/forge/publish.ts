import { compareRuns, type Marker, type Memory, markerText, type RunOrder, readMarker, withoutMarker } from '../comment/index.ts'
import type { Comment, Github } from './github.ts'
import { ForgeError } from './http.ts'

/** The parts of a comment, without their markers. The first one's memory is for the next run. */
export interface CommentText {
  readonly parts: readonly string[]
  readonly memory: Memory
}

export interface PublishRequest {
  readonly pullRequest: number
  /** Tells comments of one pull request apart. */
  readonly id: string
  readonly run: RunOrder
  /** @param earlier what the comment that is there now knows */
  readonly render: (earlier: Memory | undefined) => CommentText
}

/** `superseded`: a newer run has written already. */
export type PublishOutcome =
  | { readonly kind: 'created' | 'updated' | 'unchanged'; readonly text: CommentText }
  | { readonly kind: 'superseded' }
  | { readonly kind: 'newerVersion' }

/** A comment of ours with what it says of itself. */
interface Own {
  readonly comment: Comment
  readonly marker: Marker
}

/** The login of the token that workflows get, which may not ask who it is. */
const actionsLogin = 'github-actions[bot]'
/** Rounds in which two runs at once come to terms. */
const mostRounds = 4

/**
 * Keeps one comment of a pull request up to date, in as many parts as it needs. Nothing is written when nothing differs or a newer run was here; parts that are not needed
 * any more are minimised. After writing it looks again, so that of two runs at once the newer one's text stays, in one comment.
 *
 * @throws ForgeError
 */
export async function publishComment(github: Github, request: PublishRequest): Promise<PublishOutcome> {
  const login = (await github.viewer()) ?? actionsLogin
  let first: PublishOutcome | undefined
  for (let round = 0; ; round++) {
    const found = ownComments(await github.comments(request.pullRequest), login, request.id)
    if (found === 'newer') return first ?? { kind: 'newerVersion' }
    const [main] = found.filter((own) => own.marker.part === 0)
    const newest = found.reduce<RunOrder | undefined>((most, { marker }) => {
      return marker.part === 0 && (most === undefined || compareRuns(marker.run, most) > 0) ? marker.run : most
    }, undefined)
    if (newest !== undefined && compareRuns(newest, request.run) > 0) return first ?? { kind: 'superseded' }
    const text: CommentText = first !== undefined && 'text' in first ? first.text : request.render(main?.marker.memory)
    const wrote = await writeParts(github, request, text, found)
    first ??= { kind: main === undefined ? 'created' : wrote ? 'updated' : 'unchanged', text }
    if (!wrote || round + 1 >= mostRounds) return first
  }
}

function ownComments(comments: readonly Comment[], login: string, id: string): readonly Own[] | 'newer' {
  const found: Own[] = []
  for (const comment of comments) {
    if (comment.author !== login) continue
    const marker = readMarker(comment.body)
    if (marker === 'newer') return 'newer'
    if (marker !== undefined && marker.id === id) found.push({ comment, marker })
  }
  return found.sort((a, b) => a.comment.id - b.comment.id)
}

/** @returns whether anything had to be written */
async function writeParts(github: Github, request: PublishRequest, text: CommentText, found: readonly Own[]): Promise<boolean> {
  let wrote = false
  const kept = new Set<number>()
  const reused: Own[] = []
  for (const [part, content] of text.parts.entries()) {
    const marker: Marker = { id: request.id, run: request.run, part, memory: part === 0 ? text.memory : undefined }
    const body = markerText(marker) + content
    const own = found.find((o) => o.marker.part === part)
    if (own !== undefined) {
      kept.add(own.comment.id)
      reused.push(own)
      if (withoutMarker(own.comment.body) === content.replaceAll('\r\n', '\n').trimEnd()) continue
      wrote = true
      if ((await github.updateComment(own.comment.id, body)) !== undefined) continue
    }
    wrote = true
    await create(github, request, part, body)
  }
  const others = found.filter((own) => !kept.has(own.comment.id))
  // Parts come and go; only then it matters which are minimised.
  const asked = [...others, ...reused.filter((own) => own.marker.part > 0)]
  if (asked.length > 0) {
    const minimised = await github.minimised(asked.map((own) => own.comment.nodeId))
    for (const { comment } of others) {
      if (minimised.has(comment.nodeId)) continue
      wrote = true
      await github.minimise(comment.nodeId)
    }
    for (const { comment } of reused) {
      if (!minimised.has(comment.nodeId)) continue
      wrote = true
      await github.unminimise(comment.nodeId)
    }
  }
  return wrote
}

const createTries = 4

/** Creates a part once, also when the answer gets lost on the way: then it is looked for before it is tried again. */
async function create(github: Github, request: PublishRequest, part: number, body: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await github.createComment(request.pullRequest, body)
      return
    } catch (error) {
      if (!(error instanceof ForgeError) || error.kind !== 'ambiguous' || attempt >= createTries) throw error
      const there = (await github.comments(request.pullRequest)).some((comment) => {
        const marker = readMarker(comment.body)
        return typeof marker === 'object' && marker.id === request.id && marker.part === part && compareRuns(marker.run, request.run) === 0
      })
      if (there) return
    }
  }
}

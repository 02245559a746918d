import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface StoredComment {
  readonly id: number
  readonly node_id: string
  body: string
  user: { login: string }
  isMinimized: boolean
  issue: number
}

interface StoredRun {
  readonly id: number
  readonly name: string
  readonly head_sha: string
  readonly external_id: string
  readonly conclusion: string
  readonly output: { title: string; summary: string; text?: string }
  readonly annotations: { path: string; start_line: number; annotation_level: string; title: string; message: string }[]
}

interface StoredIssue {
  readonly number: number
  title: string
  body: string
  state: string
  labels: { name: string }[]
}

/** What one request is answered with instead: a status with headers and a message, a broken connection, or a lost answer after the work was done. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly message?: string }
  | 'reset'
  | 'lostAnswer'

export interface LoggedRequest {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly authorization: string
}

/**
 * Behaves as the parts of GitHub's API that are used: comments of at most 65,536 characters, pages with links, check runs with at most 50 annotations a request, GraphQL for minimising,
 * answers of 401, 403, 404, 410 and 422, and faults on request.
 */
export class FakeGithub {
  readonly comments: StoredComment[] = []
  readonly runs: StoredRun[] = []
  readonly issues: StoredIssue[] = []
  readonly pulls = new Map<number, { state: string; merged: boolean; sha: string; head: string | null; locked?: boolean }>()
  readonly log: LoggedRequest[] = []
  /** Taken by the requests to come, in order; an entry for each method and path that fits. */
  readonly faults: { readonly match: RegExp; readonly fault: Fault }[] = []
  /** Called before a request is answered. */
  onRequest: (request: LoggedRequest) => void = () => {}
  login = 'github-actions[bot]'
  token = 'ghs_testtesttesttesttesttesttesttesttest'
  /** Tokens of apps may make check runs. */
  mayMakeChecks = true
  mayWrite = true
  /** Who has approved a run. */
  readonly approvals = new Map<string, string[]>()
  /** Members of teams, by `organization/team`. */
  readonly teams = new Map<string, string[]>()
  viewerKnown = true
  #server: Server | undefined
  #nextId = 1000

  async start(): Promise<string> {
    this.#server = createServer((request, response) => void this.#answer(request, response))
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/v3`
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve))
  }

  pull(number: number, sha = 'a'.repeat(40)): void {
    this.pulls.set(number, { state: 'open', merged: false, sha, head: 'acme/shop' })
  }

  /** A comment of somebody else. */
  say(issue: number, body: string, login = 'mallory'): StoredComment {
    return this.#store(issue, body, login)
  }

  /** Requests that change something. */
  writes(): readonly LoggedRequest[] {
    return this.log.filter((r) => r.method !== 'GET' && !(r.path.endsWith('/graphql') && !/mutation/.test(r.body)))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const logged: LoggedRequest = {
      method: request.method!,
      path: request.url!,
      body: Buffer.concat(chunks).toString('utf8'),
      authorization: String(request.headers.authorization ?? ''),
    }
    this.log.push(logged)
    this.onRequest(logged)
    const at = this.faults.findIndex(({ match }) => match.test(`${logged.method} ${logged.path}`))
    const fault = at < 0 ? undefined : this.faults.splice(at, 1)[0]!.fault
    if (fault === 'reset') return void request.socket.destroy()
    if (typeof fault === 'object') {
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
      return void response.end(JSON.stringify({ message: fault.message ?? 'Server Error' }))
    }
    const { status, json, headers } = this.#handle(logged)
    if (fault === 'lostAnswer') return void request.socket.destroy()
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(json === undefined ? '' : JSON.stringify(json))
  }

  #handle({ method, path, body, authorization }: LoggedRequest): { status: number; json?: unknown; headers?: Record<string, string> } {
    const fail = (status: number, message: string, errors?: unknown) => ({
      status,
      json: { message, ...(errors === undefined ? {} : { errors }) },
    })
    if (authorization !== `Bearer ${this.token}`) return fail(401, 'Bad credentials')
    const url = new URL(path, 'http://x')
    const json = body === '' ? {} : (JSON.parse(body) as Record<string, unknown>)
    if (url.pathname === '/api/graphql') return this.#graphql(json as { query: string; variables: Record<string, unknown> })
    const rest = /^\/api\/v3\/repos\/acme\/shop(\/.*)$/.exec(url.pathname)?.[1]
    const member = /^\/api\/v3\/orgs\/([\w-]+)\/teams\/([\w-]+)\/memberships\/([\w-]+)$/.exec(url.pathname)
    if (member !== null) {
      return this.teams.get(`${member[1]}/${member[2]}`)?.includes(member[3]!)
        ? { status: 200, json: { state: 'active' } }
        : fail(404, 'Not Found')
    }
    if (rest === undefined) return fail(404, 'Not Found')
    const approvals = /^\/actions\/runs\/(\d+)\/approvals$/.exec(rest)
    if (approvals !== null) {
      return { status: 200, json: (this.approvals.get(approvals[1]!) ?? []).map((login) => ({ state: 'approved', user: { login } })) }
    }
    if (rest === '/pulls') {
      const found = [...this.pulls].filter(
        ([, pull]) => pull.state === 'open' && `${pull.head?.split('/')[0]}:change` === url.searchParams.get('head'),
      )
      return { status: 200, json: found.map(([number, pull]) => ({ number, head: { sha: pull.sha } })) }
    }
    if (method !== 'GET' && !this.mayWrite) return fail(403, 'Resource not accessible by integration')
    const pull = /^\/pulls\/(\d+)$/.exec(rest)
    if (pull !== null) {
      const found = this.pulls.get(Number(pull[1]))
      if (found === undefined) return fail(404, 'Not Found')
      return {
        status: 200,
        json: {
          state: found.state,
          merged: found.merged,
          head: { sha: found.sha, repo: found.head === null ? null : { full_name: found.head } },
        },
      }
    }
    const list = /^\/issues\/(\d+)\/comments$/.exec(rest)
    if (list !== null) {
      const issue = Number(list[1])
      if (!this.pulls.has(issue) && !this.issues.some((i) => i.number === issue)) return fail(404, 'Not Found')
      if (method === 'GET')
        return this.#page(
          url,
          this.comments.filter((c) => c.issue === issue),
        )
      if (this.pulls.get(issue)?.locked) return fail(403, 'Unable to create comment because issue is locked')
      const problem = bodyProblem(json.body)
      if (problem !== undefined) return fail(422, 'Validation Failed', [{ message: problem }])
      return { status: 201, json: this.#store(issue, String(json.body), this.login) }
    }
    const one = /^\/issues\/comments\/(\d+)$/.exec(rest)
    if (one !== null && method === 'PATCH') {
      const comment = this.comments.find((c) => c.id === Number(one[1]))
      if (comment === undefined) return fail(404, 'Not Found')
      const problem = bodyProblem(json.body)
      if (problem !== undefined) return fail(422, 'Validation Failed', [{ message: problem }])
      comment.body = String(json.body)
      return { status: 200, json: comment }
    }
    const runs = /^\/commits\/(\w+)\/check-runs$/.exec(rest)
    if (runs !== null)
      return {
        status: 200,
        json: { check_runs: this.runs.filter((r) => r.head_sha === runs[1] && r.name === url.searchParams.get('check_name')) },
      }
    if (rest === '/check-runs' || /^\/check-runs\/\d+$/.test(rest)) return this.#check(rest, json)
    return this.#issue(method, rest, url, json)
  }

  #issue(method: string, rest: string, url: URL, json: Record<string, unknown>) {
    if (rest === '/issues' && method === 'GET') {
      const label = url.searchParams.get('labels')
      return this.#page(
        url,
        [...this.issues].reverse().filter((i) => label === null || i.labels.some((l) => l.name === label)),
      )
    }
    if (rest === '/issues') {
      const issue: StoredIssue = {
        number: this.#nextId++,
        title: String(json.title),
        body: String(json.body),
        state: 'open',
        labels: (json.labels as string[]).map((name) => ({ name })),
      }
      this.issues.push(issue)
      return { status: 201, json: issue }
    }
    const issue = this.issues.find((i) => rest === `/issues/${i.number}`)
    if (issue === undefined || method !== 'PATCH') return { status: 404, json: { message: 'Not Found' } }
    Object.assign(issue, json)
    return { status: 200, json: issue }
  }

  #check(rest: string, json: Record<string, unknown>) {
    if (!this.mayMakeChecks) return { status: 403, json: { message: 'Resource not accessible by personal access token' } }
    const output = json.output as { title: string; summary: string; text?: string; annotations: StoredRun['annotations'] }
    for (const name of ['summary', 'text'] as const) {
      if (Buffer.byteLength(output[name] ?? '') > 65_535)
        return { status: 422, json: { message: `Only 65535 characters are allowed; ${name} is too long` } }
    }
    if (output.annotations.length > 50) return { status: 422, json: { message: 'Invalid request.\n\nNo more than 50 items are allowed' } }
    const id = /\d+$/.exec(rest)?.[0]
    if (id === undefined) {
      const run = { ...(json as unknown as StoredRun), id: this.#nextId++, output, annotations: [...output.annotations] }
      this.runs.push(run)
      return { status: 201, json: { id: run.id } }
    }
    const run = this.runs.find((r) => r.id === Number(id))
    if (run === undefined) return { status: 404, json: { message: 'Not Found' } }
    run.annotations.push(...output.annotations)
    return { status: 200, json: { id: run.id } }
  }

  #graphql({ query, variables }: { query: string; variables: Record<string, unknown> }): { status: number; json: unknown } {
    if (/viewer/.test(query)) {
      if (!this.viewerKnown)
        return { status: 200, json: { errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible by integration' }] } }
      return { status: 200, json: { data: { viewer: { login: this.login } } } }
    }
    const find = (id: unknown) => this.comments.find((c) => c.node_id === id)
    if (/nodes\(/.test(query)) {
      return {
        status: 200,
        json: {
          data: {
            nodes: (variables.ids as string[]).map((id) => (find(id) === undefined ? null : { id, isMinimized: find(id)!.isMinimized })),
          },
        },
      }
    }
    const comment = find(variables.id)
    if (comment === undefined) return { status: 200, json: { errors: [{ type: 'NOT_FOUND', message: 'Could not resolve to a node' }] } }
    comment.isMinimized = /minimizeComment\(input/.test(query) && !/unminimizeComment/.test(query)
    return { status: 200, json: { data: {} } }
  }

  #page(url: URL, items: readonly unknown[]): { status: number; json: unknown; headers: Record<string, string> } {
    const size = Math.min(100, Number(url.searchParams.get('per_page') ?? 30))
    const page = Number(url.searchParams.get('page') ?? 1)
    const next = new URL(url.href)
    next.searchParams.set('page', String(page + 1))
    const { port } = this.#server!.address() as AddressInfo
    const link: Record<string, string> =
      page * size < items.length ? { link: `<http://127.0.0.1:${port}${next.pathname}${next.search}>; rel="next"` } : {}
    return { status: 200, json: items.slice((page - 1) * size, page * size), headers: link }
  }

  #store(issue: number, body: string, login: string): StoredComment {
    const id = this.#nextId++
    const comment = { id, node_id: `IC_${id}`, body, user: { login }, isMinimized: false, issue }
    this.comments.push(comment)
    return comment
  }
}

function bodyProblem(body: unknown): string | undefined {
  if (typeof body !== 'string' || body.trim() === '') return "Body can't be blank"
  return [...body].length > 65_536 ? 'Body is too long (maximum is 65536 characters)' : undefined
}

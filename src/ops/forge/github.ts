import { ForgeError, ForgeHttp, type ForgeRequest, type ForgeResponse, type Patience } from './http.ts'

/** A repository on GitHub or GitHub Enterprise, and who one is there. */
export interface GithubSettings {
  /** Such as `https://api.github.com`, or `https://github.example.com/api/v3`. */
  readonly apiUrl: string
  readonly graphqlUrl: string
  readonly token: string
  readonly owner: string
  readonly repo: string
}

export interface PullRequest {
  readonly number: number
  readonly state: string
  readonly merged: boolean
  readonly headSha: string
  /** `owner/name`; undefined when the fork has been deleted. */
  readonly headRepo: string | undefined
}

export interface Comment {
  readonly id: number
  readonly nodeId: string
  readonly body: string
  readonly author: string
}

export interface Annotation {
  readonly path: string
  readonly line: number
  readonly level: 'notice' | 'warning' | 'failure'
  readonly title: string
  readonly message: string
}

export interface CheckRun {
  readonly name: string
  readonly headSha: string
  /** Tells this content from another one. */
  readonly externalId: string
  readonly conclusion: 'success' | 'failure' | 'action_required'
  readonly title: string
  readonly summary: string
  readonly text: string | undefined
  readonly annotations: readonly Annotation[]
}

export interface Issue {
  readonly number: number
  readonly title: string
  readonly body: string
  readonly state: string
}

/** Annotations that one request takes. */
const annotationsPerRequest = 50
const perPage = 100
/** More pages than any pull request has comments. */
const mostPages = 100

/** The few requests to GitHub that are needed here. Everything throws ForgeError. */
export class Github {
  readonly #settings: GithubSettings
  readonly #http: ForgeHttp

  constructor(settings: GithubSettings, patience?: Patience) {
    this.#settings = settings
    this.#http = new ForgeHttp(patience)
  }

  async pullRequest(number: number): Promise<PullRequest> {
    const { json } = await this.#rest('GET', `/pulls/${number}`)
    const o = json as { state?: unknown; merged?: unknown; head?: { sha?: unknown; repo?: { full_name?: unknown } | null } }
    return {
      number,
      state: String(o.state),
      merged: o.merged === true,
      headSha: String(o.head?.sha),
      headRepo: typeof o.head?.repo?.full_name === 'string' ? o.head.repo.full_name : undefined,
    }
  }

  /** Open pull requests of a branch. @param head `owner:branch` */
  async openPullRequests(head: string): Promise<readonly { readonly number: number; readonly headSha: string }[]> {
    const items = await this.#pages(`/pulls?state=open&head=${encodeURIComponent(head)}&per_page=${perPage}`)
    return items.map((item) => {
      const o = item as { number?: unknown; head?: { sha?: unknown } }
      return { number: Number(o.number), headSha: String(o.head?.sha) }
    })
  }

  /** Of a pull request or an issue, oldest first. */
  async comments(number: number): Promise<readonly Comment[]> {
    const items = await this.#pages(`/issues/${number}/comments?per_page=${perPage}`)
    return items.map(commentFrom)
  }

  /** Not repeated when it is unclear whether it was done: then ForgeError is `ambiguous`. */
  async createComment(number: number, body: string): Promise<Comment> {
    const { json } = await this.#rest('POST', `/issues/${number}/comments`, { body }, { once: true })
    return commentFrom(json)
  }

  /** @returns undefined when there is no such comment any more */
  async updateComment(id: number, body: string): Promise<Comment | undefined> {
    const { status, json } = await this.#rest('PATCH', `/issues/comments/${id}`, { body }, { expected: [404, 410] })
    return status === 404 || status === 410 ? undefined : commentFrom(json)
  }

  /** The login that comments of this token have; undefined when the service does not say. */
  async viewer(): Promise<string | undefined> {
    try {
      const data = (await this.#graphql('query { viewer { login } }', {})) as { viewer?: { login?: unknown } }
      return typeof data.viewer?.login === 'string' ? data.viewer.login : undefined
    } catch (error) {
      if (error instanceof ForgeError && error.status !== 401 && error.kind === 'status') return undefined
      throw error
    }
  }

  /** Which of these comments are minimised, by node id. */
  async minimised(nodeIds: readonly string[]): Promise<ReadonlySet<string>> {
    const found = new Set<string>()
    for (let i = 0; i < nodeIds.length; i += perPage) {
      const query = 'query($ids: [ID!]!) { nodes(ids: $ids) { ... on IssueComment { id isMinimized } } }'
      const data = (await this.#graphql(query, { ids: nodeIds.slice(i, i + perPage) })) as {
        nodes?: readonly ({ id?: string; isMinimized?: boolean } | null)[]
      }
      for (const node of data.nodes ?? []) if (node?.isMinimized === true && node.id !== undefined) found.add(node.id)
    }
    return found
  }

  async minimise(nodeId: string): Promise<void> {
    const mutation =
      'mutation($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized } } }'
    await this.#graphql(mutation, { id: nodeId })
  }

  async unminimise(nodeId: string): Promise<void> {
    await this.#graphql('mutation($id: ID!) { unminimizeComment(input: { subjectId: $id }) { unminimizedComment { isMinimized } } }', {
      id: nodeId,
    })
  }

  /** Whether a commit has a check run of this name and content. */
  async hasCheckRun(sha: string, name: string, externalId: string): Promise<boolean> {
    const { json } = await this.#rest('GET', `/commits/${sha}/check-runs?check_name=${encodeURIComponent(name)}&per_page=${perPage}`)
    const { check_runs: runs } = json as { check_runs?: readonly { name?: string; external_id?: string }[] }
    return (runs ?? []).some((run) => run.name === name && run.external_id === externalId)
  }

  /** Creates a finished check run; annotations follow in as many requests as they take. */
  async createCheckRun(run: CheckRun): Promise<void> {
    const chunks: (readonly Annotation[])[] = []
    for (let i = 0; i < run.annotations.length; i += annotationsPerRequest) chunks.push(run.annotations.slice(i, i + annotationsPerRequest))
    const output = (annotations: readonly Annotation[]) => ({
      title: run.title,
      summary: run.summary,
      ...(run.text === undefined ? {} : { text: run.text }),
      annotations: annotations.map((a) => ({
        path: a.path,
        start_line: a.line,
        end_line: a.line,
        annotation_level: a.level,
        title: a.title,
        message: a.message,
      })),
    })
    const body = {
      name: run.name,
      head_sha: run.headSha,
      external_id: run.externalId,
      status: 'completed',
      conclusion: run.conclusion,
      output: output(chunks[0] ?? []),
    }
    const { json } = await this.#rest('POST', '/check-runs', body)
    const { id } = json as { id?: unknown }
    for (const chunk of chunks.slice(1)) await this.#rest('PATCH', `/check-runs/${String(id)}`, { output: output(chunk) })
  }

  /** Issues with a label, open ones only unless told otherwise; newest first. */
  async issues(label: string): Promise<readonly Issue[]> {
    const items = await this.#pages(`/issues?state=all&labels=${encodeURIComponent(label)}&per_page=${perPage}`)
    return items.filter((item) => !(typeof item === 'object' && item !== null && 'pull_request' in item)).map(issueFrom)
  }

  async createIssue(issue: { title: string; body: string; labels: readonly string[] }): Promise<Issue> {
    const { json } = await this.#rest('POST', '/issues', issue, { once: true })
    return issueFrom(json)
  }

  async updateIssue(number: number, changes: { title?: string; body?: string; state?: 'open' | 'closed' }): Promise<void> {
    await this.#rest('PATCH', `/issues/${number}`, changes)
  }

  async createIssueComment(number: number, body: string): Promise<void> {
    await this.#rest('POST', `/issues/${number}/comments`, { body }, { once: true })
  }

  /** Who has approved a run of a workflow that waits for reviewers of an environment. */
  async approvals(runId: string): Promise<readonly string[]> {
    const { json } = await this.#rest('GET', `/actions/runs/${runId}/approvals`)
    const reviews = Array.isArray(json) ? (json as readonly { state?: unknown; user?: { login?: unknown } }[]) : []
    return [...new Set(reviews.flatMap(({ state, user }) => (state === 'approved' && typeof user?.login === 'string' ? [user.login] : [])))]
  }

  /** Whether a user belongs to a team of an organization; false also where the token may not know. */
  async isMember(organization: string, team: string, login: string): Promise<boolean> {
    const url = `${this.#settings.apiUrl}/orgs/${encodeURIComponent(organization)}/teams/${encodeURIComponent(team)}/memberships/${encodeURIComponent(login)}`
    const { status, json } = await this.#http.send(this.#request('GET', url), [403, 404])
    return status === 200 && (json as { state?: unknown }).state === 'active'
  }

  async #pages(path: string): Promise<readonly unknown[]> {
    const items: unknown[] = []
    let url: string | undefined = this.#url(path)
    for (let page = 0; url !== undefined && page < mostPages; page++) {
      const response: ForgeResponse = await this.#http.send(this.#request('GET', url))
      if (Array.isArray(response.json)) items.push(...(response.json as readonly unknown[]))
      const next: string | undefined = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
      // The token is for this service alone.
      url = next !== undefined && new URL(next).origin === new URL(this.#settings.apiUrl).origin ? next : undefined
    }
    return items
  }

  #rest(
    method: ForgeRequest['method'],
    path: string,
    body?: unknown,
    options: { readonly once?: boolean; readonly expected?: readonly number[] } = {},
  ): Promise<ForgeResponse> {
    return this.#http.send({ ...this.#request(method, this.#url(path)), body, once: options.once === true }, options.expected)
  }

  async #graphql(query: string, variables: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { json } = await this.#http.send({ ...this.#request('POST', this.#settings.graphqlUrl), body: { query, variables } })
    const { data, errors } = (json ?? {}) as { data?: unknown; errors?: readonly { message?: unknown; type?: unknown }[] }
    if (errors !== undefined && errors.length > 0) {
      const said = errors
        .map((e) => String(e.message))
        .join('; ')
        .slice(0, 500)
      const limited = errors.some((e) => e.type === 'RATE_LIMITED')
      throw new ForgeError(limited ? 'rateLimit' : 'status', 200, `The GraphQL service answered: ${said}`, said)
    }
    return data ?? {}
  }

  #url(path: string): string {
    const { apiUrl, owner, repo } = this.#settings
    return `${apiUrl}/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}${path}`
  }

  #request(method: ForgeRequest['method'], url: string): ForgeRequest {
    return {
      method,
      url,
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${this.#settings.token}`,
        'content-type': 'application/json',
        'user-agent': 'landform',
        'x-github-api-version': '2022-11-28',
      },
    }
  }
}

function commentFrom(json: unknown): Comment {
  const o = (json ?? {}) as { id?: unknown; node_id?: unknown; body?: unknown; user?: { login?: unknown } | null }
  return { id: Number(o.id), nodeId: String(o.node_id ?? ''), body: String(o.body ?? ''), author: String(o.user?.login ?? '') }
}

function issueFrom(json: unknown): Issue {
  const o = (json ?? {}) as { number?: unknown; title?: unknown; body?: unknown; state?: unknown }
  return { number: Number(o.number), title: String(o.title ?? ''), body: String(o.body ?? ''), state: String(o.state ?? '') }
}

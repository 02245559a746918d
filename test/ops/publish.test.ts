import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { main } from '../../src/command/main.ts'
import { compareRuns, type Memory, readMarker, withoutMarker } from '../../src/ops/comment/index.ts'
import { ForgeHttp } from '../../src/ops/forge/http.ts'
import { type CommentText, ForgeError, forgeDiagnostic, Github, type Patience, publishComment } from '../../src/ops/forge/index.ts'
import { FakeGithub } from './_github.ts'
import { created, planDocument, resource } from './_plans.ts'

let server: FakeGithub
let api: string
let slept: number[]
beforeEach(async () => {
  server = new FakeGithub()
  server.pull(7)
  api = await server.start()
  slept = []
})
afterEach(() => server.stop())

const patience = (): Patience => ({
  tries: 6,
  timeoutMs: 5000,
  longestWaitMs: 300_000,
  sleep: async (ms) => void slept.push(ms),
  now: Date.now,
  random: () => 0.5,
})
const github = (): Github =>
  new Github({ apiUrl: api, graphqlUrl: api.replace('/v3', '/graphql'), token: server.token, owner: 'acme', repo: 'shop' }, patience())

const memory = (commit: string): Memory => ({ commit, seen: new Map(), since: undefined })
const publish = (run: readonly number[], parts: readonly string[], client = github(), pullRequest = 7) =>
  publishComment(client, { pullRequest, id: 'plan', run, render: (): CommentText => ({ parts, memory: memory(run.join('.')) }) })

/** The parts that a reader sees. */
const shown = (): readonly string[] =>
  server.comments.filter((c) => !c.isMinimized && readMarker(c.body) !== undefined).map((c) => withoutMarker(c.body))

describe('one comment, edited in place', () => {
  test('created, left alone, edited, divided, and whole again', async () => {
    expect((await publish([1], ['one'])).kind).toBe('created')
    const writes = server.writes().length
    expect((await publish([2], ['one'])).kind).toBe('unchanged')
    expect(server.writes().length).toBe(writes)
    expect((await publish([3], ['two'])).kind).toBe('updated')
    expect(server.comments).toHaveLength(1)
    await publish([4], ['a', 'b', 'c'])
    expect(shown()).toEqual(['a', 'b', 'c'])
    await publish([5], ['d'])
    expect(shown()).toEqual(['d'])
    expect(server.comments).toHaveLength(3)
    expect(server.comments.filter((c) => c.isMinimized)).toHaveLength(2)
    await publish([6], ['e', 'f'])
    expect(shown()).toEqual(['e', 'f'])
    expect(server.comments).toHaveLength(3)
  })

  test('an older run does not overwrite a newer one, whatever the order of their ends', async () => {
    await publish([20, 1], ['new'])
    expect((await publish([19, 9], ['old'])).kind).toBe('superseded')
    expect((await publish([20, 2], ['again'])).kind).toBe('updated')
    expect(shown()).toEqual(['again'])
  })

  test('deleted by hand it is written anew; edited by hand it is put right', async () => {
    await publish([1], ['a', 'b'])
    server.comments.shift()
    await publish([2], ['a', 'b'])
    expect([...shown()].sort()).toEqual(['a', 'b'])
    server.comments.find((c) => c.body.endsWith('\na'))!.body += '\nand a word of mine'
    expect((await publish([3], ['a', 'b'])).kind).toBe('updated')
    expect([...shown()].sort()).toEqual(['a', 'b'])
  })

  test('a marker in the comment of somebody else is not ours', async () => {
    const forged = server.say(7, '<!-- landform:comment v=1 id=plan run=999999999999 part=0 -->\nplease merge')
    expect((await publish([1], ['real'])).kind).toBe('created')
    expect(forged.body).toContain('please merge')
    expect(server.comments).toHaveLength(2)
  })

  test('nor is one in the middle of a comment', async () => {
    server.say(7, 'see\n<!-- landform:comment v=1 id=plan run=9 part=0 -->\n', server.login)
    expect((await publish([1], ['real'])).kind).toBe('created')
  })

  test('a comment of a later release is left alone', async () => {
    server.say(7, '<!-- landform:comment v=2 -->\nfuture', server.login)
    expect((await publish([1], ['x'])).kind).toBe('newerVersion')
    expect(server.writes()).toEqual([])
  })

  test('among more than a hundred comments it is found', async () => {
    for (let i = 0; i < 150; i++) server.say(7, `talk ${i}`)
    await publish([1], ['x'])
    for (let i = 0; i < 120; i++) server.say(7, `talk ${i}`)
    expect((await publish([2], ['y'])).kind).toBe('updated')
    expect(shown()).toEqual(['y'])
  })

  test('where nobody says who one is, it is the workflow', async () => {
    server.viewerKnown = false
    await publish([1], ['x'])
    await publish([2], ['y'])
    expect(server.comments).toHaveLength(1)
  })

  test('two runs at once: the newer text stays, in one comment', async () => {
    await Promise.all([publish([1], ['old']), publish([2], ['new'])])
    expect(shown()).toEqual(['new'])
  })

  test('a run that read before another wrote, and writes after it, notices', async () => {
    await publish([1], ['first'])
    let once = true
    server.onRequest = ({ method, path }) => {
      if (!once || method !== 'PATCH' || !path.includes('/comments/')) return
      once = false
      // The newer run gets in between.
      server.comments[0]!.body = '<!-- landform:comment v=1 id=plan run=3 part=0 -->\nnewest'
    }
    await publish([2], ['second'])
    await publish([3], ['newest'])
    expect(shown()).toEqual(['newest'])
  })

  test('any runs in any order, some of them twice and with faults in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            run: fc.integer({ min: 1, max: 9 }),
            parts: fc.integer({ min: 1, max: 4 }),
            fault: fc.constantFrom('none', 'lostAnswer', 'reset', '502', 'limit'),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        async (runs) => {
          server.comments.length = 0
          server.faults.length = 0
          const text = (run: number, parts: number): readonly string[] =>
            Array.from({ length: parts }, (_, i) => `run ${run} of ${parts}, ${i}`)
          let newest: readonly [number, number] = [0, 0]
          for (const { run, parts, fault } of runs) {
            if (fault === 'lostAnswer' || fault === 'reset') server.faults.push({ match: /^POST .*comments$/, fault })
            if (fault === '502') server.faults.push({ match: /^(GET|PATCH)/, fault: { status: 502 } })
            if (fault === 'limit')
              server.faults.push({
                match: /./,
                fault: { status: 403, headers: { 'retry-after': '3' }, message: 'You have exceeded a secondary rate limit' },
              })
            await publish([run], text(run, parts))
            if (run >= newest[0]) newest = [run, parts]
            expect([...shown()].sort()).toEqual([...text(...newest)].sort())
          }
        },
      ),
      { numRuns: 8 },
    )
  })

  test('orders of runs', () => {
    expect(compareRuns([2], [10])).toBeLessThan(0)
    expect(compareRuns([2, 1], [2])).toBeGreaterThan(0)
    expect(compareRuns([2], [2, 0])).toBe(0)
  })
})

describe('limits and failures', () => {
  test.each<[string, object, (slept: readonly number[]) => boolean]>([
    ['5xx', { status: 503 }, ([ms]) => ms === 500],
    ['retry-after', { status: 429, headers: { 'retry-after': '7' } }, ([ms]) => ms === 7500],
    ['403 with retry-after', { status: 403, headers: { 'retry-after': '2' }, message: 'secondary rate limit' }, ([ms]) => ms === 2500],
    ['a secondary limit without a time', { status: 403, message: 'You have exceeded a secondary rate limit.' }, ([ms]) => ms === 60_000],
    [
      'the hourly limit',
      {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 20) },
        message: 'API rate limit exceeded',
      },
      ([ms]) => ms! > 5000 && ms! < 25_000,
    ],
  ])('waits for %s', async (_name, fault, right) => {
    server.faults.push({ match: /GET .*comments/, fault: fault as never })
    await publish([1], ['x'])
    expect(shown()).toEqual(['x'])
    expect(slept).toHaveLength(1)
    expect(right(slept)).toBe(true)
  })

  test('waits longer each time, and not for ever', async () => {
    for (let i = 0; i < 9; i++) server.faults.push({ match: /comments/, fault: { status: 502 } })
    await expect(publish([1], ['x'])).rejects.toMatchObject({ name: 'ForgeError', status: 502 })
    expect(slept).toEqual([500, 1000, 2000, 4000, 8000])
  })

  test('a limit that lasts an hour is told', async () => {
    server.faults.push({
      match: /comments/,
      fault: {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3600) },
        message: 'API rate limit exceeded for installation',
      },
    })
    const error = await publish([1], ['x']).catch((e: unknown) => e)
    expect(forgeDiagnostic(error, 'comment')).toMatchObject({ summary: 'The rate limit of GitHub is reached' })
    expect(slept).toEqual([])
  })

  test('who never answers is not waited for', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`
    const http = new ForgeHttp({ ...patience(), tries: 2, timeoutMs: 60 })
    await expect(http.send({ method: 'GET', url, headers: {} })).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringMatching(/could not be reached: no answer in time$/),
    })
    await expect(http.send({ method: 'POST', url, headers: {}, body: {}, once: true })).rejects.toMatchObject({ kind: 'ambiguous' })
    silent.closeAllConnections()
    silent.close()
  })

  test('a create whose answer got lost is not done twice', async () => {
    server.faults.push({ match: /^POST .*\/comments$/, fault: 'lostAnswer' })
    await publish([1], ['x'])
    expect(server.comments).toHaveLength(1)
  })

  test('more than 65,536 characters are refused by the service', async () => {
    const error = await publish([1], ['😀'.repeat(65_530)]).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ForgeError)
    expect(forgeDiagnostic(error, 'comment')).toMatchObject({
      summary: 'GitHub refuses the content',
      detail: expect.stringContaining('65536'),
    })
  })
})

describe('landform comment', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'landform-comment-'))
    write('plan.json', JSON.stringify(planDocument([created(1)])))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text)

  async function run(args: readonly string[], environment: Readonly<Record<string, string | undefined>> = {}) {
    let out = ''
    let err = ''
    const code = await main({
      argv: ['comment', ...args],
      programName: 'landform',
      environment: { NO_COLOR: '1', GITHUB_TOKEN: server.token, GITHUB_REPOSITORY: 'acme/shop', GITHUB_API_URL: api, ...environment },
      cwd: () => dir,
      chdir: () => {},
      streams: {
        out: (text) => {
          out += text
        },
        err: (text) => {
          err += text
        },
        readLine: async () => undefined,
        readAll: async () => '',
        close: () => {},
        outIsTerminal: false,
        inIsTerminal: false,
        columns: 200,
      },
    })
    return { code, out, err }
  }

  test('posts, and says so', async () => {
    expect(await run(['--pr', '7', '--plan-json', 'stage=plan.json'])).toEqual({
      code: 0,
      out: 'Comment created: 1 to add (1 part)\n',
      err: '',
    })
    expect(await run(['--pr', '7', '--plan-json', 'stage=plan.json'])).toEqual({
      code: 0,
      out: 'Comment is up to date: 1 to add (1 part)\n',
      err: '',
    })
    write('plan.json', JSON.stringify(planDocument([created(1), created(2)])))
    expect((await run(['--pr', '7', '--plan-json', 'stage=plan.json'])).out).toContain('Comment updated: 2 to add')
    expect(shown()[0]).toContain('Since the last run: 1 new')
    expect(shown()[0]).toContain('aws_ssm_parameter.setting[2]')
  })

  test('in a workflow everything is known: number, run, summary, check run', async () => {
    write('event.json', JSON.stringify({ pull_request: { number: 7 } }))
    const workflow = {
      GITHUB_ACTIONS: 'true',
      GITHUB_EVENT_PATH: join(dir, 'event.json'),
      GITHUB_RUN_ID: '123',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_STEP_SUMMARY: join(dir, 'summary.md'),
    }
    write('plan.json', JSON.stringify(planDocument(Array.from({ length: 1200 }, (_, i) => created(i, 300)))))
    expect(await run(['-plan-json=stage=plan.json', '-artefact=out'], workflow)).toMatchObject({ code: 0, err: '' })
    expect(shown()).toHaveLength(4)
    expect(shown()[0]).toContain('https://github.com/acme/shop/actions/runs/123')
    expect(server.runs).toHaveLength(1)
    expect(server.runs[0]).toMatchObject({ head_sha: 'a'.repeat(40), conclusion: 'success', name: 'landform plan' })
    expect(server.runs[0]!.output.text!.length).toBeGreaterThan(50_000)
    expect(readFileSync(join(dir, 'summary.md'), 'utf8')).toContain('### Landform plan: 1,200 to add')
    const whole = readFileSync(join(dir, 'out/comment.md'), 'utf8')
    for (let i = 0; i < 1200; i += 97) expect(whole).toContain(`aws_ssm_parameter.setting[${i}]`)
    const before = server.writes().length
    expect(await run(['-plan-json=stage=plan.json'], { ...workflow, GITHUB_RUN_ATTEMPT: '2' })).toMatchObject({ code: 0 })
    expect(server.writes().length).toBe(before)
    expect((await run(['-plan-json=stage=plan.json'], { ...workflow, GITHUB_RUN_ID: '122' })).out).toContain('A newer run has written')
  })

  test('annotations at lines of the sources, fifty a request', async () => {
    const change = (i: number) => ({
      address: `a.b[${i}]`,
      action: 'delete',
      source: { path: 'environments/stage.ts', line: i + 1 },
      lines: [],
    })
    write(
      'report.json',
      JSON.stringify({
        kind: 'landform-plan-report',
        version: 1,
        stacks: [{ environment: 'stage', stack: 'stage', status: 'planned', changes: Array.from({ length: 120 }, (_, i) => change(i)) }],
      }),
    )
    expect(await run(['-pr=7', '-report=report.json', '-check'])).toMatchObject({ code: 0, err: '' })
    expect(server.runs[0]!.annotations).toHaveLength(120)
    expect(server.runs[0]!.annotations[3]).toMatchObject({
      path: 'environments/stage.ts',
      start_line: 4,
      annotation_level: 'warning',
      title: 'stage: is destroyed',
    })
  })

  test.each<[string, readonly string[], () => Readonly<Record<string, string | undefined>> | void, string, string]>([
    [
      'no token',
      ['-pr=7', '-plan-json=plan.json'],
      () => ({ GITHUB_TOKEN: undefined }),
      'No token for GitHub',
      'set GITHUB_TOKEN, or name a file with -token-file',
    ],
    [
      'a wrong token',
      ['-pr=7', '-plan-json=plan.json'],
      () => ({ GITHUB_TOKEN: 'ghp_wrongwrongwrongwrong' }),
      'GitHub refuses the token',
      'Hand over a valid one in GITHUB_TOKEN',
    ],
    [
      'a token with a newline in it',
      ['-pr=7', '-plan-json=plan.json'],
      () => ({ GITHUB_TOKEN: 'a\nb' }),
      'Invalid token for GitHub',
      'Set GITHUB_TOKEN to the token alone',
    ],
    [
      'no repository',
      ['-pr=7', '-plan-json=plan.json'],
      () => ({ GITHUB_REPOSITORY: undefined }),
      'Which repository?',
      'Name it as OWNER/NAME with -repo',
    ],
    ['no such pull request', ['-pr=8', '-plan-json=plan.json'], () => {}, 'Not found on GitHub', 'Check the repository and the number'],
    ['no number', ['-plan-json=plan.json'], () => {}, 'Which pull request?', 'Name the pull request with -pr=N'],
    ['a wrong number', ['-pr=x', '-plan-json=plan.json'], () => {}, 'Invalid pull request', 'as in -pr=7'],
    [
      'a closed one',
      ['-pr=7', '-plan-json=plan.json'],
      () => void (server.pulls.get(7)!.state = 'closed'),
      'The pull request is closed',
      'Open it again, or use -file=PATH',
    ],
    [
      'a fork, whose token only reads',
      ['-pr=7', '-plan-json=plan.json'],
      () => void (server.mayWrite = false),
      'The token may not do this',
      'permissions: { pull-requests: write, checks: write }',
    ],
    [
      'a locked conversation',
      ['-pr=7', '-plan-json=plan.json'],
      () => void (server.pulls.get(7)!.locked = true),
      'The conversation is locked',
      'Unlock the conversation',
    ],
    ['nothing was planned', ['-pr=7'], () => {}, 'No plan to comment on', 'landform env plan all'],
    ['no such file', ['-pr=7', '-plan-json=nothing.json'], () => {}, 'File cannot be read', 'Name the file that the plan was written to'],
    [
      'no plan',
      ['-pr=7', '-plan-json=event.json'],
      () => write('event.json', '{}'),
      'Not a plan',
      'terraform show -json tfplan > plan.json',
    ],
    [
      'nobody there',
      ['-pr=7', '-plan-json=plan.json', '-api-url=ftp://x'],
      () => {},
      'Invalid address',
      'An example: https://github.example.com/api/v3',
    ],
    [
      'a later release',
      ['-pr=7', '-plan-json=plan.json'],
      () => void server.say(7, '<!-- landform:comment v=9 -->\n', server.login),
      'The comment is of a newer release',
      'Use the same release in all runs, or delete the comment',
    ],
    [
      'wrong settings',
      ['-pr=7', '-plan-json=plan.json'],
      () => write('landform.json', '{"protect":[{"address":"a.*","on":"always","reason":"x"}]}'),
      'Invalid settings',
      'protect[0]: "on" must be one of destroy, replace, change',
    ],
  ])('%s', async (_name, args, prepare, summary, remedy) => {
    const { code, err, out } = await run(args, prepare() ?? {})
    expect(code).toBe(1)
    expect(err).toContain(`Error: ${summary}`)
    expect(err.replace(/\n│ /g, ' ')).toContain(remedy)
    expect(err + out).not.toMatch(/ghs_test|wrongwrong/)
    expect(server.comments.filter((c) => c.user.login !== 'mallory' && !c.body.includes('v=9'))).toEqual([])
  })

  test('a token that may not make check runs still comments', async () => {
    server.mayMakeChecks = false
    const { code, out } = await run(['-pr=7', '-plan-json=plan.json'], { GITHUB_ACTIONS: 'true' })
    expect(code).toBe(0)
    expect(out).toContain('Warning: The token may not do this')
    expect(server.comments).toHaveLength(1)
  })

  test('address patterns of landform.json protect in plain folders', async () => {
    write(
      'landform.json',
      JSON.stringify({ protect: [{ address: 'aws_s3_bucket.*', on: 'destroy', reason: 'holds the logs', approvers: ['@acme/ops'] }] }),
    )
    write(
      'plan.json',
      JSON.stringify(planDocument([created(1), resource('aws_s3_bucket.logs["a"]', ['delete'], { before: { bucket: 'logs' } })])),
    )
    expect((await run(['-pr=7', '-plan-json=plan.json'])).code).toBe(0)
    expect(shown()[0]).toContain('<b>1 protected</b>')
    expect(shown()[0]).toContain('<b>protected</b> on destroy: <code>holds the logs</code>; approvers: <code>@acme/ops</code>')
  })

  test('started as terraform there is no such command', async () => {
    const code = await main({
      argv: ['comment'],
      programName: 'terraform',
      environment: {},
      cwd: () => dir,
      chdir: () => {},
      streams: {
        out() {},
        err() {},
        readLine: async () => undefined,
        readAll: async () => '',
        close() {},
        outIsTerminal: false,
        inIsTerminal: false,
        columns: 80,
      },
    })
    expect(code).toBe(1)
  })

  test('1,000 changes take at most half a second of CPU to render and post', async () => {
    write('plan.json', JSON.stringify(planDocument(Array.from({ length: 1000 }, (_, i) => created(i)))))
    const times: number[] = []
    for (let i = 0; i < 4; i++) {
      server.comments.length = 0
      const began = process.cpuUsage()
      expect((await run(['-pr=7', '-plan-json=plan.json'])).code).toBe(0)
      const { user, system } = process.cpuUsage(began)
      times.push((user + system) / 1e6)
    }
    expect(Math.min(...times)).toBeLessThan(0.5)
  })
})

import { createServer, type IncomingMessage } from 'node:http'

export interface SeenRequest {
  readonly action: string
  readonly accessKey: string
  readonly token: string | undefined
  readonly form: URLSearchParams
}

/** An answer: XML of the result, or an error. */
export type Answer = string | { readonly status: number; readonly code: string; readonly message?: string }

export interface FakeAws {
  readonly url: string
  readonly seen: SeenRequest[]
  stop(): Promise<void>
}

/** A server for the query protocol that answers what it is told and remembers what it was asked. */
export async function startFakeAws(answer: (request: SeenRequest) => Answer): Promise<FakeAws> {
  const seen: SeenRequest[] = []
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await bodyOf(request))
    const action = form.get('Action') ?? ''
    const accessKey = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const token = request.headers['x-amz-security-token'] as string | undefined
    const one: SeenRequest = { action, accessKey, token, form }
    seen.push(one)
    const result = answer(one)
    const [status, xml] =
      typeof result === 'string'
        ? [200, `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`]
        : [
            result.status,
            `<ErrorResponse><Error><Code>${result.code}</Code><Message>${result.message ?? ''}</Message></Error></ErrorResponse>`,
          ]
    response.writeHead(status, { 'content-type': 'text/xml' }).end(xml)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** What STS says to each caller: roles give keys named after them, the identity is that of the account. */
export function sts(account = '111122223333') {
  return ({ action, form }: SeenRequest): Answer => {
    if (action === 'GetCallerIdentity')
      return `<Account>${account}</Account><Arn>arn:aws:iam::${account}:user/x</Arn><UserId>AIDAX</UserId>`
    const role = form.get('RoleArn')?.split('/').at(-1)
    return `<Credentials><AccessKeyId>ASIA${role}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>token-${role}</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>`
  }
}

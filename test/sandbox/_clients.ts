import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/index.ts'

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true'

interface ClientConfig {
  readonly region: string
  readonly endpoint: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly maxAttempts: number
}

/** Settings of an SDK client that calls a sandbox; in open mode an account id is a key of that account. */
export function clientConfig(sandbox: Sandbox, account = '123456789012', region = 'eu-central-1'): ClientConfig {
  return { region, endpoint: sandbox.url, credentials: { accessKeyId: account, secretAccessKey: 'test' }, maxAttempts: 1 }
}

/** A sandbox in memory whose ids repeat. */
export function testSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  return startSandbox({ seed: 'test', ...options })
}

/** `CODE: message` of the error that a call ends with. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`
  }
  throw new Error('The call was expected to fail.')
}

/** The code of the error that a call ends with; `none` when it succeeds. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'none'
  } catch (error) {
    return (error as Error).name
  }
}

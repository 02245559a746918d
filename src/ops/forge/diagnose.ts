import type { Diagnostic } from '../../diags/index.ts'
import { ForgeError } from './http.ts'

/**
 * Says what went wrong at GitHub and what to do about it.
 *
 * @param doing what was being done, such as `comment on the pull request 7 of acme/shop`.
 * @throws the error itself when it is of another kind
 */
export function forgeDiagnostic(error: unknown, doing: string): Diagnostic {
  if (!(error instanceof ForgeError)) throw error
  const { status, said } = error
  const say = (summary: string, detail: string): Diagnostic => ({ severity: 'error', summary, detail: `Could not ${doing}. ${detail}` })
  if (error.kind === 'rateLimit') {
    return say(
      'The rate limit of GitHub is reached',
      `GitHub said: ${said}. The limit lasts longer than is waited for. Run the command again later; the plan need not be made again.`,
    )
  }
  if (error.kind === 'network' || status === undefined) {
    return say(
      'GitHub cannot be reached',
      `${error.message}. Check the network, and the address if it is not github.com: -api-url or GITHUB_API_URL. Running the command again is safe.`,
    )
  }
  if (status === 401)
    return say(
      'GitHub refuses the token',
      `GitHub said: ${said}. The token has expired or is not one of this server. Hand over a valid one in GITHUB_TOKEN, or in the file that -token-file names.`,
    )
  if (status === 403 && /locked/i.test(said)) {
    return say('The conversation is locked', 'Nobody may write to it. Unlock the conversation, or use the job summary or -file instead.')
  }
  if (status === 403) {
    return say(
      'The token may not do this',
      `GitHub said: ${said}. In a workflow, grant the right with\n    permissions: { pull-requests: write, checks: write }\n\nPull requests from forks get a token that only reads: let one workflow write the report as an artefact, and a second one, started by workflow_run, render it.`,
    )
  }
  if (status === 404) {
    return say('Not found on GitHub', `There is nothing at this address, or the token may not see it. Check the repository and the number.`)
  }
  if (status === 410) return say('Gone from GitHub', 'It has been deleted, or issues are turned off for this repository.')
  if (status === 422) return say('GitHub refuses the content', `GitHub said: ${said}.`)
  return say('GitHub does not answer as expected', `${error.message}. Running the command again is safe.`)
}

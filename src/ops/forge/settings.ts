import { readFileSync } from 'node:fs'
import type { Diagnostics } from '../../diags/index.ts'
import type { GithubSettings } from './github.ts'

export interface GivenForge {
  readonly repository: string | undefined
  readonly apiUrl: string | undefined
  /** File that holds the token. */
  readonly tokenFile: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Where the token is looked for, in this order. */
const tokenVariables = ['LANDFORM_GITHUB_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN', 'GH_ENTERPRISE_TOKEN', 'GITHUB_ENTERPRISE_TOKEN'] as const

/** Repository and token from flags and from what GitHub's runners set. Undefined with diagnostics that say what is missing. */
export function readForgeSettings(given: GivenForge, environment: Environment, diags: Diagnostics): GithubSettings | undefined {
  const token = findToken(given, environment, diags)
  const repository = given.repository || environment.GITHUB_REPOSITORY || ''
  const match = /^([\w.-]+)\/([\w.-]+)$/.exec(repository)
  if (match === null) {
    diags.error(
      repository === '' ? 'Which repository?' : 'Invalid repository',
      `${repository === '' ? 'The repository is not known' : `${JSON.stringify(repository)} is no repository`}. Name it as OWNER/NAME with -repo, or in the environment variable GITHUB_REPOSITORY, which GitHub's own runners set.`,
    )
  }
  const apiUrl = (given.apiUrl || environment.GITHUB_API_URL || 'https://api.github.com').replace(/\/+$/, '')
  if (!isHttpUrl(apiUrl))
    diags.error('Invalid address', `${JSON.stringify(apiUrl)} is no address of GitHub's API. An example: https://github.example.com/api/v3`)
  if (token === undefined || match === null || !isHttpUrl(apiUrl)) return undefined
  const graphqlUrl = given.apiUrl === undefined && environment.GITHUB_GRAPHQL_URL ? environment.GITHUB_GRAPHQL_URL : graphqlUrlFor(apiUrl)
  return { apiUrl, graphqlUrl, token, owner: match[1]!, repo: match[2]! }
}

function findToken(given: GivenForge, environment: Environment, diags: Diagnostics): string | undefined {
  let token: string | undefined
  if (given.tokenFile !== undefined) {
    try {
      token = readFileSync(given.tokenFile, 'utf8').trim()
    } catch (error) {
      diags.error('The token cannot be read', `The file ${given.tokenFile} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
      return undefined
    }
  } else token = tokenVariables.map((name) => environment[name]?.trim()).find((value) => value !== undefined && value !== '')
  if (token === undefined || token === '') {
    diags.error(
      'No token for GitHub',
      'Comments are written with a token that may write to pull requests. In a workflow of GitHub, hand it over and grant the right:\n    permissions: { pull-requests: write }\n    env: { GITHUB_TOKEN: "${{ github.token }}" }\n\nElsewhere, set GITHUB_TOKEN, or name a file with -token-file. To see the comment without posting it, use -file=PATH.',
    )
    return undefined
  }
  if (/[^\x21-\x7e]/.test(token)) {
    diags.error(
      'Invalid token for GitHub',
      'The token holds characters that no token has. It was probably copied with something around it. Set GITHUB_TOKEN to the token alone, or write it into the file that -token-file names.',
    )
    return undefined
  }
  return token
}

function isHttpUrl(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol)
  } catch {
    return false
  }
}

/** `https://host/api/v3` has its GraphQL at `https://host/api/graphql`. */
function graphqlUrlFor(apiUrl: string): string {
  return apiUrl.endsWith('/api/v3') ? `${apiUrl.slice(0, -'/v3'.length)}/graphql` : `${apiUrl}/graphql`
}

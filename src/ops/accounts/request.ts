import type { Diagnostics } from '../../diags/index.ts'
import type { Organization } from '../organization.ts'

/** An account that is asked for. */
export interface AccountRequest {
  /** What the account and its environment are to be called: `dev`. */
  readonly name: string
  /** Of the root user; unique in all of AWS. */
  readonly email: string
  readonly region: string
  /** The unit of the organization that the account ends up in, below its root. */
  readonly unit: string
  /** `OWNER/NAME` on GitHub whose workflows may assume the roles; none: no trust in GitHub is set up. */
  readonly repository: string | undefined
}

/** What is wrong with a request before anybody is asked. */
export function checkRequest(request: AccountRequest, organization: Organization, diags: Diagnostics): void {
  const { name, email, repository, unit } = request
  const problem = (detail: string): void => diags.error('Invalid request for an account', detail)
  if (!/^[a-z][a-z0-9-]{0,49}$/.test(name))
    problem(
      `The name ${JSON.stringify(name)} must begin with a small letter and have at most 50 small letters, digits and hyphens: it is part of the names of resources and files.`,
    )
  if (!/^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/.test(email) || email.length > 64)
    problem(
      `${JSON.stringify(email)} is no e-mail address of at most 64 characters. Every account needs one of its own, such as aws+${name}@example.com.`,
    )
  if (repository !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(repository))
    problem(`The repository ${JSON.stringify(repository)} must be of the form OWNER/NAME.`)
  if (unit === '' || unit.length > 128) problem('The unit must have a name of at most 128 characters.')
  const other = organization.accounts.find((account) => account.email.toLowerCase() === email.toLowerCase() && account.name !== name)
  if (other !== undefined)
    problem(
      `The e-mail address ${email} belongs to the account ${other.name} (${other.id}). Use another one; most mail servers deliver aws+${name}@... to aws@....`,
    )
  const same = organization.accounts.find((account) => account.name === name)
  if (same !== undefined && same.email.toLowerCase() !== email.toLowerCase())
    problem(`The account ${name} (${same.id}) is there already, with the e-mail address ${same.email}. Use another name.`)
}

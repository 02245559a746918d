/** Who asks a registry of the OCI Distribution protocol. */
export type OciCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** The access token is sent as it is; the refresh token is traded for one where the registry names a server for that. */
  | { readonly kind: 'oauth'; readonly accessToken: string | undefined; readonly refreshToken: string | undefined }

/** Where credentials are found: themselves, or in a program that implements Docker's protocol, `docker-credential-NAME`. */
export type OciCredentialsSource = OciCredentials | { readonly kind: 'helper'; readonly name: string }

/** What the CLI configuration says of them (OpenTofu). */
export interface OciCredentialSettings {
  /** By host and perhaps the beginning of a repository's name, `example.com/team`. */
  readonly explicit: ReadonlyMap<string, OciCredentialsSource>
  /** Whether what `docker login` and the like have left in files is used. */
  readonly discover: boolean
  /** Those files, where they are not the usual ones. */
  readonly files: readonly string[] | undefined
  /** Asked for registries that nothing else is said about. */
  readonly helper: string | undefined
}

export const defaultOciSettings: OciCredentialSettings = { explicit: new Map(), discover: true, files: undefined, helper: undefined }

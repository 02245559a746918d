import { boolType, numberType, numericToJs, stringType, type Value } from '../../cty/index.ts'
import type { BlockSchema } from '../../schema/index.ts'

const text = { type: stringType, optional: true } as const
const secret = { ...text, sensitive: true } as const

/** The arguments of a `connection` block. */
export const connectionSchema: BlockSchema = {
  attributes: {
    type: text,
    user: text,
    password: secret,
    host: { type: stringType, required: true },
    port: { type: numberType, optional: true },
    timeout: text,
    script_path: text,
    target_platform: text,
    private_key: secret,
    certificate: text,
    host_key: text,
    agent: { type: boolType, optional: true },
    agent_identity: text,
    proxy_scheme: text,
    proxy_host: text,
    proxy_port: { type: numberType, optional: true },
    proxy_user_name: text,
    proxy_user_password: secret,
    bastion_host: text,
    bastion_host_key: text,
    bastion_port: { type: numberType, optional: true },
    bastion_user: text,
    bastion_password: secret,
    bastion_private_key: secret,
    bastion_certificate: text,
    // Of winrm, which is refused by name.
    https: { type: boolType, optional: true },
    insecure: { type: boolType, optional: true },
    cacert: text,
    use_ntlm: { type: boolType, optional: true },
  },
  blockTypes: {},
}

/** One end of an SSH connection. */
export interface SshHost {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | undefined
  /** PEM text. */
  readonly privateKey: string | undefined
  /** Text of a signed public key for `privateKey`. */
  readonly certificate: string | undefined
  /** A public key, as in a known_hosts file without the name; undefined: any is taken. */
  readonly hostKey: string | undefined
}

export interface SshConnection extends SshHost {
  readonly agent: boolean
  readonly timeoutMs: number
  /** Where scripts are put; `%RAND%` in it is replaced. */
  readonly scriptPath: string
  readonly bastion: SshHost | undefined
}

/** What a `connection` block says, with the defaults of Terraform; or what is wrong with it. `value` is wholly known and unmarked. */
export function readConnection(value: Value | undefined): SshConnection | { readonly problem: string } {
  if (value === undefined) return { problem: 'Missing connection configuration for provisioner.' }
  const string = (name: string): string | undefined => {
    const v = value.getAttr(name)
    return v.isNull || v.asString() === '' ? undefined : v.asString()
  }
  const number = (name: string): number | undefined => {
    const v = value.getAttr(name)
    return v.isNull ? undefined : numericToJs(v.asNumeric())
  }
  const type = string('type') ?? 'ssh'
  if (type !== 'ssh') return { problem: `The connection type "${type}" is not supported: only "ssh" is.` }
  const host = string('host')
  if (host === undefined) return { problem: 'host for provisioner cannot be empty' }
  if (string('proxy_host') !== undefined) return { problem: 'Connections through a proxy are not supported: use a bastion host.' }
  if ((string('target_platform') ?? 'unix') !== 'unix') return { problem: 'Only the target platform "unix" is supported.' }
  const timeout = string('timeout') ?? '5m'
  const timeoutMs = durationMs(timeout)
  if (timeoutMs === undefined) return { problem: `The timeout ${JSON.stringify(timeout)} is no duration such as "30s" or "5m".` }
  const user = string('user') ?? 'root'
  const own = { password: string('password'), privateKey: string('private_key') }
  const agent = value.getAttr('agent')
  const bastionHost = string('bastion_host')
  return {
    host: unbracketed(host),
    port: number('port') ?? 22,
    user,
    ...own,
    certificate: string('certificate'),
    hostKey: string('host_key'),
    agent: agent.isNull ? true : agent.asBool(),
    timeoutMs,
    scriptPath: string('script_path') ?? '/tmp/terraform_%RAND%.sh',
    bastion:
      bastionHost === undefined
        ? undefined
        : {
            host: unbracketed(bastionHost),
            port: number('bastion_port') ?? number('port') ?? 22,
            user: string('bastion_user') ?? user,
            password: string('bastion_password') ?? own.password,
            privateKey: string('bastion_private_key') ?? own.privateKey,
            certificate: string('bastion_certificate'),
            hostKey: string('bastion_host_key'),
          },
  }
}

function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `1h30m`, `90s`, `0.5m`; undefined for what is none. */
function durationMs(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/gy)]
  if (parts.length === 0 || parts.reduce((length, [part]) => length + part.length, 0) !== text.length) return undefined
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitsMs[unit!]!, 0)
}

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectionSchema, fileSchema, remoteExecSchema, runFile, runRemoteExec } from '../../src/builtin/provisioners/index.ts'
import { boolVal, listVal, objectVal, stringType, stringVal, type Value } from '../../src/cty/index.ts'
import { type BlockSchema, coerceValue } from '../../src/schema/index.ts'

/** Stands in for ssh: writes down how it was called and what it was told when asking for a password, and runs the command here. */
const ssh = `#!/bin/sh
printf '%s\\n' "$@" >> "$SSH_LOG"
if [ -n "$SSH_ASKPASS" ]; then printf 'password: %s\\n' "$($SSH_ASKPASS)" >> "$SSH_LOG"; fi
for last; do
  case "$last" in
  ProxyCommand=*) sh -c "$(printf '%s' "\${last#ProxyCommand=}" | sed 's/%%/%/g')" < /dev/null ;;
  esac
done
case "$*" in *' -W '*) exit ;; esac
exec sh -c "$last"
`

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-provisioners-'))
  writeFileSync(join(dir, 'ssh'), ssh)
  chmodSync(join(dir, 'ssh'), 0o755)
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function block(schema: BlockSchema, members: Readonly<Record<string, Value | string>>): Value {
  const given = Object.entries(members).map(([name, v]) => [name, typeof v === 'string' ? stringVal(v) : v] as const)
  return coerceValue(objectVal(given), schema)
}

async function run(
  program: typeof runFile,
  config: Value,
  connection: Readonly<Record<string, Value | string>> | undefined,
): Promise<{ lines: string[]; problems: string[]; args: string }> {
  const lines: string[] = []
  const log = join(dir, 'log')
  rmSync(log, { force: true })
  const environment = { ...process.env, PATH: `${dir}:${process.env.PATH}`, SSH_LOG: log }
  const diags = await program(config, connection && block(connectionSchema, connection), {
    output: (line) => lines.push(line),
    environment,
  })
  return { lines, problems: diags.map((d) => `${d.summary}: ${d.detail}`), args: existsSync(log) ? readFileSync(log, 'utf8') : '' }
}

const host = { host: 'example.test' }
const exec = (members: Readonly<Record<string, Value | string>>): Value => block(remoteExecSchema, members)
const file = (members: Readonly<Record<string, Value | string>>): Value => block(fileSchema, members)
const texts = (...all: string[]): Value => listVal(all.map(stringVal), stringType)

describe('remote-exec', () => {
  test('runs lines as one script and tells what they say', async () => {
    const { lines, problems, args } = await run(runRemoteExec, exec({ inline: texts('x=one', 'echo $x', 'echo two >&2') }), host)
    expect(problems).toEqual([])
    expect(lines.slice(-2).sort()).toEqual(['one', 'two'])
    expect(args).toMatch(/-l\nroot\nexample\.test\n/)
    expect(args).toContain('BatchMode=yes')
    const path = /cat > '(.*?)'/.exec(args)![1]!
    expect(path).toMatch(/^\/tmp\/terraform_\d+\.sh$/)
    expect(existsSync(path)).toBe(false)
  })

  test('runs scripts until one fails', async () => {
    writeFileSync(join(dir, 'a'), '#!/bin/sh\necho a\n')
    writeFileSync(join(dir, 'b'), '#!/bin/sh\nexit 7\n')
    const { lines, problems } = await run(runRemoteExec, exec({ scripts: texts(join(dir, 'a'), join(dir, 'b'), join(dir, 'a')) }), host)
    expect(lines.filter((l) => l === 'a')).toEqual(['a'])
    expect(problems).toEqual([
      expect.stringMatching(/^remote-exec provisioner error: error executing "\/tmp\/terraform_\d+\.sh": Process exited with status 7$/),
    ])
  })

  const refused: [string, Value, Record<string, Value | string> | undefined, RegExp][] = [
    ['nothing to run', exec({}), host, /Only one of "inline", "script", or "scripts"/],
    ['two things to run', exec({ inline: texts('a'), script: 'b' }), host, /Only one of/],
    ['no connection', exec({ inline: texts('a') }), undefined, /Missing connection configuration/],
    ['an empty host', exec({ inline: texts('a') }), { host: '' }, /host for provisioner cannot be empty/],
    ['winrm', exec({ inline: texts('a') }), { ...host, type: 'winrm' }, /"winrm" is not supported/],
    ['a timeout that is none', exec({ inline: texts('a') }), { ...host, timeout: 'soon' }, /"soon" is no duration/],
    ['a script that is not there', exec({ script: '/nowhere/x' }), host, /cannot be read/],
  ]
  test.each(refused)('refuses %s', async (_, config, connection, want) => {
    const { problems } = await run(runRemoteExec, config, connection)
    expect(problems).toEqual([expect.stringMatching(want)])
  })

  test('tells how it connects, without secrets', async () => {
    const { lines } = await run(runRemoteExec, exec({ inline: texts('true') }), {
      ...host,
      password: 'p1',
      agent: boolVal(false),
      bastion_host: 'door.test',
      bastion_private_key: 'KEY',
    })
    expect(lines).toEqual([
      'Connecting to remote host via SSH...',
      '  Host: example.test',
      '  User: root',
      '  Password: true',
      '  Private key: false',
      '  Certificate: false',
      '  SSH Agent: false',
      '  Checking Host Key: false',
      '  Target Platform: unix',
      'Using configured bastion host...',
      '  Host: door.test',
      '  User: root',
      '  Password: true',
      '  Private key: true',
      '  Certificate: false',
      '  SSH Agent: false',
      '  Checking Host Key: false',
      'Connected!',
    ])
  })

  test('each end is told its own password, also where their names are the same', async () => {
    const passwords = { password: "p'1 $x", bastion_host: 'example.test', bastion_user: '100%h', bastion_password: 'p"2 %h' }
    const { args } = await run(runRemoteExec, exec({ inline: texts('true') }), { ...host, ...passwords })
    expect(args).toContain('-l\nroot\nexample.test\n')
    expect(args).toContain('-l\n100%h\n-W\n%h:%p\nexample.test\npassword: p"2 %h\n')
    expect(args.match(/password: .*/g)?.slice(0, 2)).toEqual(["password: p'1 $x", 'password: p"2 %h'])
  })

  test('uses keys, known hosts and a bastion, and leaves none of them behind', async () => {
    const { args, problems } = await run(runRemoteExec, exec({ inline: texts('true') }), {
      ...host,
      user: 'me',
      private_key: 'KEY',
      host_key: 'ssh-ed25519 AAAA',
      bastion_host: 'door.test',
      bastion_user: 'guard',
    })
    expect(problems).toEqual([])
    expect(args).toMatch(/ProxyCommand=ssh .*-l guard -W %h:%p door\.test/)
    expect(args).toContain('StrictHostKeyChecking=yes')
    const key = /-i\n(.*)\n/.exec(args)![1]!
    expect(existsSync(key)).toBe(false)
  })
})

describe('file', () => {
  test('copies a text, a file, a folder and what is in it', async () => {
    const target = join(dir, 'target')
    mkdirSync(target, { recursive: true })
    mkdirSync(join(dir, 'folder/inner'), { recursive: true })
    writeFileSync(join(dir, 'folder/inner/x'), 'x')
    writeFileSync(join(dir, "o'file"), 'from a file')
    const to = (name: string): string => join(target, name)
    for (const config of [
      file({ content: 'a text', destination: to('text') }),
      file({ source: join(dir, "o'file"), destination: to('copy') }),
      file({ source: join(dir, "o'file"), destination: target }),
      file({ source: join(dir, 'folder'), destination: to('all') }),
      file({ source: `${join(dir, 'folder')}/`, destination: to('contents') }),
    ]) {
      expect((await run(runFile, config, host)).problems).toEqual([])
    }
    const read = ['text', 'copy', "o'file", 'all/folder/inner/x', 'contents/inner/x'].map((name) => readFileSync(to(name), 'utf8'))
    expect(read).toEqual(['a text', 'from a file', 'from a file', 'x', 'x'])
  })

  test.each([
    ['nothing', {}, /Exactly one of "source" and "content"/],
    ['both', { source: 'a', content: 'b' }, /Exactly one of/],
    ['what is not there', { source: '/nowhere/x' }, /cannot be read/],
  ])('refuses to copy %s', async (_, members, want) => {
    const { problems } = await run(runFile, file({ ...members, destination: '/x' }), host)
    expect(problems).toEqual([expect.stringMatching(want)])
  })
})

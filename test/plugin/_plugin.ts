/**
 * A provider plugin for tests, a program of its own: well behaved, except where a name asks for something else. A `name` such as
 * `crash:ReadResource` makes that call go wrong for that object alone; TEST_PLUGIN makes the whole program go wrong.
 *
 * TEST_PLUGIN: JSON of `PluginScript`.
 */

import { spawn } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  listType,
  mapType,
  msgpackToValue,
  nullVal,
  numberType,
  objectType,
  objectVal,
  rawEquals,
  stringType,
  stringVal,
  type Type,
  transformValue,
  unknownVal,
  type Value,
  valueToMsgpack,
} from '../../src/cty/index.ts'
import {
  certificateToHandshake,
  createCertificate,
  decodeMessage,
  encodeMessage,
  formatHandshake,
  GrpcError,
  type Handler,
  MAGIC_COOKIE,
  type ProcedureName,
  pluginProcedures,
  protocolOf,
  serveGrpc,
  stdioChannel,
} from '../../src/plugin/wire/index.ts'

export interface PluginScript {
  readonly protocol?: 5 | 6
  readonly network?: 'unix' | 'tcp'
  /** How it greets. */
  readonly greeting?: 'none' | 'garbage' | 'exit' | 'oldCore' | 'badCertificate' | 'version4'
  /** Each start adds a line to this file, each call too. */
  readonly journal?: string
  /** A program of its own that stays. */
  readonly spawns?: boolean
  /** Does not end when asked to. */
  readonly stubborn?: boolean
  readonly schemaOptional?: boolean
  /** Writes this many megabytes of log. */
  readonly flood?: number
  readonly noIdentities?: boolean
  readonly schemaGarbage?: boolean
  /** Has a type whose schema cannot be read. */
  readonly damagedType?: boolean
}

const script = JSON.parse(process.env.TEST_PLUGIN ?? '{}') as PluginScript
const major = script.protocol ?? 6
const tables = protocolOf(major)

const journal = (line: string): void => {
  if (script.journal !== undefined) appendFileSync(script.journal, `${line}\n`)
}

const thing = objectType([
  ['id', stringType],
  ['name', stringType],
  ['size', numberType],
  ['tags', mapType(stringType)],
  ['secret', stringType],
  ['rule', listType(objectType([['port', numberType]]))],
])
const echo = objectType([
  ['text', stringType],
  ['result', stringType],
])
const token = objectType([
  ['name', stringType],
  ['value', stringType],
])
const providerType = objectType([
  ['endpoint', stringType],
  ['mood', stringType],
])
const identity = objectType([['name', stringType]])

const type = (text: string): Uint8Array => Buffer.from(text)
const attribute = (name: string, json: string, flags: object) => ({ name, type: type(json), ...flags })
const thingSchema = {
  version: 2,
  block: {
    attributes: [
      attribute('id', '"string"', { computed: true }),
      attribute('name', '"string"', { required: true }),
      attribute('size', '"number"', { optional: true }),
      attribute('tags', '["map","string"]', { optional: true, computed: true }),
      attribute('secret', '"string"', { optional: true, sensitive: true }),
    ],
    blockTypes: [{ typeName: 'rule', nesting: 2, block: { attributes: [attribute('port', '"number"', { optional: true })] } }],
  },
}
const echoSchema = {
  block: { attributes: [attribute('text', '"string"', { required: true }), attribute('result', '"string"', { computed: true })] },
}
const tokenSchema = {
  block: { attributes: [attribute('name', '"string"', { required: true }), attribute('value', '"string"', { computed: true })] },
}
const providerSchema = {
  block: { attributes: [attribute('endpoint', '"string"', { optional: true }), attribute('mood', '"string"', { optional: true })] },
}

const value = (bytes: Value, of: Type) => ({ msgpack: valueToMsgpack(bytes, of) })
const read = (message: { msgpack: Uint8Array } | undefined, of: Type): Value =>
  message === undefined || message.msgpack.length === 0 ? nullVal(of) : msgpackToValue(message.msgpack, of)
const textOf = (v: Value, name: string): string => {
  const member = v.isKnown && !v.isNull ? v.getAttr(name) : undefined
  return member?.hasContent ? member.asString() : ''
}

/** What the object's name asks for in this call. Answers bytes instead of a message, or never, or ends. */
async function misbehave(name: string, call: ProcedureName): Promise<Uint8Array | undefined> {
  const [what, where] = name.split(':')
  if (where !== call) return undefined
  switch (what) {
    case 'crash':
      process.stderr.write('[INFO] about to fall over\n')
      process.stderr.write(`panic: no more ${call}\n\ngoroutine 1 [running]:\nmain.main()\n`)
      process.exit(2)
      break
    case 'kill':
      process.kill(process.pid, 'SIGKILL')
      return new Promise(() => {})
    case 'hang':
      return new Promise(() => {})
    case 'garbage':
      return Buffer.from('ffffffffffffffffffffff', 'hex')
    case 'big':
      return Buffer.alloc(100 * 1024 * 1024, 0x0a)
    case 'huge':
      return Buffer.alloc(300 * 1024 * 1024, 0x0a)
    case 'status':
      throw new GrpcError('INTERNAL', 'something inside')
    case 'unimplemented':
      throw new GrpcError('UNIMPLEMENTED', 'never heard')
    case 'error':
      throw new Error('plain')
    default:
  }
  return undefined
}

const objects = new Map<string, Value>()
const wrongType = objectType([['other', stringType]])

type Answer = (request: never) => Promise<object | Uint8Array> | object | Uint8Array

function on<N extends ProcedureName>(
  name: N,
  handle: (request: ReturnType<typeof decode<N>>) => Promise<object | Uint8Array> | object | Uint8Array,
) {
  return [name, handle as Answer] as const
}
function decode<N extends ProcedureName>(name: N, bytes: Uint8Array) {
  return decodeMessage(tables.procedures[name].request as (typeof tables.procedures)[N]['request'], bytes)
}

let mood = ''
const answers = new Map<ProcedureName, Answer>([
  on('getProviderSchema', () => {
    if (script.schemaGarbage) return Buffer.from('0a', 'hex')
    const bytes = (schema: object) => encodeMessage(tables.Schema, schema)
    return {
      provider: providerSchema,
      resourceSchemas: new Map([
        ['probe_thing', bytes(thingSchema)],
        ...(script.damagedType ? ([['probe_damaged', Buffer.from('ff', 'hex')]] as const) : []),
      ]),
      dataSourceSchemas: new Map([['probe_echo', bytes(echoSchema)]]),
      ephemeralResourceSchemas: new Map([['probe_token', bytes(tokenSchema)]]),
      providerMeta: { block: { attributes: [attribute('module', '"string"', { optional: true })] } },
      serverCapabilities: { planDestroy: true, getProviderSchemaOptional: script.schemaOptional ?? false, moveResourceState: true },
      functions: new Map([
        [
          'shout',
          {
            parameters: [{ name: 'text', type: type('"string"') }],
            variadicParameter: { name: 'more', type: type('"string"'), allowNullValue: true },
            return: { type: type('"string"') },
            summary: 'In capitals',
            description: 'Says it **loud**.',
            descriptionKind: 1,
          },
        ],
      ]),
    }
  }),
  on('getResourceIdentitySchemas', () => {
    if (script.noIdentities) throw new GrpcError('UNIMPLEMENTED', 'no identities')
    return {
      identitySchemas: new Map([
        [
          'probe_thing',
          encodeIdentitySchema({ version: 1, identityAttributes: [{ name: 'name', type: type('"string"'), requiredForImport: true }] }),
        ],
      ]),
    }
  }),
  on('validateProviderConfig', ({ config }) => {
    const given = read(config, providerType)
    return textOf(given, 'mood') === 'bad' ? { diagnostics: [diagnostic(1, 'Bad mood', 'No.', ['mood'])] } : {}
  }),
  on('configure', async ({ config, terraformVersion }) => {
    mood = textOf(read(config, providerType), 'mood')
    journal(`configured ${terraformVersion} ${mood}`)
    return (await misbehave(mood, 'configure')) ?? {}
  }),
  on('validateResourceConfig', async ({ config, clientCapabilities }) => {
    const given = read(config, thing)
    const out = await misbehave(textOf(given, 'name'), 'validateResourceConfig')
    if (out !== undefined) return out
    const diagnostics = []
    if (textOf(given, 'name') === 'deprecated') diagnostics.push(diagnostic(2, 'Out of fashion', 'Use another name.', ['name']))
    if (textOf(given, 'name') === 'forbidden') diagnostics.push(diagnostic(0, 'Forbidden', 'Not this.', ['rule', 0, 'port']))
    if (!clientCapabilities?.writeOnlyAttributesAllowed) diagnostics.push(diagnostic(1, 'Old client', '', []))
    return { diagnostics }
  }),
  on('validateDataConfig', () => ({})),
  on('validateEphemeralConfig', () => ({})),
  on('upgradeResourceState', async ({ version, raw }) => {
    const json = JSON.parse(Buffer.from(raw!.json).toString()) as Record<string, unknown>
    journal(`upgrade ${version} ${Object.keys(json).sort().join()}`)
    const out = await misbehave(String(json.name ?? ''), 'upgradeResourceState')
    if (out !== undefined) return out
    if (version < 2 && 'title' in json) {
      json.name = json.title
      delete json.title
    }
    const unknown = Object.keys(json).filter((key) => !thing.attributes.has(key))
    if (unknown.length > 0) return { diagnostics: [diagnostic(1, 'Unknown attributes', unknown.join(), [])] }
    const full = { id: null, name: null, size: null, tags: null, secret: null, rule: [], ...json }
    // JSON is what clients accept as a fallback.
    return { upgradedState: { json: Buffer.from(JSON.stringify(full)) } }
  }),
  on('upgradeResourceIdentity', ({ raw }) => {
    const json = JSON.parse(Buffer.from(raw!.json).toString()) as { title?: string }
    return { upgradedIdentity: { identityData: value(objectVal([['name', stringVal(json.title ?? '')]]), identity) } }
  }),
  on('readResource', async ({ currentState, private: own, providerMeta, currentIdentity }) => {
    const state = read(currentState, thing)
    const name = textOf(state, 'name')
    const out = await misbehave(name, 'readResource')
    if (out !== undefined) return out
    if (name.startsWith('gone')) return {}
    if (name === 'wrongType:readResource') return { newState: value(objectVal([['other', stringVal('x')]]), wrongType) }
    if (name === 'legacy') {
      return {
        newState: { json: Buffer.from('{"id":"legacy","name":"legacy","size":null,"tags":null,"secret":null,"rule":null}') },
        private: own,
      }
    }
    if (name === 'deferred') return { newState: currentState, deferred: { reason: 1 } }
    journal(
      `read ${name} ${Buffer.from(own).toString()} meta=${providerMeta === undefined ? 'absent' : textOf(read(providerMeta, objectType([['module', stringType]])), 'module')} identity=${currentIdentity === undefined ? 'absent' : textOf(read(currentIdentity.identityData, identity), 'name')}`,
    )
    return { newState: currentState, private: own, newIdentity: { identityData: value(objectVal([['name', stringVal(name)]]), identity) } }
  }),
  on('planResourceChange', async ({ priorState, proposedNewState, config }) => {
    const prior = read(priorState, thing)
    const proposed = read(proposedNewState, thing)
    const out = await misbehave(textOf(proposed, 'name'), 'planResourceChange')
    if (out !== undefined) return out
    if (proposed.isNull) return { plannedState: value(nullVal(thing), thing), plannedPrivate: Buffer.from('to be deleted') }
    if (textOf(proposed, 'name') === 'wrongType:planResourceChange') {
      return { plannedState: value(objectVal([['other', stringVal('x')]]), wrongType) }
    }
    const replaced = !prior.isNull && !rawEquals(prior.getAttr('name'), proposed.getAttr('name'))
    const members = new Map(proposed.asMap())
    if (prior.isNull || replaced) members.set('id', unknownVal(stringType))
    if (read(config, thing).getAttr('tags').isNull && prior.isNull) members.set('tags', unknownVal(mapType(stringType)))
    return {
      plannedState: value(objectVal(members, thing), thing),
      plannedPrivate: Buffer.from('planned'),
      requiresReplace: replaced ? [{ steps: [{ attributeName: 'name' }] }] : [],
      plannedIdentity: { identityData: value(objectVal([['name', members.get('name')!]]), identity) },
      legacyTypeSystem: textOf(proposed, 'name') === 'legacy',
    }
  }),
  on('applyResourceChange', async ({ priorState, plannedState, plannedPrivate }) => {
    const prior = read(priorState, thing)
    const planned = read(plannedState, thing)
    const name = textOf(planned.isNull ? prior : planned, 'name')
    const out = await misbehave(name, 'applyResourceChange')
    if (out !== undefined) return out
    journal(`apply ${name} ${planned.isNull ? 'delete' : prior.isNull ? 'create' : 'update'} ${Buffer.from(plannedPrivate).toString()}`)
    if (planned.isNull) {
      objects.delete(name)
      return {}
    }
    if (name === 'unknown:applyResourceChange') return { newState: plannedState }
    const made = transformValue(planned, (_path, v) => {
      if (v.isKnown) return v
      return v.type.kind === 'map' ? nullVal(v.type) : stringVal(`id-${name}`)
    })
    objects.set(name, made)
    if (name === 'partial') return { newState: value(made, thing), diagnostics: [diagnostic(1, 'Half done', 'It broke off.', ['size'])] }
    return {
      newState: value(made, thing),
      private: Buffer.from('applied'),
      newIdentity: { identityData: value(objectVal([['name', stringVal(name)]]), identity) },
    }
  }),
  on('importResourceState', async ({ id, typeName, identity: given }) => {
    const name = id !== '' ? id : textOf(read(given?.identityData, identity), 'name')
    const out = await misbehave(name, 'importResourceState')
    if (out !== undefined) return out
    const full = objectVal(
      [...thing.attributes].map(
        ([n, t]) => [n, n === 'name' ? stringVal(name) : n === 'id' ? stringVal(`id-${name}`) : nullVal(t)] as const,
      ),
      thing,
    )
    return {
      importedResources: [
        {
          typeName,
          state: value(full, thing),
          private: Buffer.from('imported'),
          identity: { identityData: value(objectVal([['name', stringVal(name)]]), identity) },
        },
      ],
    }
  }),
  on('moveResourceState', ({ sourceProviderAddress, sourceTypeName, sourceState, targetTypeName }) => {
    const json = JSON.parse(Buffer.from(sourceState!.json).toString()) as { id: string }
    const text = `${sourceProviderAddress} ${sourceTypeName} ${targetTypeName}`
    const full = { id: json.id, name: text, size: null, tags: null, secret: null, rule: [] }
    return { targetState: { json: Buffer.from(JSON.stringify(full)) }, targetPrivate: Buffer.from('moved') }
  }),
  on('readDataSource', async ({ config }) => {
    const text = textOf(read(config, echo), 'text')
    const out = await misbehave(text, 'readDataSource')
    if (out !== undefined) return out
    if (text === 'environment') {
      const names = Object.keys(process.env).sort().join()
      return {
        state: value(
          objectVal([
            ['text', stringVal(text)],
            ['result', stringVal(names)],
          ]),
          echo,
        ),
      }
    }
    process.stdout.write(`echoing ${text}\n`)
    return {
      state: value(
        objectVal([
          ['text', stringVal(text)],
          ['result', stringVal(`${mood}${text}`)],
        ]),
        echo,
      ),
    }
  }),
  on('openEphemeralResource', async ({ config }) => {
    const name = textOf(read(config, token), 'name')
    return {
      result: value(
        objectVal([
          ['name', stringVal(name)],
          ['value', stringVal('s3cret')],
        ]),
        token,
      ),
      private: Buffer.from('opened'),
      renewAt: { seconds: 1_700_000_000, nanos: 500_000_000 },
    }
  }),
  on('renewEphemeralResource', ({ private: own }) => ({ private: Buffer.from(`${Buffer.from(own!).toString()}+renewed`) })),
  on('closeEphemeralResource', ({ private: own }) => ({ diagnostics: [diagnostic(2, 'Closed', Buffer.from(own!).toString(), [])] })),
  on('callFunction', async ({ name, arguments: args }) => {
    const texts = args.map((a) => read(a, stringType)).map((v) => (v.isNull ? 'null' : v.asString()))
    const out = await misbehave(texts[0] ?? '', 'callFunction')
    if (out !== undefined) return out
    if (name !== 'shout') throw new GrpcError('UNKNOWN', 'which function?')
    if (texts.includes('quiet')) return { error: { text: 'not so quiet', functionArgument: texts.indexOf('quiet') } }
    return { result: value(stringVal(texts.join(' ').toUpperCase()), stringType) }
  }),
  on('stop', () => {
    journal('stop')
    return {}
  }),
])

function encodeIdentitySchema(schema: object): Uint8Array {
  const { identitySchemas } = tables.procedures.getResourceIdentitySchemas.response
  return encodeMessage(identitySchemas.kind(), schema)
}

function diagnostic(severity: number, summary: string, detail: string, path: readonly (string | number)[]) {
  const steps = path.map((step) => (typeof step === 'string' ? { attributeName: step } : { elementKeyInt: step }))
  return { severity, summary, detail, ...(steps.length > 0 ? { attribute: { steps } } : {}) }
}

async function main(): Promise<void> {
  if (process.env[MAGIC_COOKIE.name] !== MAGIC_COOKIE.value) {
    process.stderr.write('This program is a plugin.\n')
    process.exit(1)
  }
  journal(`start ${process.pid}`)
  process.on('SIGINT', () => {})
  if (script.flood !== undefined) {
    const line = `${'x'.repeat(1023)}\n`.repeat(1024)
    for (let i = 0; i < script.flood; i++) process.stderr.write(line)
  }
  const out = (text: string): boolean => process.stdout.write(text)
  switch (script.greeting) {
    case 'none':
      setInterval(() => {}, 1000)
      return
    case 'garbage':
      out('Hello, world!\n')
      setInterval(() => {}, 1000)
      return
    case 'exit':
      process.stderr.write('[ERROR] no license\n')
      process.exitCode = 3
      return
    case 'oldCore':
      out('7|5|unix|/tmp/x|grpc|\n')
      return
    case 'version4':
      out('1|4|unix|/tmp/x|grpc|\n')
      return
    case 'badCertificate':
      out(`1|6|unix|/tmp/x|grpc|${'A'.repeat(200)}\n`)
      return
    default:
  }
  if (script.spawns) {
    const child = spawn('/bin/sh', ['-c', 'sleep 300'], { stdio: 'ignore' })
    writeFileSync(`${script.journal}.child`, String(child.pid))
  }
  const handlers = new Map<string, Handler>()
  for (const [name, handle] of answers) {
    const { path, response } = tables.procedures[name]
    handlers.set(path, {
      kind: 'unary',
      handle: async (bytes) => {
        journal(`call ${name}`)
        const answer = await handle(decode(name, bytes) as never)
        return answer instanceof Uint8Array ? answer : encodeMessage(response, answer)
      },
    })
  }
  handlers.set(pluginProcedures.shutdown.path, {
    kind: 'unary',
    handle: () => {
      journal('shutdown')
      if (!script.stubborn) setImmediate(() => process.exit(0))
      return new Uint8Array(0)
    },
  })
  handlers.set(pluginProcedures.streamStdio.path, {
    kind: 'serverStream',
    handle: (_request, send, { signal }) => {
      process.stdout.write = ((chunk: string) => {
        send(encodeMessage(pluginProcedures.streamStdio.response, { channel: stdioChannel.stdout, data: Buffer.from(chunk) }))
        return true
      }) as typeof process.stdout.write
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    },
  })
  const clientCertificate = process.env.PLUGIN_CLIENT_CERT
  const own = clientCertificate === undefined ? undefined : createCertificate()
  const path = join(tmpdir(), `plugin-test-${process.pid}`)
  const server = await serveGrpc({
    handlers,
    listen: script.network === 'tcp' ? { network: 'tcp', address: '127.0.0.1:0' } : { network: 'unix', address: path },
    tls: own === undefined ? undefined : { ...own, peer: clientCertificate! },
    maxBytes: 400 * 1024 * 1024,
  })
  const certificate = own === undefined ? undefined : certificateToHandshake(own.certificate)
  out(`${formatHandshake({ protocol: major, address: server.address, certificate })}\n`)
}

void main()

import {
  type AbsProviderConfig,
  absProviderConfigToString,
  absResourceToString,
  builtinTerraform,
  defaultHost,
  type InstanceKey,
  instanceKeyToMapKey,
  instanceKeyToString,
  type ModuleInstance,
  parseLegacyAbsProviderConfig,
  parseModuleInstance,
  type Resource,
  withoutProviderKey,
} from '../../addrs/index.ts'
import { jsonToValue, type Path, type Type, typeFromJson } from '../../cty/index.ts'
import { type Diagnosed, Diagnostics } from '../../diags/index.ts'
import type {
  CheckObjectResult,
  CheckResult,
  CheckStatus,
  ObjectState,
  OutputState,
  ResourceInstanceState,
  ResourceState,
  StateFile,
} from '../state.ts'
import { type JsonKind, JsonReader, JsonSyntaxError, type PlainStrings } from './_json-reader.ts'
import type { LaidOutJson } from './_laid-out-json.ts'
import { upgradeOldState } from './_old-versions.ts'
import { PathFormatError, readPath } from './_paths.ts'
import { largestText, StateSplitter, splitStateFile } from './_split.ts'

export interface ReadStateOptions {
  /** How messages call the file; by default "The state file". */
  readonly name?: string
  /** From so many bytes on a file is taken apart before it is read, as one text cannot hold it. */
  readonly splitFrom?: number
  /** Without attributes, which are only checked to be JSON: for who looks at addresses alone. Such a state must not be written. */
  readonly isOutline?: boolean
  /** What files of Terraform 0.12, which name providers without a source, are taken to mean by host. */
  readonly legacyProviderHost?: string
}

/**
 * Reads a state file of format version 4. Zero length means that there is no state: undefined without diagnostics. With errors
 * the value is undefined too: nobody should work on with a part of a state.
 *
 * Attributes are not decoded: they stay text, with every digit and the order of members as in the file.
 * @see reference/state-v4.md; texts as in Terraform 1.11
 */
export function readStateFile(content: Uint8Array | string, options: ReadStateOptions = {}): Diagnosed<StateFile | undefined> {
  if (typeof content !== 'string' && content.length > (options.splitFrom ?? largestText)) return readInParts(content, options)
  const text = typeof content === 'string' ? content : new TextDecoder('utf-8', { ignoreBOM: true }).decode(content)
  if (text.length === 0) return { value: undefined, diags: [] }
  const diags = new Diagnostics()
  const value = new StateReader(oldVersion.test(text) ? (upgradeOldState(text) ?? text) : text, diags, options).file()
  return { value: diags.hasErrors ? undefined : value, diags: diags.items }
}

/** Versions 1 to 3, which Terraform wrote until 0.11, with the version in front as it did. */
const oldVersion = /^\s*\{\s*"version"\s*:\s*[123]\s*,/

function readInParts(content: Uint8Array, options: ReadStateOptions): Diagnosed<StateFile | undefined> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  const diags = new Diagnostics()
  const split = splitStateFile(bytes)
  if (split === undefined) {
    diags.error(
      unsupported,
      `${options.name ?? 'The state file'} could not be parsed as JSON: it has no end, or no list of resources.\n\n${remedy}`,
    )
    return { value: undefined, diags: diags.items }
  }
  const file = new StateReader(split.rest, diags, options).file()
  if (file === undefined) return { value: undefined, diags: diags.items }
  const resources = new Map(file.state.resources)
  for (const { from, to } of split.batches) {
    if (!readPart(bytes.toString('utf8', from, to), from, resources, diags, options)) return { value: undefined, diags: diags.items }
  }
  return { value: diags.hasErrors ? undefined : { ...file, state: { ...file.state, resources } }, diags: diags.items }
}

/** Adds a number of resources that stand at some place of a file. False: there are mistakes that end all reading. */
function readPart(
  elements: string,
  offset: number,
  resources: Map<string, ResourceState>,
  diags: Diagnostics,
  options: ReadStateOptions,
): boolean {
  const start = '{"version":4,"terraform_version":"","serial":0,"lineage":"","outputs":{},"resources":['
  const text = `${start}${elements}],"check_results":null}`
  return new StateReader(text, diags, options, { resources, offset: offset - start.length }).file() !== undefined
}

/**
 * What a file of version 4 has recorded, without attributes, from its bytes in pieces of any size: of a file of half a gigabyte only what
 * is returned stays in memory. Undefined when it cannot be read in that way, for whatever reason: `readStateFile` can, or says why not.
 */
export function tryReadStateOutline(pieces: Iterable<Uint8Array>): StateFile | undefined {
  const diags = new Diagnostics()
  const resources = new Map<string, ResourceState>()
  const splitter = new StateSplitter()
  for (const piece of pieces) {
    for (const elements of splitter.push(piece)) {
      if (!startsWithVersion4.test(splitter.head)) return undefined
      if (!readPart(elements, 0, resources, diags, { isOutline: true }) || diags.hasErrors) return undefined
    }
  }
  const rest = splitter.end()
  const file = rest === undefined || !startsWithVersion4.test(rest) ? undefined : new StateReader(rest, diags, {}).file()
  return file === undefined || diags.hasErrors ? undefined : { ...file, state: { ...file.state, resources } }
}

/** Where a part of a file belongs. */
interface PartOfFile {
  /** Of the whole file: those of the part are added. */
  readonly resources: Map<string, ResourceState>
  /** Of the part's first byte, for messages. */
  readonly offset: number
}

/** Thrown when the rest of the file cannot be made sense of; the diagnostic has been reported. */
class StopReading extends Error {}

const unsupported = 'Unsupported state file format'
const invalid = 'Invalid state file format'

const remedy =
  'Nothing has been changed. If this file was damaged, restore it from a backup or from an earlier version kept by the store, and compare what it says with what exists before applying anything.'

/** A file whose first member says version 4, as written by every program there is. */
const startsWithVersion4 = /^\s*\{\s*"version"\s*:\s*4\s*,/

/**
 * Reading goes twice over a text whose first member is not the version: first in search of the version, because it decides
 * whether the rest can be understood.
 */
class StateReader {
  private readonly text: string
  private readonly diags: Diagnostics
  private readonly name: string
  private readonly legacyHost: string
  private readonly isOutline: boolean
  private readonly types = new Map<string, string>()
  private readonly modules = new Map<string, ModuleInstance | undefined>()
  private readonly providers = new Map<string, AbsProviderConfig | undefined>()
  private readonly dependencies = new Map<string, string | undefined>()
  private lastDependencies: { readonly plain: PlainStrings; readonly list: readonly string[] } | undefined
  private readonly part: PartOfFile | undefined
  private r: JsonReader

  constructor(text: string, diags: Diagnostics, options: ReadStateOptions, part?: PartOfFile) {
    this.part = part
    this.text = text
    this.diags = diags
    this.name = options.name ?? 'The state file'
    this.legacyHost = options.legacyProviderHost ?? defaultHost
    this.isOutline = options.isOutline ?? false
    this.r = new JsonReader(text)
  }

  file(): StateFile | undefined {
    try {
      if (!startsWithVersion4.test(this.text) && !this.header()) return undefined
      this.r = new JsonReader(this.text)
      return this.body()
    } catch (error) {
      if (error instanceof StopReading) return undefined
      if (error instanceof JsonSyntaxError) return this.syntaxError(error)
      throw error
    }
  }

  /** Finds out whether this is a state of version 4. */
  private header(): boolean {
    const r = this.r
    const kind = r.kind()
    if (kind !== 'object') {
      r.skip()
      r.end()
      this.error(unsupported, `The version in the state file is ${kind}. A positive whole number is required.\n\n${remedy}`)
      return false
    }
    const header = new Map<string, string>()
    r.readObject((name) => {
      if (header.has(name) && topLevel.has(name)) this.duplicate(name, 'the state file')
      if (topLevel.has(name) && name !== 'resources' && name !== 'outputs') header.set(name, r.raw())
      else {
        header.set(name, '')
        r.skip()
      }
    })
    r.end()
    return this.version(header)
  }

  private version(header: ReadonlyMap<string, string>): boolean {
    const version = header.get('version')
    if (version === undefined) {
      const encrypted = header.has('encryption_version') || header.has('encrypted_data')
      this.error(
        unsupported,
        encrypted
          ? 'The state file is encrypted, as OpenTofu does when state encryption is configured. It can be read only with the "encryption" block that it was written with, in the configuration or in TF_ENCRYPTION.'
          : `The state file does not have a "version" attribute, which is required to identify the format version.\n\n${remedy}`,
      )
      return false
    }
    const number = /^[0-9]+$/.test(version) ? Number(version) : undefined
    if (number === undefined) {
      this.error(
        unsupported,
        `The version in the state file is ${describeJson(version)}. A positive whole number is required.\n\n${remedy}`,
      )
      return false
    }
    if (number === 4) return true
    const writer = header.get('terraform_version')
    this.error(unsupported, versionProblem(number, writer?.startsWith('"') ? (JSON.parse(writer) as string) : undefined))
    return false
  }

  private body(): StateFile {
    const r = this.r
    const outputs = new Map<string, OutputState>()
    const resources = this.part?.resources ?? new Map<string, ResourceState>()
    let terraformVersion = ''
    let serial = 0
    let lineage = ''
    let checkResults: readonly CheckResult[] | undefined
    const seen = new Set<string>()
    r.readObject((name) => {
      if (seen.has(name) && topLevel.has(name)) this.duplicate(name, 'the state file')
      seen.add(name)
      switch (name) {
        case 'terraform_version':
          terraformVersion = this.writerVersion()
          break
        case 'serial':
          serial = this.unsigned('serial')
          break
        case 'lineage':
          lineage = this.string('lineage')
          break
        case 'outputs':
          this.object('outputs', (output) => this.output(output, outputs))
          break
        case 'resources':
          this.array('resources', () => this.resource(resources))
          break
        case 'check_results':
          checkResults = this.checkResults()
          break
        default:
          r.skip()
      }
    })
    r.end()
    return { terraformVersion, serial, lineage, state: { resources, outputs, checkResults } }
  }

  private writerVersion(): string {
    const text = this.string('terraform_version')
    if (text !== '' && !/^v?[0-9]+(\.[0-9]+)*(-[0-9A-Za-z.~-]+)?(\+[0-9A-Za-z.~-]+)?$/.test(text)) {
      this.error(
        'Invalid Terraform version string',
        `State file claims to have been written by Terraform version ${JSON.stringify(text)}, which is not a valid version string.`,
      )
    }
    return text
  }

  private output(name: string, outputs: Map<string, OutputState>): undefined {
    if (outputs.has(name)) this.duplicate(name, 'the outputs')
    let valueJson = 'null'
    let typeText: string | undefined
    let sensitive = false
    this.object('outputs', (member) => {
      if (member === 'value') valueJson = this.r.raw()
      else if (member === 'type') typeText = this.r.raw()
      else if (member === 'sensitive') sensitive = this.bool('outputs.sensitive')
      else this.r.skip()
    })
    let type: Type
    try {
      type = typeFromJson(JSON.parse(typeText ?? 'null'))
    } catch (error) {
      const detail = `The state file has an invalid type specification for output ${JSON.stringify(name)}: ${message(error)}.`
      return this.error('Invalid output value type in state', detail)
    }
    try {
      const value = jsonToValue(valueJson, type)
      outputs.set(name, { value, type: type.kind === 'dynamic' ? value.type : type, sensitive })
    } catch (error) {
      const detail = `The state file has an invalid value for output ${JSON.stringify(name)}: ${message(error)}.`
      this.error('Invalid output value saved in state', detail)
    }
  }

  private resource(resources: Map<string, ResourceState>): undefined {
    const r = this.r
    let module: ModuleInstance | undefined = []
    let mode = ''
    let type = ''
    let name = ''
    let providerText: string | undefined
    const objects: RawObject[] = []
    const seen = new Set<string>()
    this.object('resources', (member) => {
      if (seen.has(member)) this.duplicate(member, 'a resource')
      seen.add(member)
      switch (member) {
        case 'module':
          module = this.module(this.string('resources.module'))
          break
        case 'mode':
          mode = this.string('resources.mode')
          break
        case 'type':
          type = this.typeName(this.string('resources.type'))
          break
        case 'name':
          name = detached(this.string('resources.name'))
          break
        case 'provider':
          providerText = this.string('resources.provider')
          break
        case 'instances':
          this.array('resources.instances', () => objects.push(this.rawObject()))
          break
        default:
          r.skip()
      }
    })
    if (mode !== 'managed' && mode !== 'data') {
      return this.error(
        'Invalid resource mode in state',
        `State contains a resource with mode ${JSON.stringify(mode)} (${JSON.stringify(type)} ${JSON.stringify(name)}) which is not supported.`,
      )
    }
    const resource: Resource = { kind: 'resource', mode, type, name }
    if (module === undefined || objects.length === 0) return
    const address = { module, resource }
    const key = absResourceToString(address)
    const provider = this.provider(providerText, key, objects)
    if (provider === undefined) return
    const existing = resources.get(key)
    const instances = new Map(existing?.instances)
    for (const object of objects) this.instance(object, key, this.providerKey(object.provider), instances)
    if (instances.size > 0) resources.set(key, { address, provider, instances })
  }

  /** Thousands of resources have few types. */
  private typeName(text: string): string {
    let type = this.types.get(text)
    if (type === undefined) this.types.set((type = detached(text)), type)
    return type
  }

  private module(text: string): ModuleInstance | undefined {
    if (text === '') return []
    if (!this.modules.has(text)) this.modules.set(text, parseModuleInstance(text, this.diags))
    return this.modules.get(text)
  }

  /** Unlike Terraform, which leaves such a resource out of the state without a word. */
  private provider(text: string | undefined, resource: string, objects: readonly RawObject[]): AbsProviderConfig | undefined {
    if (objects.some((o) => o.provider !== '')) return this.commonProvider(resource, objects)
    if (text === undefined || text === '') {
      const detail = `The resource ${resource} has no provider configuration address.\n\n${remedy}`
      this.error('Invalid provider configuration address in state', detail)
      return undefined
    }
    return this.oneProvider(text, resource)
  }

  /** OpenTofu's form for provider configurations with `for_each`: every instance names its own, and they differ by their keys only. */
  private commonProvider(resource: string, objects: readonly RawObject[]): AbsProviderConfig | undefined {
    let common: AbsProviderConfig | undefined
    for (const { provider } of objects) {
      const own = this.oneProvider(provider, resource)
      if (own === undefined) return undefined
      const whole = withoutProviderKey(own)
      if (common === undefined) common = whole
      else if (absProviderConfigToString(common) !== absProviderConfigToString(whole)) {
        const detail = `The instances of ${resource} name different provider configurations, ${absProviderConfigToString(common)} and ${absProviderConfigToString(whole)}. They may differ only in the instance of one configuration.\n\n${remedy}`
        this.error('Invalid provider configuration address in state', detail)
        return undefined
      }
    }
    return common
  }

  private providerKey(text: string): InstanceKey {
    return text === '' ? undefined : this.providers.get(text)?.key
  }

  private oneProvider(text: string, resource: string): AbsProviderConfig | undefined {
    if (!this.providers.has(text)) this.providers.set(text, this.parseProvider(text, resource))
    return this.providers.get(text)
  }

  private parseProvider(text: string, resource: string): AbsProviderConfig | undefined {
    const problems = new Diagnostics()
    // Files of some versions of 0.12 have keys in the module path, which never meant anything.
    const parsed = parseLegacyAbsProviderConfig(withoutModuleKeys(text), problems)
    if (parsed === undefined) {
      const why = problems.items[0]?.detail ?? ''
      this.error(
        'Invalid provider configuration address in state',
        `The resource ${resource} has the provider configuration address ${JSON.stringify(text)}, which is not valid. ${why}\n\n${remedy}`,
      )
      return undefined
    }
    if (parsed.source.namespace !== '-' || text.includes('"')) return parsed
    return parsed.source.type === 'terraform'
      ? { ...parsed, source: builtinTerraform }
      : { ...parsed, source: { ...parsed.source, host: this.legacyHost } }
  }

  /** One entry of `instances`, before the name of its resource is known for sure. */
  private rawObject(): RawObject {
    const r = this.r
    let key: string | undefined
    let status = ''
    let deposed = ''
    let provider = ''
    let schemaVersion = 0
    let attributes: string | LaidOutJson | undefined
    let flat: string | undefined
    let sensitivePaths = noPaths
    let privateBytes: Uint8Array | undefined
    let dependencies = noStrings
    let createBeforeDestroy = false
    let members: Map<string, string> | undefined
    let seen = 0
    this.object('resources.instances', (name) => {
      const bit = instanceMembers.get(name) ?? 0
      if ((seen & bit) !== 0 || members?.has(name)) this.duplicate(name, 'a resource instance')
      seen |= bit
      switch (name) {
        case 'index_key':
          key = r.raw()
          break
        case 'status':
          status = this.string('resources.instances.status')
          break
        case 'deposed':
          deposed = this.string('resources.instances.deposed')
          break
        case 'provider':
          provider = this.string('resources.instances.provider')
          break
        case 'schema_version':
          schemaVersion = this.unsigned('resources.instances.schema_version')
          break
        case 'attributes':
          if (this.isOutline) r.skip()
          else attributes = this.part === undefined ? r.document('sensitive_attributes') : r.raw()
          break
        case 'attributes_flat':
          flat = this.flat()
          break
        case 'sensitive_attributes':
          sensitivePaths = this.sensitivePaths()
          break
        case 'private':
          privateBytes = this.private()
          break
        case 'dependencies':
          dependencies = this.dependencyList()
          if (this.isOutline) dependencies = noStrings
          break
        case 'create_before_destroy':
          createBeforeDestroy = this.bool('resources.instances.create_before_destroy')
          break
        default:
          members ??= new Map()
          members.set(name, r.raw())
      }
    })
    const object: ObjectState = {
      status: status === 'tainted' ? 'tainted' : 'ready',
      schemaVersion,
      attributesJson: attributes ?? flat ?? '{}',
      isFlat: attributes === undefined && flat !== undefined ? true : undefined,
      sensitivePaths,
      private: privateBytes,
      dependencies,
      createBeforeDestroy,
      extra: members,
    }
    return { key, status, deposed, provider, object }
  }

  private instance(raw: RawObject, resource: string, providerKey: InstanceKey, instances: Map<string, ResourceInstanceState>): undefined {
    const place = 'Invalid resource instance metadata in state'
    const { object, deposed } = raw
    const key = this.instanceKey(raw.key, resource)
    if (key === invalidKey) return
    if (raw.status !== '' && raw.status !== 'tainted') {
      const detail = `Instance ${resource}${instanceKeyToString(key)} has invalid status ${JSON.stringify(raw.status)}.`
      return this.error(place, detail)
    }
    if (deposed !== '' && !/^[0-9a-f]{8}$/.test(deposed)) {
      const detail = `Instance ${resource}${instanceKeyToString(key)} has an object with deposed key ${JSON.stringify(deposed)}, which is not correctly formatted.`
      return this.error(place, detail)
    }
    const mapKey = instanceKeyToMapKey(key)
    const existing = instances.get(mapKey)
    const isDuplicate = deposed === '' ? existing?.current !== undefined : existing?.deposed.has(deposed)
    if (isDuplicate) {
      const which = deposed === '' ? '' : ` deposed object ${JSON.stringify(deposed)}`
      const detail = `Instance ${resource}${instanceKeyToString(key)}${which} appears multiple times in the state file.\n\nOnly one of the entries can be right. Remove the others from a copy of the state and put it in place with "state push".`
      return this.error('Duplicate resource instance in state', detail)
    }
    const instance: ResourceInstanceState =
      deposed === ''
        ? { key, current: object, deposed: existing?.deposed ?? noDeposed }
        : { key, current: existing?.current, deposed: new Map([...(existing?.deposed ?? []), [deposed, object]]) }
    instances.set(mapKey, providerKey === undefined ? instance : { ...instance, providerKey })
  }

  private instanceKey(json: string | undefined, resource: string): InstanceKey | typeof invalidKey {
    if (json === undefined || json === 'null') return undefined
    if (json.startsWith('"')) return detached(new JsonReader(json).readString())
    const number = /^[-0-9]/.test(json) ? Math.trunc(Number(json)) : Number.NaN
    if (Number.isSafeInteger(number) && number >= 0) return number
    this.error(
      'Invalid resource instance metadata in state',
      `Resource ${resource} has an instance with the invalid instance key ${json.length > 100 ? `${json.slice(0, 100)}...` : json}.`,
    )
    return invalidKey
  }

  private flat(): string | undefined {
    const r = this.r
    if (r.tryNull()) return undefined
    const entries = new Map<string, string>()
    this.object('resources.instances.attributes_flat', (name) => {
      if (r.kind() !== 'string') return this.invalidField('resources.instances.attributes_flat')
      entries.set(name, r.raw())
    })
    const sorted = [...entries].sort((a, b) => Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0])))
    return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
  }

  private sensitivePaths(): readonly Path[] {
    if (this.r.tryEmptyArray()) return noPaths
    const paths: Path[] = []
    this.array('resources.instances.sensitive_attributes', () => {
      try {
        paths.push(readPath(this.r))
      } catch (error) {
        if (!(error instanceof PathFormatError)) throw error
        this.error(error.summary, error.message)
        throw new StopReading()
      }
    })
    return paths.length === 0 ? noPaths : paths
  }

  private private(): Uint8Array | undefined {
    const text = this.string('resources.instances.private')
    if (text === '') return undefined
    const bad = badBase64(text)
    if (bad !== undefined) {
      const detail = `The state file does not conform to the expected JSON data structure: illegal base64 data at input byte ${bad}.\n\n${remedy}`
      this.error(invalid, detail)
      throw new StopReading()
    }
    return new Uint8Array(Buffer.from(text, 'base64'))
  }

  /** Neighbours often depend on the same: they share one list then, and otherwise most of what is in it. */
  private dependencyList(): readonly string[] {
    const last = this.lastDependencies
    const plain = this.r.tryPlainStrings(last?.plain)
    if (plain !== undefined && plain === last?.plain) return last.list
    const texts: string[] = []
    const add = (text: string): void => {
      const address = this.dependency(text)
      if (address !== undefined) texts.push(address)
    }
    if (plain === undefined) this.array('resources.instances.dependencies', () => add(this.string('resources.instances.dependencies')))
    else {
      // Where each text is an address as it stands, which is the usual case, what was known of the list before is not looked up again.
      const known = last?.plain.strings.length === last?.list.length ? last?.list : undefined
      const first = known === undefined ? 0 : plain.first
      const end = plain.strings.length - (known === undefined ? 0 : plain.last)
      for (let i = 0; i < first; i++) texts.push(known![i]!)
      for (let i = first; i < end; i++) add(plain.strings[i]!)
      for (let i = plain.last; known !== undefined && i > 0; i--) texts.push(known[known.length - i]!)
    }
    const list = texts.length === 0 ? noStrings : texts
    this.lastDependencies = plain === undefined ? undefined : { plain, list }
    return list
  }

  /** The static address that something depends on; undefined when the text is none, which is reported once. */
  private dependency(text: string): string | undefined {
    const known = this.dependencies.get(text)
    if (known !== undefined || this.dependencies.has(text)) return known
    const address = staticAddress(text)
    this.dependencies.set(text, address)
    if (address === undefined) {
      this.error('Invalid address', `An instance depends on ${JSON.stringify(text)}, which is not the address of a resource.`)
    }
    return address
  }

  private checkResults(): readonly CheckResult[] | undefined {
    const results: CheckResult[] = []
    this.array('check_results', () => {
      const strings = { object_kind: '', config_addr: '', status: '' }
      const objects: CheckObjectResult[] = []
      this.object('check_results', (name) => {
        if (name === 'objects') this.array('check_results.objects', () => objects.push(this.checkObject()))
        else if (Object.hasOwn(strings, name)) strings[name as 'status'] = this.string(`check_results.${name}`)
        else this.r.skip()
      })
      const kind = checkKinds.get(strings.object_kind)
      if (kind !== undefined)
        results.push({ objectKind: kind, configAddr: strings.config_addr, status: checkStatus(strings.status), objects })
    })
    return results.length === 0 ? undefined : results
  }

  private checkObject(): CheckObjectResult {
    const strings = { object_addr: '', status: '' }
    const failureMessages: string[] = []
    this.object('check_results.objects', (name) => {
      if (name === 'failure_messages') {
        this.array('check_results.objects.failure_messages', () =>
          failureMessages.push(this.string('check_results.objects.failure_messages')),
        )
      } else if (Object.hasOwn(strings, name)) strings[name as 'status'] = this.string(`check_results.objects.${name}`)
      else this.r.skip()
    })
    return { objectAddr: strings.object_addr, status: checkStatus(strings.status), failureMessages }
  }

  // As Go's decoder: null leaves a member as if it were absent, anything else of the wrong kind is an error.

  private object(field: string, member: (name: string) => void): void {
    if (this.r.tryNull()) return
    if (this.r.kind() !== 'object') this.invalidField(field)
    this.r.readObject(member)
  }

  private array(field: string, element: () => void): void {
    if (this.r.tryNull()) return
    if (this.r.kind() !== 'array') this.invalidField(field)
    this.r.readArray(element)
  }

  private string(field: string): string {
    if (this.r.tryNull()) return ''
    if (this.r.kind() !== 'string') this.invalidField(field)
    return this.r.readString()
  }

  private bool(field: string): boolean {
    if (this.r.tryNull()) return false
    if (this.r.kind() !== 'bool') this.invalidField(field)
    return this.r.readBool()
  }

  private unsigned(field: string): number {
    if (this.r.tryNull()) return 0
    if (this.r.kind() !== 'number') this.invalidField(field)
    const text = this.r.raw()
    const value = Number(text)
    if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) {
      this.error(invalid, `The state file field "${field}" has invalid value number ${text}\n\n${remedy}`)
      throw new StopReading()
    }
    return value
  }

  private invalidField(field: string): never {
    const kind = this.r.kind()
    const shown = kind === 'number' ? describeJson(this.r.raw()) : kind
    this.error(invalid, `The state file field "${field}" has invalid value ${shown}\n\n${remedy}`)
    throw new StopReading()
  }

  private duplicate(name: string, where: string): never {
    this.error(invalid, `The name ${JSON.stringify(name)} appears twice in ${where}, so that one of the two would be lost.\n\n${remedy}`)
    throw new StopReading()
  }

  private syntaxError(error: JsonSyntaxError): undefined {
    // Counted like Go's decoder: bytes read until the mistake showed, the offending one included.
    const end = Math.min(error.offset + 1, this.text.length)
    const offset = Buffer.byteLength(this.text.slice(0, end), 'utf8') + (this.part?.offset ?? 0)
    const ended = error.offset >= this.text.length ? ' The text ends there: the file is probably truncated.' : ''
    this.error(unsupported, `The state file could not be parsed as JSON: syntax error at byte offset ${offset}.${ended}\n\n${remedy}`)
  }

  private error(summary: string, detail: string): undefined {
    this.diags.error(summary, this.name === 'The state file' ? detail : detail.replace(/^The state file/, () => this.name))
  }
}

const topLevel: ReadonlySet<string> = new Set([
  'version',
  'terraform_version',
  'serial',
  'lineage',
  'outputs',
  'resources',
  'check_results',
])

interface RawObject {
  /** JSON text. */
  readonly key: string | undefined
  readonly status: string
  readonly deposed: string
  /** Empty: that of the resource. */
  readonly provider: string
  readonly object: ObjectState
}

/** A bit for each member of an instance that may be there once. Terraform 0.12 could write `dependencies` twice; the second holds the references of today. */
const instanceMembers: ReadonlyMap<string, number> = new Map(
  [
    'index_key',
    'status',
    'deposed',
    'provider',
    'schema_version',
    'attributes',
    'attributes_flat',
    'sensitive_attributes',
    'private',
    'create_before_destroy',
  ].map((name, i) => [name, 1 << i]),
)

/** The same text in memory of its own: V8 takes a piece of a long text as a view of it, which keeps all of it from being freed. */
function detached(text: string): string {
  return text.length < 13 ? text : Buffer.from(text).toString()
}

const noPaths: readonly Path[] = []
const noStrings: readonly string[] = []
const noDeposed: ReadonlyMap<string, ObjectState> = new Map()
const invalidKey = Symbol('invalid key')

function versionProblem(version: number, writer: string | undefined): string {
  if (version === 0) {
    return 'The state file uses JSON syntax but has a version number of zero. There was never a JSON-based state format zero, so this state file is invalid and cannot be processed.'
  }
  if (version < 4) {
    return `The state file uses format version ${version}, which Landform does not support yet. Any command of Terraform 0.12 or later that writes the state brings it to version 4, for example:\n    terraform refresh`
  }
  const by =
    writer === undefined || writer === ''
      ? 'This state file may have been created by a newer version of Terraform.'
      : `This state file was created by Terraform ${writer}.`
  return `The state file uses format version ${version}, which is not supported by Landform. ${by} Use that version, or a newer Landform: writing an older format would lose what the newer one added.`
}

function describeJson(json: string): string {
  const kinds: Readonly<Record<string, JsonKind>> = { '{': 'object', '[': 'array', '"': 'string', t: 'bool', f: 'bool', n: 'null' }
  return kinds[json[0]!] ?? `number ${json.slice(0, 50)}`
}

/** `module.a[0].provider...` without the keys; text that has none is returned as it is. */
function withoutModuleKeys(text: string): string {
  return text.startsWith('module.') ? text.replace(/(?<=^|\.)(module\.[^.[\]"]+)\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\]/g, '$1') : text
}

const identifier = '[\\p{ID_Start}_][\\p{ID_Continue}-]*'
const addressPattern = new RegExp(
  `^((?:module\\.${identifier}(?:\\[(?:[0-9]+|"(?:[^"\\\\]|\\\\.)*")\\])?\\.)*)((?:(?:data|ephemeral|resource)\\.)?${identifier}\\.${identifier})$`,
  'u',
)

/** The static form of a resource address, or undefined when it is none. Checked by pattern: states hold very many, mostly alike. */
function staticAddress(text: string): string | undefined {
  const match = addressPattern.exec(text)
  if (match === null) return undefined
  return match[1]!.includes('[') ? `${withoutModuleKeys(match[1]!)}${match[2]}` : text
}

const checkKinds: ReadonlyMap<string, CheckResult['objectKind']> = new Map([
  ['resource', 'resource'],
  ['output', 'output'],
  ['check', 'check'],
  ['var', 'var'],
])

function checkStatus(text: string): CheckStatus {
  return text === 'pass' || text === 'fail' || text === 'error' ? text : 'unknown'
}

/** Offset of the first character that standard padded base64 does not allow. Line breaks are allowed, as in Go. */
function badBase64(text: string): number | undefined {
  const plain = text.replace(/[\r\n]/g, '')
  if (plain.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(plain)) return undefined
  const bad = text.search(/[^A-Za-z0-9+/=\r\n]/)
  return bad === -1 ? text.length : bad
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import {
  type AbsResourceInstance,
  absResourceInstanceToString,
  impliedLocalName,
  instanceKeyToString,
  moduleInstanceToString,
  resourceToString,
} from '../../addrs/index.ts'
import { compareStrings } from '../../base/index.ts'
import type { Config } from '../../config/index.ts'
import { typeToJson, type Value } from '../../cty/index.ts'
import type { Diagnostic } from '../../diags/index.ts'
import type { EngineHooks } from '../../engine/index.ts'
import type { Action, OutputChange, Plan, ResourceChange } from '../../plans/index.ts'
import type { State } from '../../states/index.ts'
import { importingJson } from '../json/importing-json.ts'
import { type JsonDocument, RawJson, toJson, toPlainJson } from '../json/json-text.ts'
import { valueJson } from '../json/value-json.ts'
import { elapsedText, ephemeralNouns, ephemeralVerbs, identifyingAttribute, instanceText, ProgressTimers, verbsFor } from './_hook-texts.ts'
import { calledBy } from './called-by.ts'
import { diagnosticJson } from './diagnostic-json.ts'
import type { BlockAround } from './diagnostic-snippet.ts'
import { arrangeDiagnostics } from './diagnostic-text.ts'
import type { Dialect } from './dialect.ts'
import type { AppliedCounts, OperationView } from './operation-view.ts'
import { appliedSummary, countChanges, isShown, planSummary } from './plan-text.ts'
import { isMoved } from './resource-change-text.ts'
import type { Streams } from './streams.ts'

export const uiVersion = '1.2'

/** One JSON object a line; see reference/plan-json.md 8. */
export class JsonStream {
  readonly #streams: Streams
  readonly #module: string
  readonly #dialect: Dialect
  readonly #toJson: (document: JsonDocument) => string
  readonly #blockAround: BlockAround | undefined
  readonly #now: () => Date

  constructor(streams: Streams, dialect: Dialect, blockAround: BlockAround | undefined, now: () => Date = () => new Date()) {
    this.#blockAround = blockAround
    this.#streams = streams
    this.#dialect = dialect
    this.#module = dialect.kind === 'tofu' ? 'tofu.ui' : 'terraform.ui'
    this.#toJson = dialect.kind === 'tofu' ? toPlainJson : toJson
    this.#now = now
  }

  write(
    level: 'info' | 'warn' | 'error',
    message: string,
    type: string,
    payload: Readonly<Record<string, JsonDocument | undefined>>,
  ): void {
    const members = {
      '@level': level,
      '@message': message,
      '@module': this.#module,
      '@timestamp': this.#now().toISOString().replace('Z', '000Z'),
      ...payload,
      type,
    }
    this.#streams.out(`${this.#toJson(Object.fromEntries(Object.entries(members).sort(([a], [b]) => compareStrings(a, b))))}\n`)
  }

  version(dialect: Dialect, terraformVersion: string): void {
    const name = dialect.kind === 'tofu' ? 'tofu' : 'terraform'
    this.write('info', `${dialect.product} ${terraformVersion}`, 'version', { [name]: terraformVersion, ui: uiVersion })
  }

  /** @param about further members of each line. */
  diagnostics(diagnostics: readonly Diagnostic[], about: Readonly<Record<string, JsonDocument>> = {}): void {
    for (const d of arrangeDiagnostics(diagnostics, { warnings: false, errors: false })) {
      const title = d.severity === 'error' ? 'Error' : 'Warning'
      this.write(d.severity === 'error' ? 'error' : 'warn', `${title}: ${d.summary}`, 'diagnostic', {
        ...about,
        diagnostic: diagnosticJson(calledBy(this.#dialect, d), this.#blockAround),
      })
    }
  }
}

export class JsonOperationView implements OperationView {
  readonly #stream: JsonStream
  readonly #dialect: Dialect
  readonly #timers = new ProgressTimers()

  constructor(stream: JsonStream, dialect: Dialect) {
    this.#stream = stream
    this.#dialect = dialect
  }

  hooks(): EngineHooks {
    return {
      preRefresh: (address, prior) => {
        const id = identifyingAttribute(prior)
        const text = `${absResourceInstanceToString(address)}: Refreshing state...${suffix(id)}`
        this.#stream.write('info', text, 'refresh_start', { hook: { resource: resourceJson(address), ...idMembers(id) } })
      },
      postRefresh: (address, _prior, refreshed) => {
        const id = identifyingAttribute(refreshed)
        const text = `${absResourceInstanceToString(address)}: Refresh complete${suffix(id)}`
        this.#stream.write('info', text, 'refresh_complete', { hook: { resource: resourceJson(address), ...idMembers(id) } })
      },
      preProvision: (address, type) => {
        const text = `${absResourceInstanceToString(address)}: Provisioning with '${type}'...`
        this.#stream.write('info', text, 'provision_start', { hook: { resource: resourceJson(address), provisioner: type } })
      },
      provisionOutput: (address, type, line) => {
        if (line.trim() === '') return
        const text = `${absResourceInstanceToString(address)}: (${type}): ${line}`
        this.#stream.write('info', text, 'provision_progress', {
          hook: { resource: resourceJson(address), provisioner: type, output: line },
        })
      },
      postProvision: (address, type, errors) => {
        const [end, kind] = errors === undefined ? ['complete', 'provision_complete'] : ['errored', 'provision_errored']
        const text = `${absResourceInstanceToString(address)}: (${type}) Provisioning ${end}`
        this.#stream.write('info', text, kind, { hook: { resource: resourceJson(address), provisioner: type } })
      },
      preRead: (address) => this.#start(address, undefined, 'read', undefined),
      postRead: (address, value, errors) => this.#end(address, undefined, 'read', value, errors),
      preEphemeral: (address, action) => {
        if (action === 'defer') return
        const text = absResourceInstanceToString(address)
        const verb = ephemeralVerbs[action]
        const resource = resourceJson(address)
        if (this.#dialect.kind === 'tofu') {
          this.#stream.write('info', `${text}: ${verb}...`, 'ephemeral_action_started', { hook: { Msg: `${verb}...`, resource } })
          return
        }
        this.#stream.write('info', `${text}: ${verb}...`, 'ephemeral_op_start', { hook: { resource, action } })
        this.#timers.start(`${action} ${text}`, (elapsed) => {
          const still = `${text}: Still ${verb.toLowerCase()}... [${elapsedText(elapsed)} elapsed]`
          this.#stream.write('info', still, 'ephemeral_op_progress', {
            hook: { resource, action, elapsed_seconds: Math.round(elapsed / 1000) },
          })
        })
      },
      postEphemeral: (address, action, errors) => {
        const text = absResourceInstanceToString(address)
        if (this.#dialect.kind === 'tofu') {
          // What went wrong is told by the diagnostics alone.
          if (errors !== undefined) return
          const done = `${ephemeralNouns[action]} complete`
          this.#stream.write('info', `${text}: ${done}`, 'ephemeral_action_complete', {
            hook: { Msg: done, resource: resourceJson(address) },
          })
          return
        }
        const elapsed = this.#timers.end(`${action} ${text}`)
        const [end, kind] = errors === undefined ? ['complete', 'ephemeral_op_complete'] : ['errored', 'ephemeral_op_errored']
        this.#stream.write('info', `${text}: ${ephemeralVerbs[action]} ${end} after ${elapsedText(elapsed)}`, kind, {
          hook: { resource: resourceJson(address), action, elapsed_seconds: Math.round(elapsed / 1000) },
        })
      },
      preApply: (address, action, before, _after, deposed) => {
        if (action !== 'noop') this.#start(address, deposed, action, before)
      },
      postApply: (address, action, errors, value, deposed) => {
        if (action !== 'noop') this.#end(address, deposed, action, value, errors)
      },
    }
  }

  #start(address: AbsResourceInstance, deposed: string | undefined, action: Action, before: Value | undefined): void {
    const verbs = verbsFor(action)
    const id = identifyingAttribute(before)
    // Unlike people, programs are not told that it is a deposed object.
    const text = absResourceInstanceToString(address)
    const resource = resourceJson(address)
    this.#stream.write('info', `${text}: ${verbs.start}...${suffix(id)}`, 'apply_start', {
      hook: { resource, action: verbs.json, ...idMembers(id) },
    })
    this.#timers.start(`${action} ${instanceText(address, deposed)}`, (elapsed) => {
      this.#stream.write('info', `${text}: Still ${verbs.still}... [${elapsedText(elapsed)} elapsed]`, 'apply_progress', {
        hook: { resource, action: verbs.json, elapsed_seconds: Math.round(elapsed / 1000) },
      })
    })
  }

  #end(
    address: AbsResourceInstance,
    deposed: string | undefined,
    action: Action,
    value: Value,
    errors: readonly Diagnostic[] | undefined,
  ): void {
    const verbs = verbsFor(action)
    const text = absResourceInstanceToString(address)
    const elapsed = this.#timers.end(`${action} ${instanceText(address, deposed)}`)
    const resource = resourceJson(address)
    const seconds = Math.round(elapsed / 1000)
    if (errors !== undefined) {
      // Neither tool tells the end of a read that failed.
      if (action === 'read') return
      this.#stream.write('info', `${text}: ${verbs.errored} errored after ${elapsedText(elapsed)}`, 'apply_errored', {
        hook: { resource, action: verbs.json, elapsed_seconds: seconds },
      })
      return
    }
    const id = identifyingAttribute(value)
    this.#stream.write('info', `${text}: ${verbs.complete} complete after ${elapsedText(elapsed)}${suffix(id)}`, 'apply_complete', {
      hook: { resource, action: verbs.json, ...idMembers(id), elapsed_seconds: seconds },
    })
  }

  savedPlan(plan: Plan): void {
    for (const change of plan.changes) if (change.action !== 'noop') this.#plannedChange(change)
  }

  #plannedChange(change: ResourceChange): void {
    if (change.action === 'delete' && change.address.resource.mode === 'data') return
    const text = `${absResourceInstanceToString(change.address)}: Plan to ${actionWord(change)}`
    this.#stream.write('info', text, 'planned_change', { change: changeJson(change) })
  }

  plan(plan: Plan, _config: Config): void {
    for (const change of plan.drift) {
      if (plan.mode !== 'refreshOnly' && change.action === 'noop') continue
      const word = actionWord(change)
      this.#stream.write('info', `${absResourceInstanceToString(change.address)}: Drift detected (${word})`, 'resource_drift', {
        change: changeJson(change),
      })
    }
    if (plan.mode !== 'refreshOnly') {
      for (const change of plan.changes.filter(isShown)) this.#plannedChange(change)
    }
    const counts = countChanges(plan.mode === 'refreshOnly' ? [] : plan.changes)
    this.#stream.write('info', planSummary(counts, this.#dialect), 'change_summary', {
      changes: {
        add: counts.add,
        change: counts.change,
        import: counts.import,
        remove: counts.remove,
        forget: this.#forgotten(counts.forget),
        operation: 'plan',
      },
    })
    if (plan.outputChanges.length > 0) {
      const outputs = [...plan.outputChanges].sort((a, b) => compareStrings(a.name, b.name))
      this.#stream.write('info', `Outputs: ${outputs.length}`, 'outputs', {
        outputs: Object.fromEntries(outputs.map((o) => [o.name, { sensitive: o.sensitive, action: outputAction(o) }])),
      })
    }
  }

  nextStep(): void {}

  applied(counts: AppliedCounts, destroyed: boolean, state: State): void {
    const text = appliedSummary(counts, destroyed, this.#dialect)
    this.#stream.write('info', text, 'change_summary', {
      changes: {
        add: counts.added,
        change: counts.changed,
        import: counts.imported,
        remove: counts.removed,
        forget: this.#forgotten(counts.forgotten ?? 0),
        operation: destroyed ? 'destroy' : 'apply',
      },
    })
    if (!destroyed) this.refreshed(state)
  }

  refreshed(state: State): void {
    const names = [...state.outputs.keys()].sort(compareStrings)
    this.#stream.write('info', `Outputs: ${names.length}`, 'outputs', {
      outputs: Object.fromEntries(
        names.map((name) => {
          const output = state.outputs.get(name)!
          const value = output.sensitive ? undefined : valueJson(output.value)
          return [name, { sensitive: output.sensitive, type: new RawJson(typeToJson(output.type)), value }]
        }),
      ),
    })
  }

  /** Only OpenTofu counts them. */
  #forgotten(count: number): number | undefined {
    return this.#dialect.kind === 'tofu' || this.#dialect.isOwn ? count : undefined
  }

  interrupted(): void {
    const { product } = this.#dialect
    const text = `Interrupt received.\nPlease wait for ${product} to exit or data loss may occur.\nGracefully shutting down...\n`
    this.#stream.write('info', `\n${text}`, 'log', {})
  }

  interruptedAgain(): void {
    this.#stream.write('info', '\nTwo interrupts received. Exiting immediately. Note that data loss may have occurred.\n', 'log', {})
    this.#stream.diagnostics([{ severity: 'error', summary: 'operation canceled', detail: '' }])
  }

  diagnostics(diagnostics: readonly Diagnostic[]): void {
    this.#stream.diagnostics(diagnostics)
  }
}

type Identity = { readonly key: string; readonly value: string } | undefined

function suffix(id: Identity): string {
  return id === undefined ? '' : ` [${id.key}=${id.value}]`
}

function idMembers(id: Identity): Readonly<Record<string, string>> {
  return id === undefined ? {} : { id_key: id.key, id_value: id.value }
}

function resourceJson(address: AbsResourceInstance): JsonDocument {
  const { resource, key } = address
  return {
    addr: absResourceInstanceToString(address),
    module: moduleInstanceToString(address.module),
    resource: `${resourceToString(resource)}${instanceKeyToString(key)}`,
    implied_provider: impliedLocalName(resource.type),
    resource_type: resource.type,
    resource_name: resource.name,
    resource_key: key ?? null,
  }
}

function actionWord(change: ResourceChange): string {
  switch (change.action) {
    case 'noop':
      return isMoved(change) ? 'move' : change.importing !== undefined ? 'import' : 'noop'
    case 'deleteThenCreate':
    case 'createThenDelete':
    case 'forgetThenCreate':
      return 'replace'
    case 'forget':
      return 'remove'
    default:
      return change.action
  }
}

function outputAction(output: OutputChange): string {
  return output.action === 'deleteThenCreate' || output.action === 'createThenDelete' ? 'replace' : output.action
}

const reasonWords: Readonly<Record<string, string>> = {
  replace_because_tainted: 'tainted',
  replace_by_request: 'requested',
  replace_by_triggers: 'replace_triggered_by',
  replace_because_cannot_update: 'cannot_update',
}

function changeJson(change: ResourceChange): JsonDocument {
  return {
    resource: resourceJson(change.address),
    previous_resource: isMoved(change) ? resourceJson(change.previousAddress) : undefined,
    action: actionWord(change),
    reason: change.reason === undefined ? undefined : (reasonWords[change.reason] ?? change.reason),
    importing: importingJson(change.importing),
    generated_config: change.generatedConfig,
  }
}

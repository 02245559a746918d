import {
  absResourceInstanceToString,
  type InstanceKey,
  instanceKeyToString,
  moduleInstanceToString,
  resourceToString,
} from '../../addrs/index.ts'
import type { Importing, ResourceChange } from '../../plans/index.ts'
import type { BlockSchema } from '../../schema/index.ts'
import { diffObject } from '../diff/differ.ts'
import { actionSymbol, renderDiff } from '../diff/render.ts'
import { importText } from './_hook-texts.ts'
import type { Dialect } from './dialect.ts'
import type { Palette } from './palette.ts'

export interface ChangeStyle {
  readonly palette: Palette
  readonly dialect: Dialect
}

/** One object of a plan as people read it: a comment that says what happens and why, and below it the difference. */
export function resourceChangeText(change: ResourceChange, schema: BlockSchema, style: ChangeStyle): string {
  return `${headline(change, style).join('\n')}\n${body(change, schema, style)}`
}

/** The same for a difference that was found rather than planned. */
export function driftText(change: ResourceChange, schema: BlockSchema, style: ChangeStyle): string {
  const { palette } = style
  const address = addressText(change)
  let what: string
  if (change.action === 'delete') what = 'has been deleted'
  else if (change.action === 'noop' && isMoved(change)) {
    what = `has moved to ${absResourceInstanceToString(change.address)}`
    return `${palette.bold(`  # ${absResourceInstanceToString(change.previousAddress)} ${what}`)}\n${body(change, schema, style)}`
  } else what = 'has changed'
  const moved = isMoved(change) ? `  # (moved from ${absResourceInstanceToString(change.previousAddress)})\n` : ''
  return `${palette.bold(`  # ${address} ${what}`)}\n${moved}${body(change, schema, style)}`
}

export function isMoved(change: ResourceChange): boolean {
  const { address, previousAddress } = change
  return address !== previousAddress && absResourceInstanceToString(address) !== absResourceInstanceToString(previousAddress)
}

function addressText(change: ResourceChange): string {
  const address = absResourceInstanceToString(change.address)
  return change.deposed === undefined ? address : `${address} (deposed object ${change.deposed})`
}

function body(change: ResourceChange, schema: BlockSchema, style: ChangeStyle): string {
  const { palette, dialect } = style
  const diff = diffObject(
    schema,
    change.before,
    change.action === 'forget' ? change.before : change.after,
    change.requiredReplace,
    dialect.kind,
  )
  const noun = change.address.resource.mode === 'data' ? 'data' : 'resource'
  const title = `${noun} "${change.address.resource.type}" "${change.address.resource.name}"`
  if (change.action === 'forget' && dialect.kind === 'tofu') {
    return `${actionSymbol('forget', palette)}${title} ${renderDiff(diff, 0, { palette, plain: true })}`
  }
  const symbol = change.action === 'forget' ? ` ${palette.red('.')} ` : actionSymbol(change.action, palette)
  // Who brings an object in wants to see all of it.
  return `${symbol}${title} ${renderDiff(diff, 0, { palette, all: change.importing === undefined ? undefined : true })}`
}

function headline(change: ResourceChange, style: ChangeStyle): readonly string[] {
  const { palette, dialect } = style
  const { bold } = palette
  const address = addressText(change)
  const lines: string[] = []
  const moved = isMoved(change)
  const say = (text: string): void => {
    lines.push(`${bold(`  # ${address}`)} ${text}`)
  }
  const because = (text: string | undefined): void => {
    if (text !== undefined) lines.push(`  # (${text})`)
  }
  switch (change.action) {
    case 'create':
      say('will be created')
      break
    case 'read':
      say('will be read during apply')
      because(readReason(change))
      break
    case 'update':
      say('will be updated in-place')
      break
    case 'deleteThenCreate':
    case 'createThenDelete':
    case 'forgetThenCreate':
      say(replaceText(change, style))
      break
    case 'delete':
      say(`will be ${palette.bold(palette.red('destroyed'))}`)
      because(deleteReason(change, dialect))
      break
    case 'forget':
      if (dialect.kind === 'tofu') {
        say('will be removed from the OpenTofu state but will not be destroyed')
        because(change.deposed === undefined ? undefined : leftOver)
        return lines
      }
      // Terraform indents this comment by one column only.
      lines.push(`${bold(` # ${address}`)} will no longer be managed by ${dialect.product}, but will not be destroyed`)
      lines.push(change.deposed === undefined ? ' # (destroy = false is set in the configuration)' : ` # (${leftOver})`)
      if (moved) lines.push(`  # (moved from ${absResourceInstanceToString(change.previousAddress)})`)
      return lines
    case 'noop':
      if (change.importing !== undefined) {
        say('will be imported')
        if (change.generatedConfig !== undefined) lines.push('  # (config will be generated)')
        if (moved) lines.push(`  # (moved from ${absResourceInstanceToString(change.previousAddress)})`)
        return lines
      }
      lines.push(
        bold(`  # ${absResourceInstanceToString(change.previousAddress)} has moved to ${absResourceInstanceToString(change.address)}`),
      )
      return lines
  }
  if (moved) lines.push(`  # (moved from ${absResourceInstanceToString(change.previousAddress)})`)
  if (change.importing !== undefined) lines.push(`  # (imported from "${importingLabel(change.importing)}")`)
  if (change.importing !== undefined && (change.action === 'deleteThenCreate' || change.action === 'createThenDelete')) {
    lines.push(`  # ${palette.yellow('Warning: this will destroy the imported resource')}`)
  }
  return lines
}

function importingLabel({ id, identity }: Importing): string {
  return identity === undefined ? id : importText({ id, identity })
}

function replaceText(change: ResourceChange, style: ChangeStyle): string {
  const { palette, dialect } = style
  switch (change.reason) {
    case 'replace_because_tainted':
      return dialect.kind === 'tofu'
        ? `is tainted, so it must be ${palette.bold(palette.red('replaced'))}`
        : `is tainted, so must be ${palette.bold(palette.red('replaced'))}`
    case 'replace_by_request':
      return `will be ${palette.bold(palette.red('replaced'))}, as requested`
    case 'replace_by_triggers':
      return `will be ${palette.bold(palette.red('replaced'))} due to changes in replace_triggered_by`
    default:
      return `must be ${palette.bold(palette.red('replaced'))}`
  }
}

function readReason(change: ResourceChange): string | undefined {
  switch (change.reason) {
    case 'read_because_config_unknown':
      return 'config refers to values not yet known'
    case 'read_because_dependency_pending':
      return 'depends on a resource or a module with changes pending'
    case 'read_because_check_nested':
      return 'config will be reloaded to verify a check block'
    default:
      return undefined
  }
}

const leftOver = 'left over from a partially-failed replacement of this instance'

function deleteReason(change: ResourceChange, dialect: Dialect): string | undefined {
  if (change.deposed !== undefined) return leftOver
  const { module, resource, key } = change.address
  const shown = instanceKeyToString(key)
  switch (change.reason) {
    case 'delete_because_no_resource_config':
      return `because ${dialect.kind === 'tofu' ? inModule(module, resourceToString(resource)) : resourceToString(resource)} is not in configuration`
    case 'delete_because_no_move_target':
      return `because ${absResourceInstanceToString(change.previousAddress)} was moved to ${absResourceInstanceToString(change.address)}, which is not in configuration`
    case 'delete_because_no_module':
      return `because ${moduleInstanceToString(module)} is not in configuration`
    case 'delete_because_wrong_repetition':
      return `because resource ${wrongRepetition(key)}`
    case 'delete_because_count_index':
      return `because index ${shown} is out of range for count`
    case 'delete_because_each_key':
      return `because key ${shown} is not in for_each map`
    case 'delete_because_enabled_false':
      return 'because enabled is false'
    default:
      return undefined
  }
}

function inModule(module: ResourceChange['address']['module'], text: string): string {
  return module.length === 0 ? text : `${moduleInstanceToString(module)}.${text}`
}

function wrongRepetition(key: InstanceKey): string {
  switch (typeof key) {
    case 'number':
      return 'does not use count'
    case 'string':
      return 'does not use for_each'
    default:
      return 'uses count or for_each'
  }
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Diagnostics } from '../diags/index.ts'
import type { JournaledStateManager } from '../statemgr/index.ts'
import { isEmptyState, type StateFile, stateContentEquals, writeStateFile } from '../states/index.ts'
import { type BackendSettings, localStateFiles, openStateManager, openStore } from './backend.ts'
import { type BackendDialog, noAnswer } from './backend-dialog.ts'
import type { BackendInitOptions } from './backend-init.ts'
import { withStateSession } from './session.ts'
import type { Settings } from './settings.ts'
import { createWorkspace, selectWorkspace } from './workspaces.ts'

export interface Migration {
  readonly from: BackendSettings
  readonly to: BackendSettings
  /** There was no backend before: states of this folder are taken away once they are copied. */
  readonly isInitial: boolean
}

/** What migrating one state needs to know of the whole. */
interface Move extends Migration {
  readonly settings: Settings
  readonly options: BackendInitOptions
  readonly dialog: BackendDialog
  readonly product: string
  /** Nothing is asked: every conflict goes to the source. */
  readonly force: boolean
  /** Two workspaces of local backends have one file: none is taken away, as in Terraform. */
  readonly overlaps: boolean
}

const noInput = 'Please remove the "-input=false" option and try again.'

/**
 * Copies the states of all workspaces from one backend to another, under the locks of both, and asks before anything is overwritten. The source
 * keeps them, but for states in this folder that were there before any backend: once all are copied, those become their own backups.
 *
 * False, with the reason reported, when the new backend must not be used yet. An interrupt counts as a reason: the state that is being copied
 * then is copied to its end, and no other one is begun.
 */
export async function migrateStates(
  migration: Migration,
  settings: Settings,
  options: BackendInitOptions,
  dialog: BackendDialog,
  product: string,
  diags: Diagnostics,
): Promise<boolean> {
  const { from, to } = migration
  const names = await openStore(from, settings.environment).workspaces()
  const isMulti = names !== undefined && names.length > 1
  const target = await openStore(to, settings.environment).workspaces()
  const overlaps = (names ?? []).some((name) => isSamePlace(migration, name, name))
  const move: Move = { ...migration, settings, options, dialog, product, force: options.forceCopy === true, overlaps }
  const { workspace } = settings
  if (isMulti && target !== undefined) return migrateAll(move, names, diags)
  if (isMulti) {
    if (!(await agree(move, oneWorkspaceQuestion(move), diags))) return false
    if (!(await migrateOne(move, workspace, 'default', diags))) return false
    if (workspace !== 'default') selectWorkspace(settings, 'default')
    return true
  }
  // A workspace that nobody has put anything into is not worth a question.
  const only = names === undefined || names.includes(workspace) ? workspace : 'default'
  const source = names === undefined ? 'default' : only
  return migrateOne(move, source, target === undefined ? 'default' : only, diags)
}

async function migrateAll(move: Move, names: readonly string[], diags: Diagnostics): Promise<boolean> {
  if (!(await agree(move, allWorkspacesQuestion(move), diags))) return false
  const copied: string[] = []
  for (const name of names) {
    const outcome = await copyOne({ ...move, force: true }, name, name, diags)
    if (outcome === 'settled') copied.push(name)
    if (outcome !== undefined) continue
    diags.error(
      'Migration incomplete',
      `The state of the workspace ${JSON.stringify(name)} could not be copied. Those before it have been copied; none has been removed from where it was. Once the reason is removed run init again: what is there already is left alone.`,
    )
    return false
  }
  for (const name of copied) await setAside(move, name)
  return true
}

async function migrateOne(move: Move, source: string, target: string, diags: Diagnostics): Promise<boolean> {
  const outcome = await copyOne(move, source, target, diags)
  if (outcome === 'settled') await setAside(move, source)
  return outcome !== undefined
}

/**
 * `settled`: the destination has what it is to have, also where the answer was to begin with what is there, as in Terraform. `empty`: there was
 * nothing to copy. Undefined, with the reason reported, when it could not be copied.
 */
async function copyOne(move: Move, source: string, target: string, diags: Diagnostics): Promise<'empty' | 'settled' | undefined> {
  const { from, to, settings, options, dialog } = move
  const lock = options.lock ?? { lock: true, lockTimeoutMs: 0 }
  if (isSamePlace(move, source, target)) return 'empty'
  const own = new Diagnostics()
  // Looked at without locks first: what says the same may be one object under two descriptions, whose lock can be taken only once.
  const peeked = await peek(move, source, target, own)
  if (peeked === undefined) {
    diags.addAll(own.items)
    return undefined
  }
  if (peeked !== 'different') return peeked
  const sourceManager = managerFor(from, source, settings)
  const targetManager = managerFor(to, target, settings)
  const moved = await withStateSession(sourceManager, 'migration source state', lock, own, ({ file }) => {
    if (file === undefined || isEmptyState(file.state)) return Promise.resolve('empty' as const)
    return withStateSession(targetManager, 'migration destination state', lock, own, async ({ file: there }) => {
      if (isSameState(there, file)) return 'settled' as const
      const copy = await mayCopy(move, file, there, own)
      if (copy !== undefined && dialog.stop.aborted) {
        own.error(
          'Migration interrupted',
          `The state of the workspace ${JSON.stringify(source)} has not been copied. Run init again to go on.`,
        )
        return undefined
      }
      if (copy) await targetManager.push(file, { force: true, moves: true })
      return copy === undefined ? undefined : ('settled' as const)
    })
  })
  diags.addAll(own.items)
  return own.hasErrors ? undefined : moved
}

/** What there is to do, without locks; undefined with the reason reported when a state cannot be read. A workspace that is missing is created, as Terraform does. */
async function peek(
  move: Move,
  source: string,
  target: string,
  diags: Diagnostics,
): Promise<'empty' | 'settled' | 'different' | undefined> {
  const { from, to, settings } = move
  const unlocked = { lock: false, lockTimeoutMs: 0 }
  return withStateSession(managerFor(from, source, settings), '', unlocked, diags, async ({ file }) => {
    if (file === undefined || isEmptyState(file.state)) return 'empty'
    if (target !== 'default' && localStateFiles(to, target) === undefined) {
      const { lock = { lock: true, lockTimeoutMs: 0 } } = move.options
      const names = await openStore(to, settings.environment).workspaces()
      if (names?.includes(target) === false) await createWorkspace(to, settings, target, undefined, lock, diags)
      if (diags.hasErrors) return undefined
    }
    const there = await withStateSession(managerFor(to, target, settings), '', unlocked, diags, async (session) => ({ file: session.file }))
    if (there === undefined) return undefined
    return isSameState(there.file, file) ? 'settled' : 'different'
  })
}

function isSameState(there: StateFile | undefined, file: StateFile): boolean {
  return there !== undefined && there.lineage === file.lineage && stateContentEquals(there.state, file.state)
}

/** Two names for one file, as when only the place of other workspaces has changed. */
function isSamePlace({ from, to }: Migration, source: string, target: string): boolean {
  const a = localStateFiles(from, source)
  const b = localStateFiles(to, target)
  return a !== undefined && b !== undefined && resolve(a.path) === resolve(b.path)
}

function managerFor(backend: BackendSettings, workspace: string, settings: Settings): JournaledStateManager {
  return openStateManager(backend, workspace, { acceptEmptied: true }, settings.environment, settings.dataDir)
}

/** A state in this folder has had its day: a plan must not find it here again once the backend is gone. */
async function setAside({ from, isInitial, overlaps }: Move, workspace: string): Promise<void> {
  if (!isInitial || overlaps) return
  const files = localStateFiles(from, workspace)
  if (files !== undefined) await rename(files.path, `${files.path}.backup`).catch(() => undefined)
}

/** Whether to copy; undefined with the reason reported when nobody could be asked. */
async function mayCopy(move: Move, file: StateFile, there: StateFile | undefined, diags: Diagnostics): Promise<boolean | undefined> {
  if (move.force) return true
  const { dialog } = move
  if (!dialog.input) {
    diags.error("Can't ask approval for state migration when interactive input is disabled.", noInput)
    return undefined
  }
  const occupied = there !== undefined && !isEmptyState(there.state)
  if (!occupied) return answerOf(dialog, 'Do you want to copy existing state to the new backend?', emptyTargetText(move), diags)
  // Both are shown to whoever has to choose, for as long as the question stands.
  const folder = mkdtempSync(join(tmpdir(), 'landform-'))
  try {
    const paths = [join(folder, `1-${move.from.type}.tfstate`), join(folder, `2-${move.to.type}.tfstate`)] as const
    writeFileSync(paths[0], writeStateFile(file), { mode: 0o600 })
    writeFileSync(paths[1], writeStateFile(there), { mode: 0o600 })
    return await answerOf(dialog, 'Do you want to copy existing state to the new backend?', occupiedTargetText(move, paths), diags)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function answerOf(
  dialog: BackendDialog,
  question: string,
  explanation: string,
  diags: Diagnostics,
  doing = '',
): Promise<boolean | undefined> {
  for (;;) {
    const answer = (await dialog.ask(question, explanation))?.trim()
    if (answer === 'yes') return true
    if (answer === 'no') return false
    if (answer === undefined) {
      diags.error(`${doing}Error asking for confirmation: ${noAnswer(dialog)}`, '')
      return undefined
    }
  }
}

/** Asks what must be agreed to before anything is copied. */
async function agree(
  move: Move,
  { lead, question, text }: { readonly lead?: string; readonly question: string; readonly text: string },
  diags: Diagnostics,
): Promise<boolean> {
  if (!move.force && !move.dialog.input) {
    diags.error('Error asking for state migration action: input is disabled', noInput)
    return false
  }
  if (lead !== undefined) move.dialog.say(lead)
  if (move.force) return true
  const answer = await answerOf(move.dialog, question, text, diags, 'Error asking for state migration action: ')
  if (answer === false) diags.error('Migration aborted by user.', 'Nothing has been changed.')
  return answer === true
}

const quoted = (backend: BackendSettings): string => JSON.stringify(backend.type)

function emptyTargetText({ from, to }: Move): string {
  return `Pre-existing state was found while migrating the previous ${quoted(from)} backend to the\nnewly configured ${quoted(to)} backend. No existing state was found in the newly\nconfigured ${quoted(to)} backend. Do you want to copy this state to the new ${quoted(to)}\nbackend? Enter "yes" to copy and "no" to start with an empty state.`
}

function occupiedTargetText({ from, to }: Move, [one, two]: readonly [string, string]): string {
  return `Pre-existing state was found while migrating the previous ${quoted(from)} backend to the\nnewly configured ${quoted(to)} backend. An existing non-empty state already exists in\nthe new backend. The two states have been saved to temporary files that will be\nremoved after responding to this query.\n\nPrevious (type ${quoted(from)}): ${one}\nNew      (type ${quoted(to)}): ${two}\n\nDo you want to overwrite the state in the new backend with the previous state?\nEnter "yes" to copy and "no" to start with the existing state in the newly\nconfigured ${quoted(to)} backend.`
}

function allWorkspacesQuestion({ from, to, product }: Move) {
  return {
    question: `Do you want to migrate all workspaces to ${quoted(to)}?`,
    text: `Both the existing ${quoted(from)} backend and the newly configured ${quoted(to)} backend\nsupport workspaces. When migrating between backends, ${product} will copy\nall workspaces (with the same names). THIS WILL OVERWRITE any conflicting\nstates in the destination.\n\n${product} initialization doesn't currently migrate only select workspaces.\nIf you want to migrate a select number of workspaces, you must manually\npull and push those states.\n\nIf you answer "yes", ${product} will migrate all states. If you answer\n"no", ${product} will abort.`,
  }
}

function oneWorkspaceQuestion({ from, to, product, settings }: Move) {
  return {
    lead: `Destination state ${quoted(to)} doesn't support workspaces.`,
    question: 'Do you want to copy only your current workspace?',
    text: `The existing ${quoted(from)} backend supports workspaces and you currently are\nusing more than one. The newly configured ${quoted(to)} backend doesn't support\nworkspaces. If you continue, ${product} will copy your current workspace ${JSON.stringify(settings.workspace)}\nto the default workspace in the new backend. Your existing workspaces in the\nsource backend won't be modified. If you want to switch workspaces, back them\nup, or cancel altogether, answer "no" and ${product} will abort.`,
  }
}
